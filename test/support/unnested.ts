/** Orders of which each has a list of items: the records and the pipelines for tests of `unnest`. */

import { z } from 'zod';
import { format, type Pipeline } from '../../core/vocabulary.ts';
import type { ReceivedRows, Shape } from '../../core/rows.ts';
import { lines } from './lines.ts';
import { pipelineOf, type Sketch } from './pipeline.ts';

const row = z.object({
  id: z.int(),
  day: z.iso.date().optional(),
  who: z.string().meta({ pii: true }).optional(),
  items: z.array(z.object({ sku: z.string(), qty: z.int().nullable() })).nullish(),
});
type In = typeof row.shape;

export interface Item {
  readonly sku: string;
  readonly qty: number | null;
}

export const take = { sku: 'sku', qty: 'qty' } as const;

/** A row of each item. */
export const plain = (rows: ReceivedRows<In>) => rows.unnest('items', { take, position: 'line' });

export const unnesting = <Out extends Shape>(sketch: Omit<Sketch<In, Out>, 'row' | 'name'>): Pipeline =>
  pipelineOf({
    name: 'orders',
    row,
    format: format.jsonl(),
    ...sketch,
    into: { metadata: ['_record'], ...sketch.into },
  });

/** Lines of orders, with the items that each is to have. */
export const many = (
  ids: readonly number[],
  items: (id: number) => readonly Item[],
  more: object = {},
): string => lines(ids.map((id) => ({ id, items: items(id), ...more })));

export const some = (n: number): Item[] =>
  Array.from({ length: n }, (_, i) => ({ sku: `s${i}`, qty: i + 2 }));
