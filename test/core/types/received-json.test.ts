/** What `JSON.parse` would lose of a text or change: keys that stand twice, fractions that no double has. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { looksWhole } from '../../../core/types/looks-whole.ts';
import { lossesOf } from '../../../core/types/received-json.ts';
import { numerals } from '../../support/numerals.ts';
import { SEED } from '../../support/schemas.ts';

test.each<[string, string | undefined]>([
  ['{"a":1,"b":2}', undefined],
  ['{"a":1,"a":2}', 'a'],
  ['{"a" : 1, "\\u0061"\n:2}', 'a'],
  ['{"a":{"b":1},"c":{"b":1}}', undefined],
  ['[{"a":1},{"a":1,"x":{"y":[{"z":1,"z":2}]}}]', 'z'],
  ['{"a":"a","b":"\\"a\\":1","c":"}{"}', undefined],
  ['{"":1,"":2}', ''],
  ['[1.0000000000000000001,{"a":1,"a":2}]', 'a'],
  ['"a"', undefined],
])('%s: the key that stands twice is %s', (json, repeated) => {
  expect(lossesOf(json).repeated).toBe(repeated);
});

test('numbers in texts are none', () => {
  const numeral = '1.0000000000000000001';
  expect(lossesOf(`{"${numeral}":"${numeral}, \\"${numeral}","a":[1]}`)).toEqual({ hidesFraction: false });
  expect(lossesOf(`{"a":"\\"","b":${numeral}}`)).toEqual({ hidesFraction: true });
  expect(lossesOf(`-${numeral}`)).toEqual({ hidesFraction: true });
});

test('a fraction that no double has is found wherever a number stands', () => {
  console.log(`seed ${SEED}`);
  let hidden = 0;
  fc.assert(
    fc.property(fc.array(numerals, { minLength: 1, maxLength: 3 }), fc.nat({ max: 2 }), (some, form) => {
      const json = [
        `[${some.join(', ')}]`,
        `{${some.map((one, i) => `"k${i}": ${one}`).join(',')}\n}`,
        `[[${some.join(']\t,[')}]]`,
      ][form]!;
      const expected = some.some(looksWhole);
      hidden += expected ? 1 : 0;
      expect([json, lossesOf(json)]).toEqual([json, { hidesFraction: expected }]);
    }),
    { seed: SEED, numRuns: 20_000 },
  );
  expect(hidden).toBeGreaterThan(4000);
});
