/** `replace` with `scope: 'partition'`: the partitions that a run has rows for, and no others. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { definePipeline, format, sink, z, type Pipeline } from '../../../core/vocabulary.ts';
import { withQuery } from '../../../runtime/query/query.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const days = (scope: 'table' | 'partition'): Pipeline =>
  definePipeline({
    name: 'days',
    owner: 'test',
    description: 'Days, for tests.',
    row: z.object({ day: z.iso.date().nullable(), shop: z.string().min(1), amount: z.int() }),
    sources: (source) => [source.files({ prefix: 'days/', format: format.csv() })],
    gate: { rejected: { atMost: 0 } },
    sinks: (o) => [sink.lake({ table: 'days', write: 'replace', scope, partitionBy: [o.day, o.shop] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

const load = (name: string, lines: string, scope: 'table' | 'partition' = 'partition') =>
  box.run(days(scope), name, `day,shop,amount\n${lines}`);
const rows = () =>
  withQuery(box.world, 'SELECT day, shop, amount FROM days ORDER BY ALL NULLS FIRST', {}, (result) =>
    result.rows(100, 100),
  );

test('only what a run has rows for is replaced; null is a partition like any other', async () => {
  await load('a.csv', '2026-01-01,A,1\n2026-01-01,A,2\n2026-01-01,B,3\n2026-01-02,A,4\n,A,5\n');
  const second = await load('b.csv', '2026-01-01,A,10\n,A,50\n2026-01-03,A,30\n');
  expect(second.rows).toEqual({ inserted: 3, updated: 0, unchanged: 0, deleted: 3 });
  expect(await rows()).toEqual([
    [null, 'A', '50'],
    ['2026-01-01', 'A', '10'],
    ['2026-01-01', 'B', '3'],
    ['2026-01-02', 'A', '4'],
    ['2026-01-03', 'A', '30'],
  ]);
});

test('without the scope all of the table goes, and a run without rows replaces nothing of it with the scope', async () => {
  await load('a.csv', '2026-01-01,A,1\n');
  await load('none.csv', '');
  expect(await rows()).toEqual([['2026-01-01', 'A', '1']]);
  await load('b.csv', '2026-01-02,A,2\n', 'table');
  expect(await rows()).toEqual([['2026-01-02', 'A', '2']]);
});
