/** What is counted and told of judged rows, by SQL over marks that a test gives. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { acceptedSql, countsSql, digestSql, stagedSql, tallySql } from '../../../core/plan/write.ts';
import { REASONS_TYPE } from '../../../core/reasons.ts';
import { columnsOf } from '../../../core/row.ts';
import { lake } from '../../../core/sinks/lake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

interface Marked {
  readonly reasons?: readonly (readonly [column: string, code: string, value: string])[];
  readonly filtered?: true;
  readonly deduplicated?: true;
}

/** A table of rows with marks, the first with the number 0. */
async function judged(rows: readonly Marked[]): Promise<string> {
  const list = rows.map(({ reasons, filtered = false, deduplicated = false }, i) => {
    const spelt = reasons?.map(([column, code, value]) => `{"column": '${column}', code: '${code}', message: 'm', "value": '${value}'}`); // prettier-ignore
    return `(${i}, ${spelt ? `[${spelt.join(', ')}]` : 'NULL'}::${REASONS_TYPE}, ${filtered}, ${deduplicated})`;
  });
  await engine.run(
    `CREATE OR REPLACE TABLE judged AS SELECT * FROM (VALUES ${list.join(', ')}) v(n, "_reasons", "_filtered", "_deduplicated")`,
  );
  return 'judged';
}
const bad = (...reasons: [string, string, string][]): Marked => ({ reasons });

test('each row is counted in one place: reasons go before being filtered, and that before being deduplicated', async () => {
  const from = await judged([
    {}, {}, {}, {}, {},
    bad(['a', 'x', '1']), { ...bad(['a', 'x', '1']), filtered: true }, { ...bad(['a', 'x', '1']), deduplicated: true },
    { filtered: true }, { filtered: true },
    { deduplicated: true }, { deduplicated: true }, { deduplicated: true },
  ]); // prettier-ignore
  expect(await engine.rows(countsSql(from, 'n'))).toEqual([
    { read: 13, accepted: 5, quarantined: 3, filtered: 2, deduplicated: 3, numbers: '78' },
  ]);
  expect(await engine.rows(countsSql(await judged([{ filtered: true }]), 'n + 7'))).toEqual([
    { read: 1, accepted: 0, quarantined: 0, filtered: 1, deduplicated: 0, numbers: '7' },
  ]);
});

test('only rows that are still on their way are written and left', async () => {
  const from = await judged([{}, bad(['a', 'x', '1']), { filtered: true }, { deduplicated: true }, {}]);
  const sink = lake({ table: 't', write: 'append', metadata: ['_record', '_run'] });
  const [n] = [columnsOf({ n: z.int() }, 'test')];
  const origin = { file: 'f', run: 'r', startedAt: '2026-01-01T00:00:00Z' };
  expect(await engine.rows(acceptedSql(n, sink, from, 'n + 1', origin))).toEqual([
    { n: 0, _record: 1, _run: 'r' },
    { n: 4, _record: 5, _run: 'r' },
  ]);
  expect(await engine.rows(stagedSql(['n'], from, 'n + 100'))).toEqual([
    { n: 0, _n: 100 },
    { n: 4, _n: 104 },
  ]);
});

test('reasons are told with how many records have them, most frequent first, with the first one', async () => {
  const from = await judged([
    {},
    bad(['a', 'x', 'first']),
    bad(['a', 'x', 'again'], ['b', 'y', 'second']),
    bad(['c', 'z', 'twice'], ['c', 'z', 'in one']),
    bad(['b', 'y', 'third'], ['b', 'y', 'fourth']),
    bad(['b', 'y', 'alone']),
  ]);
  const found = await engine.rows(tallySql(from, 'n', 3));
  expect(found.map(({ column, code, records, record, value }) => [column, code, records, record, value])).toEqual([
    ['b', 'y', 3, 2, 'second'],
    ['a', 'x', 2, 1, 'first'],
    ['c', 'z', 1, 3, 'twice'],
  ]); // prettier-ignore
});

test('of more reasons than are wanted the most frequent are told, and all of checks', async () => {
  const from = await judged([
    { reasons: [['a', 'x', '1']] },
    { reasons: [['b', 'y', '2'], ['c', 'check.unique', '2']] },
    { reasons: [['b', 'y', '3']] },
    { reasons: [['d', 'check.between', '4']] },
  ]); // prettier-ignore
  const codes = async (most: number) =>
    (await engine.rows(tallySql(from, 'n', most))).map(({ code, records }) => [code, records]);
  expect(await codes(1)).toEqual([['y', 2], ['check.unique', 1], ['check.between', 1]]); // prettier-ignore
  expect(await codes(2)).toEqual([['y', 2], ['x', 1], ['check.unique', 1], ['check.between', 1]]); // prettier-ignore
});

test('a digest is of the numbers, whatever their order', async () => {
  const of = async (list: string): Promise<unknown> =>
    (await engine.rows(`SELECT ${digestSql('n')} AS d FROM (VALUES ${list}) v(n)`))[0]!['d'];
  expect(await of('(1), (2), (3)')).toBe(await of('(3), (1), (2)'));
  expect(await of('(1), (2), (3)')).not.toBe(await of('(1), (2), (4)'));
});
