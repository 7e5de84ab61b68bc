/** Columns that expressions make: what zod would not take rejects its row, and what SQL cannot judge is refused. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DefinitionError } from '../../../core/errors.ts';
import { column, date, datetime, decimal, int, number, sql, z } from '../../../core/vocabulary.ts';
import { places, stepped, type Stepped } from '../../support/transform.ts';
import { SEED } from '../../support/formats.ts';

const id = { id: z.int() };
/** Where a row goes whose column of this type is made by an expression. */
const put = async (type: z.ZodType, expression: string): Promise<string> => {
  const { rows } = await stepped(id, [{ id: 1 }], (r) =>
    r.derive(() => ({ made: column(type, { text: expression, columns: [] }) })),
  );
  const [{ place, reasons, values }] = rows as [Stepped];
  if (place === 'accepted') return place;
  // It is none for what comes after.
  expect(values['made']).toBeNull();
  return reasons.map((one) => `${one.code}: ${one.message}`).join('; ');
};

describe('a value that the engine holds, and zod does not take', () => {
  test.each([
    ['a whole number past those that JavaScript holds', z.int(), '9007199254740992', /^expression: expected a whole number from -9007199254740991 to 9007199254740991, /],
    ['a whole number below them', z.int(), '-9007199254740992', /^expression: expected a whole number/],
    ['one of 32 bits', z.int32(), '2147483648', /^too_big: expected at most 2147483647/],
    ['what is no number', z.number(), "'nan'::DOUBLE", /^expression: expected a finite number, the expression gave another$/],
    ['what is without end', z.number().nullable(), "'-infinity'::DOUBLE", /^expression: expected a finite number/],
    ['a day past the years', z.iso.date(), "DATE '10000-01-01'", /^expression: expected a date in the years 1 to 9999, /],
    ['a day before them', z.iso.date(), "DATE '0001-01-01' - 1", /^expression: expected a date in the years/],
    ['no day at all', z.iso.date(), "'infinity'::DATE", /^expression: expected a date in the years/],
    ['a time past the years', z.iso.datetime(), "TIMESTAMPTZ '10000-01-01 00:00:00+00'", /^expression: expected a date-time in the years 1 to 9999, /],
    ['no time at all', z.iso.datetime(), "'-infinity'::TIMESTAMPTZ", /^expression: expected a date-time in the years/],
    ['a time with more digits than are asked for', z.iso.datetime({ precision: 0 }), "TIMESTAMPTZ '2026-01-01 00:00:00.5+00'", /^invalid_format: /],
    ['a bound', z.int().min(3), '2', /^too_small: expected at least 3, found less$/],
    ['a bound, in words of the definition', z.int().min(3, { error: 'give three' }), '2', /^too_small: give three$/],
    ['a bound of a decimal', decimal(6, 2).max(5), '5.01', /^too_big: /],
    ['a word that is none of those', z.enum(['a', 'b']), "'c'", /^invalid_value: expected one of "a", "b", found something else$/],
    ['a text of another form', z.email().nullable(), "'no address'", /^invalid_format: /],
    ['two bounds', z.string().max(2).startsWith('x'), "'abc'", /^too_big: .*; invalid_format: /],
    ['an element that is null', z.array(z.int()), '[1, NULL]', /^expression: expected a list whose values are of the declared types, the expression gave another$/],
    ['an element that is none of the words', z.array(z.enum(['a', 'b'])), "['a', 'c']", /^expression: expected a list/],
    ['an element past its bound', z.array(z.int().max(5)), '[5, 6]', /^expression: expected a list/],
    ['a field that is null', z.object({ x: z.int(), y: z.string() }), '{x: 1, y: NULL}', /^expression: expected an object whose values are/],
    ['a field without end', z.object({ x: z.number().optional() }), "{x: 'infinity'::DOUBLE}", /^expression: expected an object/],
    ['a list in a field in a list', z.array(z.object({ l: z.array(z.array(z.int())).nullable() })), '[{l: NULL}, {l: [[1], [2, NULL]]}]', /^expression: expected a list/],
  ] as const)('%s', async (_what, type, expression, says) => {
    expect(await put(type, expression)).toMatch(says);
  }); // prettier-ignore
});

