/** Which records become rows, by SQL over records with marks that a test gives: what is out already stays as it was. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Layer } from '../../../core/layer.ts';
import { withinLimits } from '../../../core/plan/unnested.ts';
import { REASONS_TYPE } from '../../../core/reasons.ts';
import { columnsOf } from '../../../core/row.ts';
import { unnest } from '../../../core/transforms/unnest.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

const columns = columnsOf({ note: z.string(), items: z.array(z.int()).nullable() }, 'test');
const REASON = `[{"column": 'note', code: 'before', message: 'm', "value": NULL::VARCHAR}]`;

type Mark = 'rejected' | 'filtered' | 'deduplicated';

/** Records with so long a note and so many items (null: none at all), by the way in which they are out. */
const records = (
  ...given: readonly (readonly [note: number, items: number | null, mark?: Mark])[]
): Layer => {
  const list = given.map(
    ([note, items, mark], i) =>
      `(${i}, repeat('x', ${note}), ${items === null ? 'NULL' : `range(0, ${items})`}::BIGINT[], ${mark === 'rejected' ? REASON : 'NULL'}::${REASONS_TYPE}, ${mark === 'filtered'}, ${mark === 'deduplicated'})`,
  );
  return {
    columns,
    sql: `SELECT * FROM (VALUES ${list.join(', ')}) v("_n", note, items, "_reasons", "_filtered", "_deduplicated")`,
  };
};

/** Where each record stands. */
async function places(sql: string): Promise<string[]> {
  const found = await engine.rows(
    `SELECT list_transform("_reasons", lambda r: r.code)::VARCHAR AS r, "_filtered" AS f, "_deduplicated" AS d FROM (${sql}) ORDER BY "_n"`,
  );
  return found.map(({ r, f, d }) => (r as string | null) ?? (f ? 'filtered' : d ? 'deduplicated' : 'live'));
}

const out = [[9, 9, 'rejected'], [9, 9, 'filtered'], [9, 9, 'deduplicated'], [9, 0, 'rejected'], [9, 0, 'filtered'], [9, 0, 'deduplicated']] as const; // prettier-ignore
const asBefore = ['[before]', 'filtered', 'deduplicated', '[before]', 'filtered', 'deduplicated'];

describe('a record without an element', () => {
  const judged = (empty: 'filter' | 'reject' | 'keep', layer: Layer) =>
    places(unnest('items', { as: 'item', empty }).unnests!.judge(layer, 'test').sql);
  const given = records([1, 0], [1, null], [1, 1], ...out);

  test.each([
    ['filter', ['filtered', 'filtered', 'live', ...asBefore]],
    ['reject', ['[too_small]', '[too_small]', 'live', ...asBefore]],
    ['keep', ['live', 'live', 'live', ...asBefore]],
  ] as const)('%s', async (empty, expected) => {
    expect(await judged(empty, given)).toEqual(expected);
  });
});

describe('a record that would become too much', () => {
  const size = 'len("items")';
  const within = ({ sql }: Layer, most: { elements: number; unnestedBytes: number }) =>
    places(withinLimits(`(${sql})`, { columns, list: 'items', size }, most));

  test('by the number of its rows: just as many are let through', async () => {
    const given = records([1, 3], [1, 4], [1, 0], [1, null], ...out);
    expect(await within(given, { elements: 3, unnestedBytes: 1e9 })).toEqual(['live', '[too_long]', 'live', 'live', ...asBefore]); // prettier-ignore
  });

  test('by the bytes that are repeated: just as many are let through, and any in one row', async () => {
    const given = records([5, 2], [6, 2], [100, 1], [100, 0], [100, null], [3, 3], [4, 3], ...out);
    expect(await within(given, { elements: 100, unnestedBytes: 10 })).toEqual([
      'live', '[too_long]', 'live', 'live', 'live', 'live', '[too_long]', ...asBefore,
    ]); // prettier-ignore
  });
});
