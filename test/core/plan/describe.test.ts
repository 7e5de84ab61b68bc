/** What a plan says of the steps: each where it runs, in the order in which it runs. */

import { expect, test } from 'vitest';
import { describePlan } from '../../../core/plan/describe.ts';
import { column, definePipeline, format, sink, sql, z } from '../../../core/vocabulary.ts';

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
  const comments = describePlan(pipeline as unknown as Parameters<typeof describePlan>[0])[0]!
    .sql.split('\n')
    .filter((line) => line.startsWith('--'));
  expect(comments).toEqual([
    '-- each chunk',
    '--   where "id" > 1',
    '--   mask email (hmac)',
    '-- what a chunk leaves for the whole run',
    '-- the whole run, of a large object in buckets by id',
    '--   dedupe per id, keeping the last',
    '--   over shop, id by record: all',
  ]);
});