describe('a value that it takes is accepted', () => {
  test.each([
    [
      'numbers at the edge',
      z.object({ n: z.int(), m: z.int() }),
      '{n: 9007199254740991, m: -9007199254740991}',
    ],
    ['the first day and the last', z.iso.date(), "DATE '0001-01-01'"],
    ['the last day', z.iso.date(), "DATE '9999-12-31'"],
    ['the first time', z.iso.datetime(), "TIMESTAMPTZ '0001-01-01 00:00:00+00'"],
    ['the last time', z.iso.datetime(), "TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'"],
    ['null, where it may be', z.array(z.int()).nullable(), 'NULL'],
    ['an object that is null, whose fields may not be', z.object({ x: z.int() }).nullable(), 'NULL'],
    ['elements that may be null', z.array(z.number().nullable()), '[NULL, 1.5]'],
    ['an inner object that is null', z.object({ y: z.object({ x: z.int() }).nullable() }), '{y: NULL}'],
    ['no elements', z.array(z.int()), '[]'],
    ['texts that may be null', z.array(z.string().nullable()), "['a', NULL]"],
    [
      'an object in which nothing can be wrong',
      z.object({ t: z.string().nullable(), l: z.array(z.string().nullable()).nullable() }),
      "{t: NULL, l: ['a', NULL]}",
    ],
    ['within its bounds', z.string().min(1).max(3).nullable(), "'abc'"],
  ] as const)('%s', async (_what, type, expression) => {
    expect(await put(type, expression)).toBe('accepted');
  });
});

describe('a rule that only zod can judge is refused', () => {
  test.each([
    ['a refinement', z.int().refine((n) => n > 3)],
    ['of a wrapper', z.int().nullable().refine((n) => n !== 3)],
    ['words that depend on the value', z.int().min(3, { error: (issue) => `not ${String(issue.input)}` })],
    ['what SQL says only of texts of ASCII', z.string().regex(/^.$/)],
    ['the length of a list', z.array(z.int()).min(1)],
    ['a refinement of an element', z.array(z.int().refine((n) => n > 3))],
    ['a refinement of a field', z.object({ x: z.object({ y: z.int().refine((n) => n > 3) }) })],
    ['a refinement of a list that may be null, in an object', z.object({ l: z.array(z.int()).nullable().refine((l) => l?.length !== 3) })],
    ['a list in a list of some length', z.array(z.array(z.int()).max(3))],
    ['a day in a list, where it is a text', z.array(z.iso.date())],
  ] as const)('%s', async (_what, type) => {
    const made = put(type, 'NULL');
    await expect(made).rejects.toThrow(DefinitionError);
    await expect(made).rejects.toThrow(/derive\(\), made.*has a rule that only zod can judge.*put a check on the column/);
  }); // prettier-ignore
});

test('a row with another reason keeps that alone, and one that is out is not judged', async () => {
  const found = await stepped(id, [{ id: 1 }, { id: 2 }, { id: 3 }], (r) =>
    r
      .where((o) => sql`${o.id} > 1`)
      .derive((o) => ({ first: column(z.int().max(2), sql`${o.id}`) }))
      .derive((o) => ({ second: column(z.int().max(0), sql`${o.first}`) })),
  );
  expect(places(found)).toEqual(['filtered', 'too_big second', 'too_big first']);
});

test('what is made over groups is judged too', async () => {
  const records = [1, 2, 3].map((n) => ({ id: n }));
  const over = await stepped(id, records, (r) =>
    r.over(() => ({ per: [], columns: { all: column(z.int().max(5), sql`sum(id)`) } }) as never),
  );
  expect(places(over)).toEqual(['accepted', 'accepted', 'too_big all']);
});

const element = fc.option(fc.constantFrom(0, 1, 2 ** 53 - 1, 2 ** 53, -(2 ** 53)), { freq: 6 });
const strict = z.object({
  list: z.array(z.int()).nullable(),
  inner: z.object({ n: z.int(), texts: z.array(z.string()).nullable() }).nullable(),
});
const loose = z.object({
  list: z.array(z.int().nullable()).nullable(),
  inner: z.object({ n: z.int().nullable(), texts: z.array(z.string().nullable()).nullable() }).nullable(),
});

test('of objects and lists it is what zod says', async () => {
  const value = fc.record({
    list: fc.option(fc.array(element, { maxLength: 4 })),
    inner: fc.option(
      fc.record({
        n: element,
        texts: fc.option(fc.array(fc.option(fc.constantFrom('', 'x'), { freq: 5 }), { maxLength: 3 })),
      }),
      { freq: 5 },
    ),
  });
  const values = fc.sample(value, { numRuns: 400, seed: SEED });
  const found = await stepped({ v: loose }, values.map((v) => ({ v })), (r) =>
    r.derive((o) => ({ made: column(strict, sql`${o.v}`) })),
  ); // prettier-ignore
  const expected = values.map((v) => (strict.safeParse(v).success ? 'accepted' : 'expression made'));
  expect(places(found)).toEqual(expected);
  expect(new Set(expected).size).toBe(2);
});

test('the short words are judged as well', async () => {
  const found = await stepped(id, [{ id: 1 }], (r) =>
    r.derive(() => ({
      a: int(sql`1::BIGINT << 60`),
      b: number(sql`'nan'::DOUBLE`),
      c: date(sql`'infinity'::DATE`),
      d: datetime(sql`'infinity'::TIMESTAMPTZ`),
    })),
  );
  expect(places(found)).toEqual(['expression a; expression b; expression c; expression d']);
});
