/** What a plan says of the steps: each where it runs, in the order in which it runs. */

import { expect, test } from 'vitest';
import { describePlan } from '../../../core/plan/describe.ts';
import { planOf } from '../../../core/plan/plan.ts';
import { check, column, definePipeline, format, sink, sql, z } from '../../../core/vocabulary.ts';

const comments = (pipeline: object): string[] =>
  describePlan(pipeline as Parameters<typeof describePlan>[0])[0]!
    .sql.split('\n')
    .filter((line) => line.startsWith('--'));

test('steps on each chunk are told from those on the whole run', () => {
  const pipeline = definePipeline({
    name: 'sales',
    owner: 'test',
    description: 'Sales.',
    row: z.object({ id: z.int(), shop: z.string(), email: z.string() }),
    sources: (source) => [source.files({ prefix: 'sales/', format: format.csv() })],
    transform: (rows) =>
      rows
        .where((o) => sql`${o.id}\n  > 1`)
        .mask({ email: { by: 'hmac', secret: 'KEY' } })
        .dedupe((o) => ({ per: [o.id], keep: 'last' }))

        .over((o) => ({ per: [o.shop, o.id], columns: { all: column(z.int(), sql`sum(${o.id})`) } })),
    gate: { rejected: { atMost: 0 } },
    sinks: () => [sink.lake({ table: 'sales', write: 'append' })],
    sla: { latency: '1 hour' },
  });
  expect(comments(pipeline)).toEqual([
    '-- each chunk',
    '--   where "id" > 1',
    '--   mask email (hmac)',
    '-- what a chunk leaves for the whole run',
    '-- the whole run, of a large object in buckets by id',
    '--   dedupe per id, keeping the last',
    '--   over shop, id by record: all',
  ]);
});

test.each([
  [z.object({ id: z.int() }), []],
  [z.object({ id: z.int() }).refine(() => true), ['the refinement of the row']],
  [z.object({ id: z.int() }).refine(() => true).refine(() => true), ['the 2 refinements of the row']],
])('rules of a row as a whole are told if there are any: %#', (row, expected) => {
  const pipeline = definePipeline({
    name: 'sales',
    owner: 'test',
    description: 'Sales.',
    row,
    sources: (source) => [source.files({ prefix: 'sales/', format: format.csv() })],
    gate: { rejected: { atMost: 0 } },
    sinks: () => [sink.lake({ table: 'sales', write: 'append' })],
    sla: { latency: '1 hour' },
  });
  const plan = (pipeline as unknown as Parameters<typeof describePlan>[0]);
  const [{ rules }] = describePlan(plan) as [ReturnType<typeof describePlan>[0]];
  expect(rules.filter(({ column }) => column === null).map(({ expects }) => expects)).toEqual(expected);
  expect(planOf(plan)).toBe(planOf(plan));
}); // prettier-ignore

test('rounds are told with their columns, and what is done in each', () => {
  const pipeline = definePipeline({
    name: 'sales',
    owner: 'test',
    description: 'Sales.',
    row: z.object({ id: z.int(), shop: z.string(), at: z.iso.datetime() }),
    sources: (source) => [source.files({ prefix: 'sales/', format: format.csv() })],
    transform: (rows) =>
      rows
        .latest((o) => ({ per: [o.id], by: o.at }))
        .where((o) => sql`${o.id}\n  > 1`)
        .over(() => ({ columns: { all: column(z.int(), sql`count(*)`) } })),
    checks: (o) => [check.between(o.id, { max: 9 }), check.unique(o.at), check.rowCount({ min: 1 })],
    gate: { rejected: { atMost: 0 } },
    sinks: (o) => [sink.lake({ table: 'sales', write: 'upsert', key: [o.shop] })],
    sla: { latency: '1 hour' },
  });
  expect(comments(pipeline)).toEqual([
    '-- each chunk',
    '-- what a chunk leaves for the whole run',
    '-- the whole run, of a large object in 4 rounds, one after another',
    '--   round 1, in buckets by id',
    '--     latest per id by at',
    '--     where "id" > 1',
    '--   round 2, in one piece: all of its rows meet',
    '--     over all rows by record: all',
    '--     check id at most 9',
    '--   round 3, in buckets by shop',
    '--     one row for each shop of table sales',
    '--   round 4, in buckets by at',
    '--     check at unique',
    '-- the checks on the run',
  ]);
});
