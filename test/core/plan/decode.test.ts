/** Decode as a whole: rows, what is skipped, and that nothing given is ever read as SQL. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DefinitionError } from '../../../core/errors.ts';
import { sql } from '../../../core/sql.ts';
import { codes, compiled, decoded } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

test('the SQL: text, values, a mask of faults, reasons for bad rows only', () => {
  const { select } = compiled(z.object({ n: z.int().min(0) }));
  expect(select('t')).toBe(`SELECT CASE WHEN ("_m0" & 7) = 0 THEN "_v0_1" END::BIGINT AS "n",
  (CASE WHEN "_filtered" THEN NULL ELSE CASE WHEN ("_m0" <> 0) THEN CASE WHEN "_m0" = 1 THEN [{"column": 'n', code: 'invalid_type', message: 'expected a whole number, found none', "value": (nullif("_f0", ''))::VARCHAR}]
    WHEN "_m0" = 2 THEN [{"column": 'n', code: 'decode', message: 'expected a whole number from -9007199254740991 to 9007199254740991, found another text', "value": (nullif("_f0", ''))::VARCHAR}]
    WHEN "_m0" = 4 THEN [{"column": 'n', code: 'too_small', message: 'expected at least 0, found less', "value": (nullif("_f0", ''))::VARCHAR}] ELSE flatten(list_filter([CASE WHEN ("_m0" & 1) <> 0 THEN [{"column": 'n', code: 'invalid_type', message: 'expected a whole number, found none', "value": (nullif("_f0", ''))::VARCHAR}] END,
    CASE WHEN ("_m0" & 2) <> 0 THEN [{"column": 'n', code: 'decode', message: 'expected a whole number from -9007199254740991 to 9007199254740991, found another text', "value": (nullif("_f0", ''))::VARCHAR}] END,
    CASE WHEN ("_m0" & 4) <> 0 THEN [{"column": 'n', code: 'too_small', message: 'expected at least 0, found less', "value": (nullif("_f0", ''))::VARCHAR}] END], lambda r: r IS NOT NULL)) END END END)::STRUCT("column" VARCHAR, code VARCHAR, message VARCHAR, "value" VARCHAR)[] AS "_reasons",
  "_filtered"
FROM (SELECT *, (CASE WHEN "_v0_1" IS NULL THEN CASE WHEN coalesce("_f0" = '', TRUE) THEN 1 ELSE 2 END ELSE CASE WHEN "_v0_1" < 0 THEN 4 ELSE 0 END END) AS "_m0"
FROM (SELECT *, CASE WHEN "_v0_0" BETWEEN -9007199254740991 AND 9007199254740991 THEN CASE WHEN "_v0_0"::VARCHAR = "_f0" THEN "_v0_0"
        WHEN regexp_full_match("_f0", '[+-]?[0-9]+') THEN "_v0_0" END END AS "_v0_1"
FROM (SELECT *, TRY_CAST("_f0" AS BIGINT) AS "_v0_0"
FROM (SELECT *, FALSE AS "_filtered" FROM (SELECT "f0" AS "_f0" FROM t)))))`);
});

test('rows stay in the order of the records', async () => {
  const texts = Array.from({ length: 10_000 }, (_, i) => [i % 7 === 0 ? `x${i}` : String(i)]);
  const rows = await decoded(engine, z.object({ n: z.int().multipleOf(2) }), texts);
  const got = rows.map(({ values, reasons }) => values['n'] ?? reasons![0]!.value);
  expect(got).toEqual(texts.map(([text]) => text));
});

test('a field that the object does not have', async () => {
  const row = z.object({ a: z.string(), b: z.int().optional(), c: z.string().default('x'), d: z.string() });
  const [one] = await decoded(engine, row, [['a', '', '', '']], { without: ['b', 'c', 'd'] });
  expect(one!.values).toMatchObject({ a: 'a', b: null, c: 'x' });
  expect(one!.reasons).toEqual([
    { column: 'd', code: 'invalid_type', message: 'expected a text, found nothing', value: null },
  ]);
});

describe('skip', () => {
  const row = z.object({ id: z.string(), n: z.int() });
  const id = { column: 'id' };
  const n = { column: 'n' };

  test('looks at the received text, before anything is judged', async () => {
    const rows = await decoded(engine, row, [['TOTAL', 'x'], ['a', '-'], ['a', 'x'], ['a', '1']], { skip: [sql`${id} = 'TOTAL'`, sql`${n} = '-'`] }); // prettier-ignore
    expect(rows.map(({ filtered, reasons }) => [filtered, codes(reasons)])).toEqual([
      [true, null], [true, null], [false, ['n:decode']], [false, null],
    ]); // prettier-ignore
  });
  test('a condition that fails, or gives null, skips nothing', async () => {
    const rows = await decoded(
      engine,
      row,
      [
        ['a', 'x'],
        ['a', '5'],
      ],
      { skip: [sql`${n}::INT > 3`, sql`NULL`] },
    );
    expect(rows.map(({ filtered }) => filtered)).toEqual([false, true]);
    await expect(engine.rows(`SELECT 'x'::INT > 3`)).rejects.toThrow('Could not convert');
  });
  test('in JSON it sees the text without its tag, and NULL for what is not there', async () => {
    const rows = await decoded(engine, row, [['sTOTAL', 'n1'], ['', 'n1'], ['znull', 'n1'], ['sz', 'n1']], { tagged: true, skip: [sql`${id} = 'TOTAL' OR ${id} IS NULL`] }); // prettier-ignore
    expect(rows.map(({ filtered }) => filtered)).toEqual([true, true, true, false]);
  });
  test('names a column that is there', () => {
    expect(() => compiled(row, { skip: [sql`${{ column: 'other' }} = 1`] }).select('t')).toThrow(
      DefinitionError,
    );
  });
});

test('a record that could not be read has the reasons of its reader, and no others; it is never filtered', async () => {
  const fault = [{ column: null, code: 'malformed', message: "expected 2 fields, it's 3", value: 'a,b,c' }];
  const row = z.object({ a: z.string().optional(), n: z.int() }).refine(() => false);
  const rows = await decoded(engine, row, [[JSON.stringify(fault), '', ''], ['', 'a', '1']], { faulty: true, skip: [sql`${{ column: 'a' }} = ''`] }); // prettier-ignore
  expect(rows[0]).toEqual({ values: { a: null, n: null }, reasons: fault, filtered: false });
  expect(codes(rows[1]!.reasons)).toEqual(['null:custom']);
});

test.each([10, 31, 60, 150])(
  '%i columns with three faults each: every fault keeps its bit',
  async (count) => {
    const names = Array.from({ length: count }, (_, i) => `c${i}`);
    const row = z.object(Object.fromEntries(names.map((name) => [name, z.int().max(9)])));
    const texts = names.map((_, column) =>
      names.map((_, other) => (other === column ? ['', 'x', '10'][column % 3]! : '1')),
    );
    const rows = await decoded(engine, row, [...texts, names.map(() => 'x'), names.map(() => '1')]);
    const expected = names.map((name, i) => [`${name}:${['invalid_type', 'decode', 'too_big'][i % 3]}`]);
    expect(rows.map(({ reasons }) => codes(reasons))).toEqual([
      ...expected,
      names.map((name) => `${name}:decode`),
      null,
    ]);
  },
);

describe('whatever is given is data', () => {
  const evil = `x"'; DROP TABLE received; --\n👍\\`;
  test('names, values, rules, patterns and messages', async () => {
    const row = z
      .object({
        [evil]: z.string().regex(/^[^']*'[^]*$/).startsWith('x"\'').refine((text) => text !== 'y', evil), // prettier-ignore
        "b'": z.enum([evil, 'ok']),
        'c"': z.boolean().nullable(),
        d: z.string().default(evil),
      })
      .refine((value) => value["b'"] !== 'ok', { message: evil, path: [evil] });
    const rules = { 'c"': { true: [evil], nulls: [`'`] }, d: { nulls: [evil] } };
    const rows = await decoded(engine, row, [[evil, evil, evil, evil], [evil, 'ok', `'`, evil], ['y', "'", 'x', '']], { rules }); // prettier-ignore
    expect(rows[0]).toMatchObject({
      values: { [evil]: evil, "b'": evil, 'c"': 'true', d: evil },
      reasons: null,
    });
    expect(rows[1]!.reasons).toEqual([{ column: evil, code: 'custom', message: evil, value: evil }]);
    expect(new Set(rows[2]!.reasons!.map(({ column }) => column))).toEqual(new Set([evil, "b'", 'c"']));
  });
  test('a NUL character, and texts that are long', async () => {
    const long = 'é'.repeat(100_000);
    const rows = await decoded(engine, z.object({ c: z.string().max(100_000) }), [
      ['a\0b'],
      [long],
      [`${long}x`],
    ]);
    expect(rows.map(({ values, reasons }) => [values['c'], codes(reasons)])).toEqual([
      ['a\0b', null], [long, null], [null, ['c:too_big']],
    ]); // prettier-ignore
  });
});

test('defaults: those that break their own schema, or change, are refused', () => {
  expect(() => compiled(z.object({ c: z.string().min(3).default('x') }))).toThrow(
    'does not pass its own schema',
  );
  let n = 0;
  expect(() => compiled(z.object({ c: z.int().default(() => (n += 1)) }))).toThrow('not the same each time');
  expect(() =>
    compiled(z.object({ c: z.iso.datetime({ offset: true }).default('2024-01-01T00:00:00+01:00') })),
  ).toThrow('in UTC');
});

test('rules: what is asked of each column, and who asks', () => {
  const { rules } = compiled(z.object({ c: z.string().min(2), n: z.int().refine(() => true) }));
  expect(rules).toEqual([
    { column: 'c', code: 'too_small', expects: 'expected at least 2 characters, found fewer', engine: 'sql' },
    { column: 'n', code: 'invalid_type', expects: 'expected a whole number, found none', engine: 'sql' },
    { column: 'n', code: 'decode', expects: expect.stringContaining('whole number'), engine: 'sql' },
    { column: 'n', code: 'zod', expects: expect.any(String), engine: 'zod' },
    { column: 'n', code: 'zod', expects: expect.any(String), engine: 'zod' },
  ]);
});

test('a rule or a list cannot be given to what does not have it', () => {
  expect(() => compiled(z.object({ c: z.int() }), { rules: { d: {} } })).toThrow(
    'which the row does not have',
  );
  expect(() => compiled(z.object({ c: z.array(z.int()) }))).toThrow('can be read from JSON');
  expect(() =>
    compiled(z.object({ c: z.array(z.int()) }), { tagged: true, rules: { c: { trim: true } } }),
  ).toThrow('does not fit');
});
