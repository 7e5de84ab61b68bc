/** The sentence for each kind of issue, where a value or a definition is rarely so. */

import { expect, test } from 'vitest';
import { sentence } from '../../core/words.ts';

test.each<[unknown, string]>([
  [undefined, 'nothing'],
  [null, 'null'],
  [[1], 'a list'],
  [Promise.resolve(1), 'a promise (which a scan cannot wait for)'],
  [new Date(0), 'a Date (give its toISOString())'],
  [NaN, 'NaN'],
  [-Infinity, '-Infinity'],
  [1.5, 'a number'],
  [1n, 'a bigint'],
  ['x', 'a text'],
  [false, 'true or false'],
  [{}, 'an object'],
  [() => 1, 'an object'],
])('%o is found as %s', (input, found) => {
  expect(sentence({ code: 'invalid_type', expected: 'int', input })).toBe(
    `expected a whole number, found ${found}`,
  );
});

test.each<[readonly unknown[], string]>([
  [['DE'], '"DE"'],
  [['DE', 'FR'], 'one of "DE", "FR"'],
  [Array.from({ length: 10 }, (_, i) => i), 'one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9'],
  [Array.from({ length: 12 }, (_, i) => i), 'one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 (and 2 more)'],
])('of the values %j', (values, words) => {
  expect(sentence({ code: 'invalid_value', values })).toBe(`expected ${words}, found something else`);
});

test.each<[object, string]>([
  [{ code: 'too_small', minimum: 1, origin: 'string', inclusive: true }, 'expected at least 1 character, found fewer'],
  [{ code: 'too_small', minimum: 5, origin: 'number', inclusive: false }, 'expected more than 5, found as much or less'],
  [{ code: 'too_big', maximum: 5, origin: 'number', inclusive: false }, 'expected less than 5, found as much or more'],
  [{ code: 'too_big', maximum: 2, origin: 'array', inclusive: true, exact: true }, 'expected exactly 2 items, found more'],
  [{ code: 'invalid_format', format: 'ends_with', suffix: '.x' }, 'expected a text that ends with ".x", found another text'],
  [{ code: 'invalid_format', format: 'a_new_one' }, 'expected a text of the format "a_new_one", found another text'],
])('%j', (issue, words) => {
  expect(sentence(issue as { code: string })).toBe(words);
}); // prettier-ignore

test('of an issue that the definition made it says nothing', () => {
  expect(sentence({ code: 'custom', message: 'no' })).toBeUndefined();
});
