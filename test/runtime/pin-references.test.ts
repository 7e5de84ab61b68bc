/** A run joins its rows with one version of each reference, however long it takes and however often a stage is tried. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ObjectChangedError, UsageError } from '../../core/errors.ts';
import type { Joinable } from '../../core/reference.ts';
import { format, reference, z, type Pipeline } from '../../core/vocabulary.ts';
import { load } from '../../runtime/load.ts';
import { validate } from '../../runtime/validate.ts';
import type { Ingested } from '../../runtime/values.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { upToChunks } from '../support/stages.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const priceRow = z.object({ item: z.string(), price: z.int() });

const prices = pipelineOf({ name: 'prices', row: priceRow, into: { write: 'replace' } });

const salesWith = (to: Joinable<typeof priceRow.shape>): Pipeline =>
  pipelineOf({
    name: 'sales',
    row: z.object({ id: z.int(), item: z.string() }),
    transform: (rows) => rows.join(to, (o) => ({ on: { item: o.item }, take: { price: 'price' } })),
  });

/** The stages before the rows are joined. */
const begin = (sales: Pipeline): Promise<Ingested> => upToChunks(box, sales, 'sales.csv', 'id,item\n1,tea\n');

test('a table that gets another version meanwhile is joined as it was, and the record says so', async () => {
  const sales = salesWith(prices as never);
  await box.run(prices as never, 'one.csv', 'item,price\ntea,1\n');
  const { manifest, attempt } = await begin(sales);
  await box.run(prices as never, 'two.csv', 'item,price\ntea,2\n');
  await validate(box.world, sales, { manifest, attempt });
  await load(box.world, sales, { manifest, attempt });
  expect(await box.table('sales')).toEqual([{ id: 1, item: 'tea', price: 1 }]);
  const [record] = await box.world.ledger.history('sales', 1);
  expect(record!.references).toEqual([{ name: 'table prices', version: '0' }]);
});

test('a table that is made meanwhile was not there when the run began', async () => {
  const sales = salesWith(prices as never);
  const { manifest, attempt } = await begin(sales);
  await box.run(prices as never, 'one.csv', 'item,price\ntea,1\n');
  await expect(validate(box.world, sales, { manifest, attempt })).rejects.toThrow(
    new UsageError(
      'There is no table prices yet, which rows are joined with. Run its pipeline first, then the object again.',
    ),
  );
});

test('a file that changes meanwhile, where the store keeps no versions, fails the run', async () => {
  const uri = join(box.folder, 'prices.csv');
  await writeFile(uri, 'item,price\ntea,1\n');
  const sales = salesWith(reference({ uri, format: format.csv(), row: priceRow }));
  const { manifest, attempt } = await begin(sales);
  await writeFile(uri, 'item,price\ntea,200\n');
  await expect(validate(box.world, sales, { manifest, attempt })).rejects.toThrow(ObjectChangedError);
});
