/** References that cannot be joined with: the run fails and says which, and nothing is loaded. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Joinable } from '../../core/reference.ts';
import { tableVersion } from '../../core/table-version.ts';
import { decimal, definePipeline, format, reference, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import { entryUri } from '../../runtime/delta/paths.ts';
import { change } from '../support/conformance/tables.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const common = { owner: 'test', description: 'For tests.', gate: { rejected: { atMost: 1 } } } as const;

const prices = (row: z.ZodObject): Pipeline =>
  definePipeline({
    ...common,
    name: 'prices',
    row,
    sources: (source) => [source.files({ prefix: 'prices/', format: format.csv() })],
    sinks: () => [sink.lake({ table: 'prices', write: 'replace' })],
    sla: { latency: '1 hour' },
  }) as unknown as Pipeline;

const salesWith = (to: unknown): Pipeline =>
  definePipeline({
    ...common,
    name: 'sales',
    row: z.object({ id: z.int(), item: z.string() }),
    sources: (source) => [source.files({ prefix: 'sales/', format: format.csv() })],
    transform: (rows) =>
      rows.join(to as Joinable<{ item: z.ZodString; price: z.ZodNumber }>, (o) => ({
        on: { item: o.item },
        take: { price: 'price' },
      })),
    sinks: () => [sink.lake({ table: 'sales', write: 'append' })],
    sla: { latency: '1 hour' },
  }) as unknown as Pipeline;

const sell = (to: unknown) => box.run(salesWith(to), 'sales.csv', 'id,item\n1,tea\n');

test.each([
  ['whose header lacks a field', 'item,cost\ntea,1\n', /prices\.csv.*cannot be trusted.*price/s],
  [
    'that is damaged as a whole',
    new Uint8Array([0x1f, 0x8b, 8, 0, 1, 2, 3]),
    /prices\.csv.*cannot be trusted/s,
  ],
  ['with a quote that is never closed', 'item,price\ntea,1\n"', /prices\.csv.*cannot be trusted.*quote/s],
])('a file %s', async (_, content, says) => {
  const uri = join(box.folder, 'prices.csv');
  await writeFile(uri, content);
  const row = z.object({ item: z.string(), price: z.int() });
  const run = await sell(reference({ uri, format: format.csv(), row }));
  expect(run).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
  expect(run.error!.message).toMatch(says);
  expect(await box.table('sales')).toBeNull();
});

test('a file without a record is one that no row finds anything in', async () => {
  const uri = join(box.folder, 'prices.json');
  await writeFile(uri, '[]');
  const row = z.object({ item: z.string(), price: z.int() });
  const run = await sell(reference({ uri, format: format.json(), row }));
  expect(run).toMatchObject({ status: 'published-with-rejects', records: { loaded: 0, quarantined: 1 } });
  expect(run.reasons).toMatchObject([{ column: 'item', code: 'key' }]);
});

test('a version of a table that adds no rows is no file to join with', async () => {
  await box.run(prices(z.object({ item: z.string(), price: z.int() })), 'prices.csv', 'item,price\ntea,1\n');
  const table = box.world.layout.table('prices');
  const { schema } = (await box.world.tables.snapshot(table))!;
  await box.world.tables.commit(table, change('later', [], { schema: { ...schema, description: 'Anew.' } }));
  const versions = { table: 'prices', read: 'added', columns: [] };
  const row = z.object({ item: z.string(), price: z.int() });
  const run = await sell(reference({ uri: entryUri(table, 1), format: tableVersion({ versions }), row }));
  expect(run).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
  expect(run.error!.message).toMatch(/cannot be trusted: Version 1 of prices adds no rows .*Mend it/s);
  expect(await box.table('sales')).toBeNull();
});

const before = z.object({ item: z.string(), price: z.int() });
test.each([
  ['another type of column price', before, 'item,price\ntea,1\n', decimal(12, 2)],
  ['no column price', z.object({ item: z.string() }), 'item\ntea\n', z.int()],
])('a table that has %s than its definition says', async (says, row, content, price) => {
  await box.run(prices(row), 'prices.csv', content);
  const run = await sell(prices(z.object({ item: z.string(), price })));
  expect(run).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
  expect(run.error!.message).toContain(`The table prices, which rows are joined with, has ${says}.`);
  expect(await box.table('sales')).toBeNull();
});
