/** Decode as a whole: rows, reasons, what is skipped, what zod is asked, and that nothing given is ever read as SQL. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DefinitionError } from '../../../core/errors.ts';
import { compileDecode } from '../../../core/plan/decode.ts';
import { columnsOf } from '../../../core/row.ts';
import { sql } from '../../../core/sql.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { compiled, decoded } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

const codes = (reasons: readonly { column: string | null; code: string }[] | null) =>
  reasons?.map(({ column, code }) => `${column}:${code}`) ?? null;

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

describe('reasons', () => {
  const row = z.object({
    id: z.string().min(3),
    amount: decimal(12, 2).max(100_000),
    placed: z.iso.date(),
    status: z.enum(['open', 'paid']),
    note: z.string().regex(/^.{2}$/).nullable(),
    n: z.int().default(7),
  }); // prettier-ignore

  test('every reason of a row, each with what was found and expected', async () => {
    const [good, bad, empty] = await decoded(engine, row, [
      ['abc', '1.5', '2024-01-31', 'paid', 'ab', ''],
      ['👍', '100000.01', '31.01.2024', 'lost', '👍', '1.9'],
      ['', '', '', '', '', ''],
    ]);
    expect(good).toEqual({
      values: { id: 'abc', amount: '1.50', placed: '2024-01-31', status: 'paid', note: 'ab', n: '7' },
      reasons: null,
      filtered: false,
    });
    expect(bad!.values).toEqual({ id: null, amount: null, placed: null, status: null, note: '👍', n: null });
    expect(bad!.reasons).toEqual([
      {
        column: 'id',
        code: 'too_small',
        message: 'expected at least 3 characters, found fewer',
        value: '👍',
      },
      {
        column: 'amount',
        code: 'too_big',
        message: 'expected at most 100000, found more',
        value: '100000.01',
      },
      {
        column: 'placed',
        code: 'decode',
        message: 'expected a date as YYYY-MM-DD, found another text',
        value: '31.01.2024',
      },
      {
        column: 'status',
        code: 'invalid_value',
        message: 'expected one of "open", "paid", found something else',
        value: 'lost',
      },
      {
        column: 'n',
        code: 'decode',
        message: 'expected a whole number from -9007199254740991 to 9007199254740991, found another text',
        value: '1.9',
      },
    ]);
    expect(codes(empty!.reasons)).toEqual([
      'id:too_small',
      'amount:invalid_type',
      'placed:invalid_type',
      'status:invalid_value',
      'note:invalid_format',
    ]);
    expect(empty!.reasons![1]).toEqual({
      column: 'amount',
      code: 'invalid_type',
      message: 'expected a number, found none',
      value: null,
    });
  });

  test('in JSON they name the type that was found', async () => {
    const rows = await decoded(engine, z.object({ a: z.string(), b: z.array(z.int()) }), [['n1', 'o{}'], ['znull', ''], ['sx', 'a["x"]']], { tagged: true }); // prettier-ignore
    expect(rows.map(({ reasons }) => reasons!.map(({ message, value }) => [message, value]))).toEqual([
      [['expected a text, found a number', '1'], ['expected a list, found an object', '{}']],
      [['expected a text, found null', null], ['expected a list, found nothing', null]],
      [['at []: expected a number, found a text', '["x"]']],
    ]); // prettier-ignore
  });

  test('and are the same, whether or not every field of a row has the type that its column takes', async () => {
    const row = z.object({
      a: z.string().max(3),
      b: z.int().min(2).nullable(),
      c: z.boolean().default(true),
      d: decimal(5, 2),
    });
    const given = [
      ['sx', 'n2', 'btrue', 'n1.5'], ['sxxxx', 'n1', 'bfalse', 'n1.555'], // the usual types
      ['sx', 'znull', 'btrue', 'n1.5'], ['sx', 'n2', '', 's1.50'], ['zn', 'z', 'ztrue', ''], ['n2', 's2', 'n1', 'o{}'],
    ]; // prettier-ignore
    const together = await decoded(engine, row, given, { tagged: true });
    const alone = [];
    for (const one of given) alone.push(...(await decoded(engine, row, [one], { tagged: true })));
    expect(together).toEqual(alone);
    expect(together.map(({ values, reasons }) => [Object.values(values).join(), codes(reasons)])).toEqual([
      ['x,2,true,1.50', null],
      [',,false,', ['a:too_big', 'b:too_small', 'd:decode']],
      ['x,,true,1.50', null],
      ['x,2,true,1.50', null],
      [',,,', ['a:invalid_type', 'c:invalid_type', 'd:invalid_type']],
      [',,,', ['a:invalid_type', 'b:invalid_type', 'c:invalid_type', 'd:invalid_type']],
    ]);
  });

  test('a field of two columns is to each what it takes', async () => {
    const row = z.object({ text: z.string(), number: z.int(), other: z.string() });
    const fields = { text: { text: 'f0' }, number: { text: 'f0' }, other: { text: 'f2' } };
    const of = { row, columns: columnsOf(row.shape, 'row'), rules: {}, fields, tagged: true, faulty: false, skip: [] }; // prettier-ignore
    const sql = compileDecode(of).select(`(VALUES ('7', 'x', 's-s'), ('7', 'x', 'n-s')) v(f0, f2, _tags)`);
    // Of one that no column reads, and of one that is read twice, no type is usual.
    expect(sql).toContain(`"_tags" = '??s' AS "_usual"`);
    const rows = await engine.rows(`SELECT text, number, other, len("_reasons") AS reasons FROM (${sql})`);
    expect(rows).toEqual([
      { text: '7', number: null, other: 'x', reasons: 1 },
      { text: null, number: 7, other: 'x', reasons: 1 },
    ]);
  });

  test('the same fault reads the same, whether SQL or zod found it', async () => {
    const rows = await decoded(engine, z.object({ c: z.string().regex(/^.$/).max(3) }), [['abcd'], ['ébcd']]);
    expect(rows[0]!.reasons!.map(({ message }) => message)).toEqual(
      rows[1]!.reasons!.map(({ message }) => message),
    );
    expect(codes(rows[1]!.reasons)).toEqual(['c:invalid_format', 'c:too_big']);
  });

  test('a check that aborts is the last, as in zod', async () => {
    const schema = z.object({ c: z.string().min(2, { abort: true }).regex(/^a/) });
    const rows = await decoded(engine, schema, [['b'], ['bb']]);
    expect(rows.map(({ reasons }) => codes(reasons))).toEqual([['c:too_small'], ['c:invalid_format']]);
  });

  test("the definition's own words stay", async () => {
    const schema = z.object({
      c: z.string().min(3, "it's too short").regex(/^a/),
      n: z.int({ error: 'a number, please' }),
    });
    const rows = await decoded(engine, schema, [['b', '']]);
    expect(rows[0]!.reasons!.map(({ message }) => message)).toEqual([
      "it's too short",
      'expected a text that matches /^a/, found another text',
      'a number, please',
    ]);
  });
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

describe('zod inside the scan', () => {
  async function asked(
    schema: z.ZodObject,
    rows: readonly (readonly string[])[],
    tagged = false,
  ): Promise<string[]> {
    const decode = compiled(schema, { tagged });
    const calls: string[] = [];
    for (const { name, call } of decode.functions) {
      engine.register({ name, call: (text) => (calls.push(text), call(text)) });
    }
    const values = rows.map((row) => `(${row.map((text) => `'${text}'`).join(', ')})`).join(', ');
    const names = rows[0]!.map((_, i) => `f${i}`).join(', ');
    await engine.run(
      `CREATE OR REPLACE TABLE decided AS ${decode.select(`(VALUES ${values}) AS v(${names})`)}`,
    );
    return calls;
  }
  test('is asked only where SQL cannot decide', async () => {
    expect(await asked(z.object({ c: z.string().regex(/^.$/) }), [['a'], ['é'], ['bb'], ['👍']])).toEqual([
      'é',
      '👍',
    ]);
    expect(await asked(z.object({ c: z.string().regex(/^[A-Z]{2}$/).min(1) }), [['DE'], ['é'], ['']])).toEqual([]); // prettier-ignore
    expect(await asked(z.object({ c: z.int().refine((n) => n > 3) }), [['1'], ['x'], ['']])).toEqual(['1']);
  });
  test('is asked once for equal texts', () => {
    let runs = 0;
    const schema = z.string().refine((text) => {
      runs += 1;
      return text === 'a';
    });
    const [fn] = compiled(z.object({ c: schema })).functions;
    runs = 0;
    const answers = ['a', 'b', 'a', 'b'].map((text) => fn!.call(text));
    expect(answers.map((answer) => answer?.[0] ?? null)).toEqual([null, '?', null, '?']);
    expect(runs).toBe(2);
  });
  test('a check that throws, or turns out to be asynchronous, is a reason and not a failed run', async () => {
    const broken = z.string().refine((text) => {
      if (text === 'a') throw new Error("can't read it");
      return text === 'b' ? (Promise.resolve(true) as unknown as boolean) : true;
    });
    const rows = await decoded(engine, z.object({ c: broken }), [['a'], ['b'], ['c']]);
    expect(
      rows.map(({ reasons }) => reasons?.map(({ code, message }) => `${code}: ${message}`) ?? null),
    ).toEqual([
      ["custom: the check failed: can't read it"],
      [expect.stringMatching(/^custom: the check failed: .*(async|Promise)/)],
      null,
    ]);
  });
  test('nor does a text fail the run that is no JSON after all', async () => {
    const rows = await decoded(engine, z.object({ c: z.array(z.int()) }), [['a[1'], ['a[1]']], {
      tagged: true,
    });
    expect(rows.map(({ values, reasons }) => [values['c'], codes(reasons)])).toEqual([
      [null, ['c:custom']],
      ['[1]', null],
    ]);
  });
  test('what zod changes, it changes in the table too', async () => {
    const rows = await decoded(engine, z.object({ c: z.url() }), [[' http://a.b/ '], ['http://a.b'], ['no']]);
    expect(rows.map(({ values, reasons }) => [values['c'], codes(reasons)])).toEqual([
      ['http://a.b/', null], ['http://a.b', null], [null, ['c:invalid_format']],
    ]); // prettier-ignore
  });
});

describe('checks on the row', () => {
  const row = z
    .object({
      a: z.int().max(9),
      b: z.string().min(2).default('xx'),
      c: decimal(5, 2).nullable(),
      d: z.iso.datetime(),
    })
    .refine(({ a, b }) => a !== b.length, { path: ['b'], message: 'as long as a says' })
    .superRefine(({ c, d }, ctx) => {
      if (c === 1.5 && d === '2024-01-01T00:00:00Z') ctx.addIssue({ code: 'custom', message: 'never both' });
    });
  const day = '2024-01-01T01:00:00+01:00';

  test('see the row as zod would, and name the column if they can', async () => {
    const rows = await decoded(engine, row, [
      ['2', 'ab', '', day], ['1', 'ab', '1.50', day], ['2', 'ab', '1.5', day], ['3', 'ab', '2', day],
    ]); // prettier-ignore
    expect(rows.map(({ reasons }) => reasons)).toEqual([
      [{ column: 'b', code: 'custom', message: 'as long as a says', value: 'ab' }],
      [{ column: null, code: 'custom', message: 'never both', value: null }],
      [
        { column: 'b', code: 'custom', message: 'as long as a says', value: 'ab' },
        { column: null, code: 'custom', message: 'never both', value: null },
      ],
      null,
    ]);
  });
  test('run as in zod: after a value out of bounds, not after one that is none', async () => {
    const rows = await decoded(engine, row, [
      ['1', 'x', '', day],
      ['x', 'x', '', day],
    ]);
    expect(rows.map(({ reasons }) => codes(reasons))).toEqual([
      ['b:too_small', 'b:custom'],
      ['a:decode', 'b:too_small'],
    ]);
    const said = row.safeParse({ a: 1, b: 'x', c: null, d: '2024-01-01T00:00:00Z' });
    expect(said.error!.issues.map(({ code }) => code)).toEqual(['too_small', 'custom']);
  });
  test('see what zod made of a value, also of one with faults', async () => {
    const shape = z.object({ a: z.int(), b: z.string().default('x') });
    const whole = z
      .object({ o: shape, u: z.url().max(9) })
      .refine(({ o, u }) => JSON.stringify([o, u]).length < 40);
    const text = `{"a":9007199254740993,"more":"${'x'.repeat(40)}"}`;
    const rows = await decoded(engine, whole, [[`o${text}`, 's  http://a.b  ']], { tagged: true });
    const said = whole.safeParse({ o: JSON.parse(text), u: '  http://a.b  ' });
    expect(codes(rows[0]!.reasons)).toEqual(
      said.error!.issues.map(({ code, path }) => `${String(path[0] ?? 'null')}:${code}`),
    );
    expect(codes(rows[0]!.reasons)).toEqual(['o:too_big', 'u:too_big', 'null:custom']);
  });
  test('are refused where they could not run', () => {
    const wide = z.object({ c: decimal(20, 2) }).refine(() => true);
    expect(() => compiled(wide)).toThrow('more digits');
    expect(() => compiled(z.object({ c: z.int() }).refine(async () => true))).toThrow('synchronous');
    expect(() => compiled(z.object({ c: z.int() }).refine(() => true, { when: () => true }))).toThrow(
      '`when`',
    );
    expect(() => compiled(z.strictObject({ c: z.int() }))).toThrow('z.object()');
  });
});

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
