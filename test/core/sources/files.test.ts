import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DefinitionError } from '../../../core/errors.ts';
import { csv } from '../../../core/formats/csv.ts';
import { files, matches } from '../../../core/sources/files.ts';

const source = (match?: string) =>
  files({ prefix: 'x/', format: csv(), ...(match === undefined ? {} : { match }) });

describe('match', () => {
  test.each([
    [undefined, 'anything', true],
    ['*.csv', 'a.csv', true],
    ['*.csv', 'a.csv.gz', true],
    ['*.csv', 'a.csv.zst', true],
    ['*.csv', 'a.csv.zip', true],
    ['*.csv', 'a.csv.gz.gz', false],
    ['*.csv', 'acsv', false],
    ['*.csv', 'a.csv.bak', false],
    ['a?c', 'abc', true],
    ['a?c', 'a👍c', true],
    ['a?c', 'ac', false],
    ['[1]+(x).csv', '[1]+(x).csv', true],
    ['[1].csv', '1.csv', false],
    ['*', 'line\nend', true],
  ])('%s takes %j: %s', (pattern, name, taken) => {
    expect(matches(source(pattern), name)).toBe(taken);
  });

  test('as a regular expression would, for any pattern and name', () => {
    const few = (letters: string, maxLength: number) =>
      fc.array(fc.constantFrom(...letters), { maxLength }).map((all) => all.join(''));
    fc.assert(
      fc.property(few('ab*?', 8), few('ab', 10), (pattern, name) => {
        const asRegex = pattern.replaceAll('*', '.*').replaceAll('?', '.');
        expect(matches({ match: pattern }, name)).toBe(new RegExp(`^${asRegex}$`).test(name));
      }),
      { seed: 20_261_130, numRuns: 2000 },
    );
  });

  // A regular expression goes back and forth in such a name for minutes, and nothing else would be run meanwhile.
  test('a name that means harm costs no more time than it is long', () => {
    const started = performance.now();
    expect(matches(source('*-*-*-*-*-*.csv'), '-'.repeat(1024))).toBe(false);
    expect(matches(source(`${'*a'.repeat(20)}*b`), 'a'.repeat(1024))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('options', () => {
  test('a name alone is the field’s name', () => {
    expect(files({ prefix: 'x/', format: csv(), decode: { a: 'A a', b: { nulls: ['-'] } } }).decode).toEqual({
      a: { from: 'A a' },
      b: { nulls: ['-'] },
    });
  });

  test.each([null, {}, 'csv', undefined])('%j is no format', (format) => {
    expect(() => files({ prefix: 'x/', format: format as never })).toThrow('use one of format.*');
  });

  test.each([
    ['a prefix without a slash', { prefix: 'x', format: csv() }],
    ['a prefix that starts with one', { prefix: '/x/', format: csv() }],
    ['a format that is none', { prefix: 'x/', format: 'csv' }],
    ['a rule that does not exist', { prefix: 'x/', format: csv(), decode: { a: { patern: 'x' } } }],
    ['an option that does not exist', { prefix: 'x/', format: csv(), matches: '*' }],
  ])('%s is refused', (_, options) => {
    expect(() => files(options as never)).toThrow(DefinitionError);
  });
});
