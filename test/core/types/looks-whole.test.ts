/** Numbers that look whole to JavaScript and are not: told by their digits, and given to zod with a fraction. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { looksWhole, parseFractions } from '../../../core/types/looks-whole.ts';
import { numerals } from '../../support/numerals.ts';
import { SEED } from '../../support/schemas.ts';

test.each([
  ['1.0000000000000000001', true],
  ['-0.99999999999999999999', true],
  ['9007199254740991.3', true],
  ['4503599627370495.2', true],
  ['4503599627370495.3', false],
  ['123456789012345678e-1', true],
  ['1e-400', true],
  ['1e-99999999999999999999', true],
  [`0.${'9'.repeat(1000)}e3`, true],
  ['1.5', false],
  ['0.3', false],
  ['1e-7', false],
  ['1.000000000000000000', false],
  ['10e-1', false],
  [`1${'0'.repeat(400)}e-400`, false],
  ['0e-400', false],
  ['-0.0', false],
  ['1e400', false],
  ['9007199254740993', false],
])('%s: %s', (numeral, expected) => {
  expect(looksWhole(numeral)).toBe(expected);
});

test('a million zeros are no trouble', () => {
  const long = `1${'0'.repeat(1_000_000)}1.${'0'.repeat(1_000_000)}1`;
  expect([looksWhole(long), looksWhole(`${long}e-1000001`)]).toEqual([false, true]);
});

test('it is so just where the exact number has a fraction and the double has none', () => {
  console.log(`seed ${SEED}`);
  let hidden = 0;
  fc.assert(
    fc.property(numerals, (numeral) => {
      const [, digits, part = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(numeral)!;
      const places = part.length - Number(power);
      const hasFraction = places > 0 && BigInt(digits! + part) % 10n ** BigInt(places) !== 0n;
      const expected = hasFraction && Number.isInteger(Number(numeral));
      hidden += expected ? 1 : 0;
      expect(looksWhole(numeral)).toBe(expected);
    }),
    { seed: SEED, numRuns: 20_000 },
  );
  expect(hidden).toBeGreaterThan(2000);
});

test('whole numbers are asked of them only where the schema does, at any depth', () => {
  const schema = z.object({
    n: z.int().optional(),
    x: z.number(),
    list: z.array(z.object({ n: z.int32().nullable().default(1), x: z.array(z.number()).readonly() })),
  });
  const numeral = '1.0000000000000000001';
  const item = `{"n":${numeral},"x":[${numeral},2,1.5]}`;
  const json = `{"n":${numeral},"x":${numeral},"other":{"n":${numeral}},"__proto__":${numeral},"list":[${item}]}`;
  const near = 1.0000000000000002;
  const expected = { n: near, x: 1, other: { n: 1 }, list: [{ n: near, x: [1, 2, 1.5] }] };
  const found = parseFractions(json, schema) as object;
  expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  expect(Object.entries(found)).toEqual([
    ...Object.entries(expected).slice(0, 3),
    ['__proto__', 1],
    ['list', expected.list],
  ]);
});

test.each([
  ['1.0000000000000000001', 1.0000000000000002],
  ['0.99999999999999999999', 0.9999999999999999],
  ['-1.0000000000000000001', -1.0000000000000002],
  ['1e-400', 5e-324],
  ['-1e-400', -5e-324],
  ['2251799813685248.1', 2251799813685248.5],
  ['4503599627370496.1', 4503599627370495.5],
  ['-9007199254740991.3', -4503599627370495.5],
  ['100000000000000000000000.5', 4503599627370495.5],
])('%s is %f to zod: on its side of the whole number, if there is a fraction so near', (numeral, near) => {
  expect(parseFractions(`[${numeral}]`, z.array(z.int()))).toEqual([near]);
});
