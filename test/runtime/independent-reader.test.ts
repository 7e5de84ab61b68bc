/** A run's tables, as an engine that knows nothing of us reads them: the lake, partitioned, and the quarantine. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  check,
  date,
  decimal,
  definePipeline,
  format,
  sink,
  sql,
  z,
  type Pipeline,
} from '../../core/vocabulary.ts';
import { independentReader, type IndependentReader } from '../support/deltalake.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let reader: IndependentReader;
let box: Sandbox;
beforeAll(async () => {
  reader = await independentReader();
  box = await openSandbox({ chunkBytes: 200 });
}, 300_000);
afterAll(() => box.close());

const sales = (write: 'append' | 'replace') =>
  definePipeline({
    name: 'sales',
    owner: 'test',
    description: 'Sales, one row each.',
    row: z.object({
      id: z.int().describe('The number of the sale'),
      who: z.string().min(2).meta({ pii: true }),
      price: decimal(12, 2),
      weight: z.number().nullable(),
      paid: z.boolean(),
      at: z.iso.datetime(),
      tags: z.array(z.string()),
      place: z.object({ city: z.string(), floor: z.int().nullable() }),
    }),
    sources: (source) => [source.files({ prefix: 'sales/', format: format.jsonl() })],
    transform: (rows) => rows.derive((o) => ({ day: date(sql`${o.at}::DATE`) })),
    checks: (o) => [check.unique(o.id)],
    gate: { rejected: { atMost: 1 } },
    sinks: (o) => [sink.lake({ table: 'sales', write, partitionBy: [o.day], metadata: ['_record', '_run'] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

const line = (id: number, more: object = {}) =>
  JSON.stringify({
    id,
    who: 'Ann',
    price: 12.5,
    weight: null,
    paid: true,
    at: `2026-01-0${(id % 3) + 1}T10:00:00.123456+02:00`,
    tags: ['a', 'ü'],
    place: { city: 'Köln', floor: null },
    ...more,
  });

test('it reads every row, every type and every reject', async (context) => {
  if (reader.missing !== undefined) return context.skip(reader.missing);
  const lines = [
    line(1),
    line(2, { weight: 0.1 }),
    line(3, { who: 'B' }),
    line(4),
    '{"id":',
    line(1),
    line(6),
  ];
  const run = await box.run(sales('append'), 'a.jsonl', lines.join('\n'));
  expect(run.records).toMatchObject({ read: 7, loaded: 4, quarantined: 3 });

  const table = await reader.readTable(run.tables[0]!.uri);
  expect(table).toMatchObject({ version: 0, description: 'Sales, one row each.', partitionColumns: ['day'] });
  const rows = table.rows.toSorted((a, b) => Number(a['id']) - Number(b['id']));
  expect(rows).toEqual(
    [1, 2, 4, 6].map((id) => ({
      id,
      who: 'Ann',
      price: '12.50',
      weight: id === 2 ? 0.1 : null,
      paid: true,
      at: expect.stringMatching(`^2026-01-0${(id % 3) + 1}T08:00:00.123456`),
      tags: ['a', 'ü'],
      place: { city: 'Köln', floor: null },
      day: `2026-01-0${(id % 3) + 1}`,
      _record: id === 6 ? 7 : id,
      _run: run.run,
    })),
  );

  const quarantine = await reader.readTable(run.quarantine!);
  const rejects = quarantine.rows.toSorted((a, b) => Number(a['record']) - Number(b['record']));
  expect(quarantine.partitionColumns).toEqual(['pipeline', 'day']);
  expect(
    rejects.map((r) => [r['record'], (r['reasons'] as { code: string }[]).map(({ code }) => code)]),
  ).toEqual([
    [3, ['too_small']],
    [5, ['malformed']],
    [6, ['check.unique']],
  ]);
  for (const reject of rejects) {
    const received = lines[Number(reject['record']) - 1]!;
    expect(reject).toMatchObject({
      pipeline: 'sales',
      day: run.startedAt.slice(0, 10),
      run: run.run,
      object_sha256: run.objects[0]!.sha256,
      text: received,
      raw: Buffer.from(received).toString('hex'),
      byte_length: Buffer.byteLength(received),
      definition: run.definition,
    });
  }
});

test('it sees a replaced table as replaced', async (context) => {
  if (reader.missing !== undefined) return context.skip(reader.missing);
  const run = await box.run(sales('replace'), 'b.jsonl', line(9));
  const table = await reader.readTable(run.tables[0]!.uri);
  expect(table.version).toBe(1);
  expect(table.rows.map((row) => row['id'])).toEqual([9]);
});

test('it reads decimals that have no room before the point, also as partitions', async (context) => {
  if (reader.missing !== undefined) return context.skip(reader.missing);
  const rates = definePipeline({
    name: 'rates',
    owner: 'test',
    description: 'Rates, one row each.',
    row: z.object({ id: z.int(), rate: decimal(4, 4), share: decimal(3, 3).nullable() }),
    sources: (source) => [source.files({ prefix: 'rates/', format: format.csv() })],
    gate: { rejected: { atMost: 1 } },
    sinks: (o) => [sink.lake({ table: 'rates', write: 'append', partitionBy: [o.share] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;
  const run = await box.run(rates, 'a.csv', 'id,rate,share\n1,0.1,.5\n2,-.25,-0.125\n3,0,\n4,1,0\n');
  expect(run).toMatchObject({ status: 'published-with-rejects', records: { loaded: 3, quarantined: 1 } });
  const queries = ['SELECT id FROM t WHERE rate > 0', 'SELECT id FROM t WHERE share = -0.125'];
  const table = await reader.readTable(run.tables[0]!.uri, { queries });
  expect(table.rows.map(({ id, rate, share }) => [id, rate, share]).toSorted()).toEqual([
    [1, '0.1000', '0.500'],
    [2, '-0.2500', '-0.125'],
    [3, '0.0000', null],
  ]);
  expect(table.queried).toEqual([[{ id: 1 }], [{ id: 2 }]]);
});
