import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DefinitionError } from '../../core/errors.ts';
import { literal, literals, quote, sql } from '../../core/sql.ts';
import { openEngine, type OpenEngine } from '../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

describe('sql', () => {
  test('names columns, makes values literals and keeps pieces of SQL', () => {
    const inner = sql`${{ column: 'a' }} + ${1}`;
    expect(sql`${inner} > ${'x'} AND ${{ column: 'say "b"' }} IS ${null}`).toEqual({
      text: `"a" + 1 > 'x' AND "say ""b""" IS NULL`,
      columns: ['a', 'say "b"'],
    });
  });

  test.each([
    ['no number', Number.NaN],
    ['infinity', Infinity],
    ['undefined', undefined],
    ['a NUL character', 'a\0b'],
    ['half of a surrogate pair', 'a\ud800b'],
    ['more than 128 bits hold', 2n ** 127n],
    ['less than 128 bits hold', -(2n ** 127n)],
    ['a function, which is text too', () => '1; DROP TABLE t'],
    ['a symbol', Symbol('1; DROP TABLE t')],
    ['a date', new Date(0)],
    ['a list', ['1; DROP TABLE t']],
    ['an object that is a text to JavaScript', Object('1; DROP TABLE t')],
    ['half of a piece of SQL', { text: '1; DROP TABLE t' }],
    ['a piece of SQL whose text is none', { text: Object('1'), columns: [] }],
    ['a column whose name is none', { column: { replaceAll: () => '"; DROP TABLE t; --' } }],
    ['a column with a NUL character', { column: 'a\0b' }],
    ['a column with half of a surrogate pair', { column: 'a\udc00b' }],
  ])('refuses %s', (_, value) => {
    expect(() => sql`${value as never}`).toThrow(DefinitionError);
  });

  test.each<[string, Parameters<typeof literal>[0], string]>([
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['the most that 128 bits hold', 2n ** 127n - 1n, String(2n ** 127n - 1n)],
    ['the least', 1n - 2n ** 127n, String(1n - 2n ** 127n)],
    ['a fraction of 15 digits, which a decimal is compared with exactly', 0.1, '0.1'],
    ['a whole number of more digits', 123456789012345680000, '123456789012345680000'],
    ['a fraction of more digits', 0.1 + 0.2, '3.0000000000000004e-1'],
  ])('writes %s', (_, value, text) => {
    expect(literal(value)).toBe(text);
  });

  test('says what has no literal', () => {
    const says = (value: unknown) => () => literal(value as never);
    expect(says(-Infinity)).toThrow('-Infinity has no literal in SQL');
    expect(says(2n ** 127n)).toThrow(`${2n ** 127n} has no literal in SQL`);
    expect(says(() => 1)).toThrow('a function has no literal in SQL');
    expect(() => sql`${undefined as never}`).toThrow('undefined stands in a sql`…` expression');
  });

  test('a piece of SQL may stand against a letter', () => {
    expect(sql`count${sql`(*)`}`.text).toBe('count(*)');
  });

  test.each([
    ['a text in quotes', () => sql`${{ column: 'a' }} LIKE '%${'x'}%'`],
    ['quotes around it, which a value could close', () => sql`'${' || secret || '}'`],
    ['a name in quotes', () => sql`"${'x'}"`],
    ['a text after one that is whole', () => sql`'it''s' = '${'x'} '`],
    ['a text with a backslash', () => sql`E'\\' ${'x'} '`],
    ['dollars', () => sql`$$ ${'x'} $$`],
    ['dollars with a word', () => sql`$a$ ' $$ ${'x'} $a$`],
    ['a comment', () => sql`1 /* ${'*/ + 1'} */`],
    ['a comment to the end of the line', () => sql`1 -- ${1}\n`],
    ['a comment of a piece', () => sql`${sql`1 --`} + ${1}`],
    ['the letter of a text with escapes', () => sql`E${'\\n'}`],
    ['the letter of a text of digits', () => sql`x${'41'}`],
    ['the dollar of a parameter', () => sql`$${1}`],
    ['another number', () => sql`${1}${2}`],
    ['a letter behind it', () => sql`${1}e5`],
    ['another name', () => sql`${{ column: 'a' }}${{ column: 'b' }}`],
    ['another text', () => sql`'a' ${'b'}'c'`],
  ])('refuses a value in or against %s, where it would be read as something else', (_, make) => {
    expect(make).toThrow(/it would not be read as a value or a column/);
  });

  test.each([
    ['behind quotes and comments that are whole', () => sql`'a' || /* it's */ -- it's\n${'b'}`, 'ab'],
    ['behind a text with escapes', () => sql`E'it\\'s ' || ${'b'}`, "it's b"],
    ['behind dollars', () => sql`$$it's $$ || $x$a $$ $x$ || ${'b'}`, "it's a $$ b"],
    ['behind a minus, where two would open a comment', () => sql`10 -${-5}\n + 1`, 16],
    ['before a cast, which binds tighter than a sign', () => sql`${-5}::VARCHAR || ''`, '-5'],
    ['of a list', () => sql`[7, 8][${2}]`, 8],
  ])('a value %s', async (_, make, value) => {
    expect(await engine.rows(`SELECT ${make().text} AS v`)).toEqual([{ v: value }]);
  });
});

describe('hostile names and values are data', () => {
  const attacks = [
    `'; DROP TABLE t; --`,
    `" OR 1=1 --`,
    '$$',
    '/*',
    '\\',
    "''''",
    '\n',
    '👍',
    ' ',
    `a"b'c`,
    'select',
    'rowid',
    '$1',
    '?',
    '*',
    '%',
    '--',
    '\u2028',
    '\ufeff',
    '\u202e',
    `${`"'`.repeat(5000)}`,
  ];

  test.each(attacks)('%.20j as a value', async (attack) => {
    expect(await engine.rows(`SELECT ${literal(attack)} AS v`)).toEqual([{ v: attack }]);
    expect(await engine.rows(`SELECT 1 AS n WHERE 'a' IN ${literals([attack, 'a'])}`)).toEqual([{ n: 1 }]);
  });

  test.each(attacks)('%.20j as a name', async (attack) => {
    expect(await engine.rows(`SELECT ${quote(attack)} AS v FROM (SELECT 7 AS ${quote(attack)})`)).toEqual([
      { v: 7 },
    ]);
  });

  test('any text without NUL comes back as it was', async () => {
    const seed = 20_261_121;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 20 }),
        async (texts) => {
          const usable = texts.filter((text) => !text.includes('\0') && text.isWellFormed());
          fc.pre(usable.length > 0);
          const [row] = await engine.rows(
            `SELECT ${usable.map((text, i) => `${literal(text)} AS v${i}`).join(', ')}`,
          );
          expect(Object.values(row!)).toEqual(usable);
        },
      ),
      { seed, numRuns: 100 },
    );
  });

  test('a double stays the double that it is, also one of more digits than a decimal keeps', async () => {
    const one = 0.097_562_276_786_705_77;
    expect(
      await engine.rows(`SELECT 0.09756227678670577::DOUBLE = '0.09756227678670577'::DOUBLE AS v`),
    ).toEqual([{ v: false }]);
    const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), {
      seed: 1,
      numRuns: 1000,
    });
    const given = [one, 0.1 + 0.2, 0.1, -0.7, 5e-324, 1.797e308, ...doubles];
    const kept = given.map((value, i) => `${literal(value)}::DOUBLE = '${value}'::DOUBLE AS v${i}`);
    const [row] = await engine.rows(`SELECT ${kept.join(', ')}`);
    expect(Object.values(row!).filter((same) => same !== true)).toEqual([]);
  });
});
