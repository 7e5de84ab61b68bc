/** Faults as bits, where they need more than one integer: a row with a fault in any of them is bad. */

import { expect, test } from 'vitest';
import { place, type Masked } from '../../../core/plan/faults.ts';

/** A column with so many faults, of which the first ends the judging. */
const column = (name: string, count: number): Masked => ({
  faults: Array.from({ length: count }, (_, i) => ({
    code: 'x',
    expects: 'x',
    engine: 'sql',
    aborts: i === 0,
    reasons: `[${name}${i}]`,
  })),
  mask: (bits) => `${name}(${bits.join()})`,
});

test('of two integers either makes a row bad, and a fault is alone where the other is 0', () => {
  const placed = place([column('a', 40), column('none', 0), column('b', 40)]);
  const bits = Array.from({ length: 40 }, (_, i) => String(2n ** BigInt(i)));
  const all = 2n ** 40n - 1n;
  expect(placed.masks).toEqual([`(a(${bits.join()})) AS "_m0"`, `(b(${bits.join()})) AS "_m1"`]);
  expect(placed.bad).toBe('("_m0" <> 0 OR "_m1" <> 0)');
  expect(placed.aborted).toBe('(("_m0" & 1) <> 0 OR ("_m1" & 1) <> 0)');
  expect(placed.fine).toEqual([`("_m0" & ${all}) = 0`, null, `("_m1" & ${all}) = 0`]);
  expect(placed.reasons).toHaveLength(80);
  expect(placed.reasons[41]).toEqual({
    ifSo: 'CASE WHEN ("_m1" & 2) <> 0 THEN [b1] END',
    alone: '"_m0" = 0 AND "_m1" = 2',
    list: '[b1]',
  });
});

test('faults that one integer holds share it', () => {
  const placed = place([column('a', 30), column('b', 1)]);
  expect(placed.masks).toHaveLength(1);
  expect(placed.bad).toBe('("_m0" <> 0)');
  expect(placed.reasons[30]!.alone).toBe(`"_m0" = ${2 ** 30}`);
  expect(place([column('a', 31), column('b', 31)]).masks).toHaveLength(1);
  expect(place([column('a', 62), column('b', 1)]).masks).toHaveLength(2);
});

test('nothing that can be wrong makes no mask', () => {
  expect(place([column('a', 0)])).toEqual({ masks: [], bad: 'FALSE', aborted: 'FALSE', fine: [null], reasons: [] }); // prettier-ignore
});
