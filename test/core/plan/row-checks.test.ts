/** How rows are judged after the steps, on a real engine: by checks, by one row for each key, by what takes a key out. */

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { between } from '../../../core/checks/between.ts';
import { unique } from '../../../core/checks/unique.ts';
import { judgeRows, type Judging } from '../../../core/plan/row-checks.ts';
import { text } from '../../../core/derived.ts';
import type { ReceivedRows, Rows, Shape } from '../../../core/rows.ts';
import { DELETE_COLUMN } from '../../../core/sinks/sink.ts';
import { lake } from '../../../core/sinks/lake.ts';
import { sql } from '../../../core/sql.ts';
import { places, stepped, type SteppedRows } from '../../support/transform.ts';

const shape = { id: z.int().nullable(), name: z.string().nullable(), n: z.int().nullable() };
type In = typeof shape;
type Row = readonly [id: number | null, name: string | null, n: number | null];

/** The rows after some steps, judged. */
const judged = (
  rows: readonly Row[],
  { checks = [], sinks = [] }: Partial<Judging>,
  transform: (rows: ReceivedRows<In>) => Rows<Shape> = (all) => all as never,
): Promise<SteppedRows> =>
  stepped(
    shape,
    rows.map(([id, name, n]) => ({ id, name, n })),
    (all) => {
      const judge = {
        word: 'judge',
        notices: [{ mark: DELETE_COLUMN }],
        apply: (below: never) => judgeRows(below, { checks, sinks }, 'test'),
      };
      return { steps: [...transform(all).steps, judge] } as never;
    },
  );

const [id, name, n] = [{ column: 'id' }, { column: 'name' }, { column: 'n' }];

/** The first is rejected by a step, the second filtered, the third goes on. */
const rejectedAndFiltered = (all: ReceivedRows<In>): Rows<Shape> =>
  all
    .where((o) => sql`${o.name} <> 'out'`)
    .derive((o) => ({ made: text(sql`CASE WHEN ${o.name} = 'bad' THEN NULL ELSE ${o.name} END`) })) as never;
const gone = [
  [1, 'bad', 9],
  [1, 'out', 9],
] as const satisfies readonly Row[];
const places_ = ['expression made', 'filtered'];

describe('checks', () => {
  test('unique in several columns compares no row that has a null in one of them', async () => {
    const rows = [[1, 'a', 0], [1, null, 0], [1, null, 0], [null, 'a', 0], [null, 'a', 0], [1, 'b', 0], [1, 'a', 0]] as const; // prettier-ignore
    const found = await judged(rows, { checks: [unique(id, name)] });
    expect(places(found)).toEqual([...Array<string>(6).fill('accepted'), 'check.unique id, name']);
  });

  test('a row that breaks one of several checks is rejected for that one', async () => {
    const checks = [between(id as never, { max: 5 }), between(n as never, { max: 5 })];
    const found = await judged([[1, 'a', 9], [9, 'a', 1], [9, 'a', 9], [1, 'a', 1]], { checks }); // prettier-ignore
    expect(places(found)).toEqual([
      'check.between n',
      'check.between id',
      'check.between id; check.between n',
      'accepted',
    ]);
  });

  test('what is out already is not judged, and keeps its own reasons', async () => {
    const found = await judged([...gone, [1, 'a', 9]], { checks: [between(n as never, { max: 5 })] }, rejectedAndFiltered); // prettier-ignore
    expect(places(found)).toEqual([...places_, 'check.between n']);
  });
});

test('an empty text by which the table would be partitioned is rejected, in columns of texts alone', async () => {
  const sink = lake({ table: 't', write: 'append', partitionBy: [name, n] });
  const found = await judged([[1, '', 1], [2, 'a', 1], [3, null, null]], { sinks: [sink] }); // prettier-ignore
  expect(places(found)).toEqual(['check.partition name', 'accepted', 'accepted']);
});

describe('one row for each key', () => {
  const upsert = lake({ table: 't', write: 'upsert', key: [id], newest: n });

  test('the newest of a key stands, of equal ones the last; a null in the key is rejected', async () => {
    const rows = [[1, 'a', 2], [1, 'b', 3], [1, 'c', 3], [1, 'd', null], [2, 'e', null], [null, 'f', 9]] as const; // prettier-ignore
    const found = await judged(rows, { sinks: [upsert] });
    expect(places(found)).toEqual(['deduplicated', 'deduplicated', 'accepted', 'deduplicated', 'accepted', 'key id']); // prettier-ignore
  });

  test('the first of a key stands where the rows of the table do', async () => {
    const append = lake({ table: 't', write: 'append', dedupe: 'table', key: [id] });
    const found = await judged([[1, 'a', 1], [1, 'b', 2], [2, 'c', 1]], { sinks: [append] }); // prettier-ignore
    expect(places(found)).toEqual(['accepted', 'deduplicated', 'accepted']);
  });

  test('what is out already stands for no key, and leaves as it did', async () => {
    const found = await judged([...gone, [1, 'a', 1], ...gone], { sinks: [upsert] }, rejectedAndFiltered);
    expect(places(found)).toEqual([...places_, 'accepted', ...places_]);
  });

  test('what another step deduplicated stays so', async () => {
    const found = await judged([[1, 'a', 1], [2, 'a', 2], [2, 'b', 1]], { sinks: [upsert] }, (all) => all.dedupe((o) => ({ per: [o.name], keep: 'first' })) as never); // prettier-ignore
    expect(places(found)).toEqual(['accepted', 'deduplicated', 'accepted']);
  });
});

describe('rows that take their key out', () => {
  const sink = lake({ table: 't', write: 'upsert', key: [id], deleteWhen: sql`${name} = 'x' OR ${name}::INTEGER = 1` }); // prettier-ignore

  test('are marked where the expression is TRUE; one on which it fails is rejected', async () => {
    const found = await judged([[1, 'x', 0], [2, '1', 0], [3, '2', 0], [4, null, 0], [5, 'y', 0]], { sinks: [sink] }); // prettier-ignore
    expect(places(found)).toEqual([...Array<string>(4).fill('accepted'), 'expression null']);
    expect(found.rows.map(({ marks }) => marks.length === 1)).toEqual([true, true, false, false, false]);
    expect(found.rows[4]!.reasons[0]!.message).toBe(
      'expected the expression of deleteWhen to work on this row, it failed',
    );
  });

  test('are none that are out already, whatever the expression makes of them', async () => {
    const found = await judged([...gone, [1, 'x', 0]], { sinks: [sink] }, rejectedAndFiltered);
    expect(places(found)).toEqual([...places_, 'accepted']);
    expect(found.rows.map(({ marks }) => marks.length)).toEqual([0, 0, 1]);
  });
});
