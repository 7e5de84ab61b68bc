/** Rows of an upsert whose partition changes: each leaves its file and is in one other, whichever of the columns differs. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { definePipeline, format, sink, sql, z, type Pipeline } from '../../../core/vocabulary.ts';
import { withQuery } from '../../../runtime/query/query.ts';
import { countsOf } from '../../support/orders.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const stock = definePipeline({
  name: 'stock',
  owner: 'test',
  description: 'Things in shops, for tests.',
  row: z.object({
    id: z.int(),
    day: z.iso.date().nullable(),
    shop: z.string().min(1),
    at: z.int(),
    text: z.string(),
    op: z.enum(['I', 'D']),
  }),
  sources: (source) => [source.files({ prefix: 'stock/', format: format.csv() })],
  gate: { rejected: { atMost: 0 } },
  sinks: (o) => [
    sink.lake({
      table: 'stock',
      write: 'upsert',
      key: [o.id],
      newest: o.at,
      deleteWhen: sql`${o.op} = 'D'`,
      partitionBy: [o.day, o.shop],
    }),
  ],
  sla: { latency: '10 minutes' },
}) as unknown as Pipeline;

const load = (name: string, lines: readonly string[]) =>
  box.run(stock, name, `id,day,shop,at,text,op\n${lines.join('\n')}\n`);

test('what moves, what stays and what goes', async () => {
  const first = Array.from({ length: 10 }, (_, i) => `${i + 1},${i === 7 ? '' : '2026-01-01'},A,5,old,I`);
  await load('a.csv', first);
  const run = await load('b.csv', [
    '1,2026-01-01,B,6,new,I',
    '2,2026-01-02,A,6,new,I',
    '3,2026-01-01,A,6,new,I',
    // The row that takes one out is of another partition itself.
    '4,2026-01-01,B,6,new,D',
    '5,2026-01-01,A,5,old,I',
    // Older than what the table has.
    '6,2026-01-02,B,4,older,I',
    '7,,A,6,new,I',
    '8,2026-01-01,A,6,new,I',
    '10,2026-01-02,B,6,new,I',
    '11,2026-01-02,A,1,new,I',
    '12,2026-01-02,A,1,new,D',
    '13,2026-01-02,A,1,new,D',
  ]);
  expect(countsOf(run)).toEqual({
    loaded: 8,
    quarantined: 0,
    filtered: 3,
    deduplicated: 1,
    inserted: 1,
    updated: 6,
    unchanged: 1,
    deleted: 1,
  });
  const rows = await withQuery(box.world, 'SELECT id, day, shop, text FROM stock ORDER BY id', {}, (result) =>
    result.rows(100, 100),
  );
  expect(rows).toEqual([
    ['1', '2026-01-01', 'B', 'new'],
    ['2', '2026-01-02', 'A', 'new'],
    ['3', '2026-01-01', 'A', 'new'],
    ['5', '2026-01-01', 'A', 'old'],
    ['6', '2026-01-01', 'A', 'old'],
    ['7', null, 'A', 'new'],
    ['8', '2026-01-01', 'A', 'new'],
    ['9', '2026-01-01', 'A', 'old'],
    ['10', '2026-01-02', 'B', 'new'],
    ['11', '2026-01-02', 'A', 'new'],
  ]);
});
