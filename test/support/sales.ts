/** Sales of two shops: the records and the pipelines for tests of a transform's words on the whole way of a run. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ReceivedRows, Rows, Shape } from '../../core/rows.ts';
import { decimal, format, reference, type Pipeline } from '../../core/vocabulary.ts';
import { lines } from './lines.ts';
import { pipelineOf } from './pipeline.ts';

const row = z.object({
  id: z.int(),
  user: z.string(),
  email: z.string().meta({ pii: true }),
  shop: z.string(),
  price: decimal(8, 2).nullable(),
  at: z.iso.datetime(),
});
export type In = typeof row.shape;

export const selling = <Out extends Shape>(
  name: string,
  transform: (rows: ReceivedRows<In>) => Rows<Out>,
  partitionBy: readonly string[] = [],
): Pipeline =>
  pipelineOf({
    name,
    row,
    format: format.jsonl(),
    transform,
    into: { metadata: ['_record'], partitionBy: partitionBy.map((column) => ({ column })) },
  });

export const sale = (id: number, change: object = {}) => ({
  id,
  user: `User ${id % 7}`,
  email: `user${id % 7}@example.com`,
  shop: id % 2 === 0 ? 'north' : 'south',
  price: id % 3 === 0 ? null : (id % 10) + 0.5,
  at: new Date(Date.UTC(2026, 0, 1, 0, (id * 37) % 600)).toISOString(),
  ...change,
});

/** Two hundred of them; of one the user is a blank. */
export const many = lines(Array.from({ length: 200 }, (_, i) => sale(i, i === 60 ? { user: ' ' } : {})));

/** Places that sales are joined with, in a file. */
export async function shops(folder: string, records: readonly object[]) {
  const uri = join(folder, 'shops.jsonl');
  await writeFile(uri, lines(records));
  return reference({
    uri,
    format: format.jsonl(),
    row: z.object({ name: z.string(), city: z.string(), since: z.iso.date() }),
    decode: { name: 'shop' },
  });
}
export const both = [
  { shop: 'north', city: 'Oslo', since: '2001-02-03' },
  { shop: 'south', city: 'Rome', since: '2002-03-04' },
];
