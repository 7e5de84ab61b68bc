/** Written in one pass or in two, or with the rows held: the same rows, rejects, reasons and counts. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { check, definePipeline, format, sink, sql, z, type Pipeline } from '../../core/vocabulary.ts';
import { mayTakeOnePass } from '../../runtime/one-pass.ts';
import { withQuery } from '../../runtime/query/query.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

/** Each leaves the rows as they are, and makes their chunks go another way. */
const ways = {
  'in one pass, if all are accepted': { metadata: [] },
  'with their numbers': { metadata: ['_record'] },
  'past a step that filters': { metadata: [], filters: true },
} as const;

const warned = (o: any, column: string) => [check.between(o[column], { max: 7, severity: 'warn' })];

const pipeline = (table: string, way: keyof typeof ways, column: string, checks = warned): Pipeline => {
  const { metadata, ...more } = ways[way];
  return definePipeline({
    name: table.replaceAll('_', '-'),
    owner: 'test',
    description: 'Numbers, for tests.',
    row: z.object({ id: z.int(), [column]: z.int().max(100) }),
    sources: (source: any) => [source.files({ prefix: 'numbers/', format: format.csv() })],
    ...('filters' in more ? { transform: (rows: any) => rows.where((o: any) => sql`${o.id} > 0`) } : {}),
    checks: (o: any) => checks(o, column),
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table, write: 'append', metadata })],
    sla: { latency: '10 minutes' },
  } as never) as unknown as Pipeline;
};

/** The engine looks at the first 20,000 before it decides for one pass. */
const RECORDS = 25_000;
const file = (column: string, bad: (id: number) => boolean): string => {
  const lines = Array.from({ length: RECORDS }, (_, i) => `${i + 1},${bad(i + 1) ? 'x' : i % 10}`);
  return `id,${column}\n${lines.join('\n')}\n`;
};

test.each([
  ['none is bad', 'value', () => false],
  ['one of the first is bad', 'value', (id: number) => id === 3],
  ['only the last one is bad', 'value', (id: number) => id === RECORDS],
  ['all are bad', 'value', () => true],
  ["a column has the engine's name for a row's number", 'file_row_number', (id: number) => id === 3],
])('%s', async (what, column, bad) => {
  const content = file(column, bad);
  const told: unknown[] = [];
  for (const [i, way] of (Object.keys(ways) as (keyof typeof ways)[]).entries()) {
    const table = `n${i}_${what.replaceAll(/\W/g, '_').toLowerCase()}`.slice(0, 40);
    const run = await box.run(pipeline(table, way, column), `${table}.csv`, content);
    const rows = await withQuery(
      box.world,
      `SELECT count(*), sum(id), sum("${column}") FROM ${table}`,
      {},
      (result) => result.rows(1, 100),
    );
    const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
    told.push({
      records: run.records,
      reasons: run.reasons,
      checks: run.checks,
      rows,
      rejects: rejects.map(({ record, text, reasons }) => [record, text, reasons]),
    });
  }
  const expected = Array.from({ length: RECORDS }, (_, i) => i + 1).filter((id) => !bad(id));
  expect(told[0]).toMatchObject({ records: { read: RECORDS, loaded: expected.length } });
  expect(told[1]).toEqual(told[0]);
  expect(told[2]).toEqual(told[0]);
});

test.each(Object.keys(ways) as (keyof typeof ways)[])(
  'a row that one check rejects is not counted by another that warns: %s',
  async (way) => {
    const table = `warned_${Object.keys(ways).indexOf(way)}`;
    const both = pipeline(table, way, 'value', (o) => [
      check.between(o.id, { max: 7, severity: 'reject' }),
      check.between(o.id, { max: 5, severity: 'warn' }),
    ]);
    const ids = Array.from({ length: 10 }, (_, i) => i + 1);
    const run = await box.run(both, `${table}.csv`, `id,value\n${ids.map((id) => `${id},1`).join('\n')}\n`);
    expect(run.records).toMatchObject({ loaded: 7, quarantined: 3 });
    expect(run.checks.map(({ message }) => message.split(':')[0])).toEqual([
      '3 records rejected by',
      '2 rows break the rule',
    ]);
  },
);

test('without a check nothing is counted, and that is no reason to read a second time', async () => {
  const run = await box.run(
    pipeline('unchecked', 'in one pass, if all are accepted', 'value', () => []),
    'u.csv',
    'id,value\n1,1\n',
  );
  expect(run).toMatchObject({ status: 'published', warnings: [] });
});

test('one pass is for plans that need no more than the row itself', () => {
  const may = ({
    setwise = false,
    unnest = null as object | null,
    steps = [] as object[],
    metadata = [] as string[],
    functions = 0,
  }) =>
    mayTakeOnePass(
      { setwise, unnest } as never,
      { rows: { steps }, sinks: [{ metadata }] } as never,
      functions,
    );
  expect(may({})).toBe(true);
  expect(may({ steps: [{}, { functions: [] }], metadata: ['_run'] })).toBe(true);
  expect(may({ setwise: true })).toBe(false);
  expect(may({ unnest: {} })).toBe(false);
  expect(may({ functions: 1 })).toBe(false);
  expect(may({ steps: [{ filters: true }] })).toBe(false);
  expect(may({ steps: [{ functions: ['own'] }] })).toBe(false);
  expect(may({ metadata: ['_run', '_record'] })).toBe(false);
});
