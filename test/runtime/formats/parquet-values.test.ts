/** Values of Parquet for a row: types that would change a value refuse the object, what JSON has no word for becomes a text. */

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import { decimal, z } from '../../../core/vocabulary.ts';
import { openParquet } from '../../support/parquet.ts';

const files = openParquet({ chunkBytes: 50_000 });
const { fileOf, load } = files;

describe('a type that would change a value refuses the object', () => {
  const one = (zod: z.ZodType) => z.object({ v: zod });
  test.each<[string, z.ZodType, RegExp, DecodeOptions?]>([
    ['1.5::DOUBLE', z.int(), /DOUBLE, and v is of the kind int/],
    ['1.5::DOUBLE', decimal(9, 2), /decimals of at most 2 digits/],
    ['1.005::DECIMAL(9,3)', decimal(9, 2), /decimals of at most 2 digits/],
    ['9007199254740993', z.number(), /held exactly by a double/],
    ['1.5::DECIMAL(9,2)', z.number(), /held exactly by a double/],
    ['1', z.boolean(), /only BOOLEAN/],
    ['1', z.string(), /only texts/],
    ["'abc'::BLOB", z.iso.date(), /BLOB, and v is of the kind date/],
    ['INTERVAL 1 DAY', z.string(), /INTERVAL, and v is of the kind text/],
    ["'2024-01-01'", z.iso.date(), /only DATE/],
    ["TIMESTAMP '2024-01-01 10:00:00'", z.iso.date(), /only DATE/],
    ["TIMESTAMP '2024-01-01 10:00:00'", z.iso.datetime(), /of no zone/],
    ['1700000000', z.iso.datetime(), /only TIMESTAMP/],
    ["[DATE '2024-01-01']", z.array(z.int()), /a DATE, which JSON has as a text alone/],
    ['[1.10::DECIMAL(9,2)]', z.array(z.number()), /of which only a text keeps every digit/],
    ['[9007199254740993]', z.array(z.number()), /a BIGINT, of which a double does not hold every digit/],
    [
      "MAP {'k': {'n': 1::UBIGINT}}",
      z.object({ k: z.object({ n: z.number() }) }),
      /a UBIGINT, of which a double/,
    ],
    ["['abc'::BLOB]", z.array(z.string()), /a BLOB/],
    ['MAP {1: 1}', z.object({ k: z.int() }), /a MAP; ask for a list of objects with "key" and "value"/],
    ["{'a': MAP {'k': DATE '2024-01-01'}}", z.object({ a: z.object({ k: z.int() }) }), /a DATE/],
    ["[TIMESTAMP_NS '2024-01-01 00:00:00']", z.array(z.string()), /nanoseconds: 'cut'/],
  ])('%s', async (value, zod, message) => {
    const { run, said } = await load({ row: one(zod) }, await fileOf(`SELECT ${value} AS v`));
    expect([run.status, run.records.read]).toEqual(['rejected', null]);
    expect(said).toMatch(/^object\.format: /);
    expect(said).toMatch(message);
  });

  test.each<[string, DecodeOptions, string]>([
    ["TIMESTAMP '2024-07-01 10:00:00'", { zone: 'Europe/Berlin' }, '2024-07-01T08:00:00.000Z'],
    ["TIMESTAMP_NS '2024-07-01 10:00:00.123456'", { zone: 'UTC' }, '2024-07-01T10:00:00.123Z'],
    ['1719828000', { epoch: 'seconds' }, '2024-07-01T10:00:00.000Z'],
  ])('unless the definition says what %s means', async (value, rule, at) => {
    const { rows } = await load(
      { row: one(z.iso.datetime()), decode: { v: rule } },
      await fileOf(`SELECT ${value} AS v`),
    );
    expect(rows).toEqual([{ v: new Date(at) }]);
  });

  test('and nanoseconds, unless they may be cut off; where they can be seen, value by value', async () => {
    const row = one(z.iso.datetime());
    const decode = { v: { zone: 'UTC' } };
    const seen = await fileOf(
      `SELECT * FROM (VALUES (TIMESTAMP_NS '2024-07-01 10:00:00.123456789'), (TIMESTAMP_NS '2024-07-01 10:00:00.1')) t(v)`,
    );
    const { rows, rejects } = await load({ row, decode }, seen);
    expect([rows!.length, rejects.map(({ text }) => text)]).toEqual([
      1,
      ['{"v":"2024-07-01T10:00:00.123456789"}'],
    ]);
    expect((await load({ row, decode, options: { nanoseconds: 'cut' } }, seen)).rows).toHaveLength(2);
    // Written by pyarrow: INT96, of which the engine gives microseconds without a word; 1001 ns and 1000 ns are one.
    const int96 = await readFile(new URL('./files/times.int96.parquet', import.meta.url));
    expect((await load({ row, decode: { v: { from: 'x', zone: 'UTC' } } }, int96)).said).toMatch(
      /object\.format: .*nanoseconds: 'cut'/,
    );
    const cut = await load(
      { row, decode: { v: { from: 'x', zone: 'UTC' } }, options: { nanoseconds: 'cut' } },
      int96,
    );
    expect(cut.rows!.map(({ v }) => (v as Date).getTime())).toEqual([0, 0]);
    const path = await files.alone.put('times.int96.parquet', int96);
    expect(await files.alone.value(`SELECT count(DISTINCT x) FROM '${path}'`)).toBe(1);
  });
});

describe('inside of lists and objects', () => {
  test.each<[string, z.ZodType, unknown]>([
    ["[DATE '1969-12-31', NULL]", z.array(z.iso.date().nullable()), ['1969-12-31', null]],
    [
      "[{'t': '2024-01-01 10:00:00.5+02'::TIMESTAMPTZ, 'l': TIMESTAMP '2024-01-01', 'c': TIME '10:00:00'}]",
      z.array(z.object({ t: z.iso.datetime(), l: z.string(), c: z.iso.time() })),
      [{ t: '2024-01-01T08:00:00.5Z', l: '2024-01-01T00:00:00', c: '10:00:00' }],
    ],
    ["{'d': 1.10::DECIMAL(9,2), 'n': 7::DECIMAL(18,0)}", z.object({ d: z.string(), n: z.int() }), { d: '1.10', n: 7 }],
    ['[9007199254740991::UBIGINT]', z.array(z.int()), [9007199254740991]],
    ['[0.1::FLOAT]', z.array(z.number()), [0.10000000149011612]],
    ["{'x': 4294967295::UINTEGER, 'n': 3.0::DOUBLE}", z.object({ x: z.number(), n: z.int() }), { x: 4294967295, n: 3 }],
    ["MAP {'b': 1, 'a': NULL}", z.array(z.object({ key: z.string(), value: z.int().nullable() })), [{ key: 'b', value: 1 }, { key: 'a', value: null }]],
    ["MAP {1: [DATE '2024-01-01']}", z.array(z.object({ key: z.int(), value: z.array(z.iso.date()) })), [{ key: 1, value: ['2024-01-01'] }]],
    ["MAP {'b': 1, 'a': 2}", z.object({ a: z.int(), c: z.int().optional() }), { a: 2, c: null }],
    ["{'a': MAP {'k': DATE '2024-01-01'}}", z.object({ a: z.object({ k: z.iso.date() }) }), { a: { k: '2024-01-01' } }],
    // What nobody asks for is no reason to refuse what is asked for.
    ["{'a': 1, 'raw': 'x'::BLOB, 'took': INTERVAL 1 DAY, 'm': MAP {1: 2}}", z.object({ a: z.int() }), { a: 1 }],
  ])('%s is told as JSON tells it', async (value, zod, expected) => {
    const content = await fileOf(`SELECT ${value} AS v UNION ALL SELECT NULL`);
    const { rows, said } = await load({ row: z.object({ v: zod.nullable() }) }, content);
    expect(said).toBe('');
    expect(JSON.parse(JSON.stringify(rows, (_, one) => (typeof one === 'bigint' ? Number(one) : one)))).toEqual([{ v: expected }, { v: null }]);
  }); // prettier-ignore
});

test('minus zero keeps its sign, alone and inside of a list', async () => {
  const content = await fileOf(`SELECT -0.0::DOUBLE AS x, [-0.0::DOUBLE, 0, 0.5] AS list`);
  const { rows } = await load({ row: z.object({ x: z.number(), list: z.array(z.number()) }) }, content);
  expect(rows).toEqual([{ x: -0, list: [-0, 0, 0.5] }]);
});

describe('texts of other kinds', () => {
  test('bytes that are UTF-8 are texts, others reject their record', async () => {
    const content = await fileOf(
      "SELECT * FROM (VALUES (1, encode('grüße')), (2, '\\xFF'::BLOB), (3, NULL), (4, ''::BLOB)) t(id, v)",
    );
    const row = z.object({ id: z.int(), v: z.string().nullable() });
    const { rows, rejects } = await load({ row }, content);
    expect(rows).toEqual([{ id: 1, v: 'grüße' }, { id: 3, v: null }, { id: 4, v: '' }]); // prettier-ignore
    expect(rejects.map(({ record, reasons }) => [record, reasons.map(({ code }) => code)])).toEqual([
      [2, ['encoding']],
    ]);
    const alike = await load(
      { row: row.extend({ v: z.string().max(3).nullable() }) },
      await fileOf(`SELECT 1 AS id, 'abcd'::BLOB AS v`),
    );
    expect(alike.rejects.map(({ text }) => text)).toEqual(['{"id":1,"v":"abcd"}']);
  });

  test('JSON is a text, or what it says', async () => {
    const content = await fileOf(`SELECT '{"a": 1}'::JSON AS t, '{"a": 1}'::JSON AS o`);
    const { rows } = await load({ row: z.object({ t: z.string(), o: z.object({ a: z.int() }) }) }, content);
    expect(rows).toEqual([{ t: '{"a": 1}', o: { a: 1n } }]);
  });

  test('and is one of these in one row: it has one place in a line', async () => {
    const content = await fileOf(`SELECT '{"a":1}'::JSON AS v`);
    const row = z.object({ s: z.string(), o: z.object({ a: z.int() }) });
    expect((await load({ row, decode: { s: 'v', o: 'v' } }, content)).said).toMatch(
      /object\.format: The columns of the row that ask for "v" take it in different ways/,
    );
  });

  test('a time of day of UTC is one like others', async () => {
    const content = await fileOf(`SELECT TIMETZ '10:00:00.5+00' AS v`);
    expect((await load({ row: z.object({ v: z.iso.time() }) }, content)).rows).toEqual([{ v: '10:00:00.5' }]);
  });

  test('that are no UTF-8 refuse the object, and no path of this machine is told', async () => {
    const content = await fileOf(`SELECT 'abcQ' AS v`, ', COMPRESSION uncompressed');
    const { run, said } = await load(
      { row: z.object({ v: z.string() }) },
      content.with(content.indexOf('abcQ') + 3, 0xff),
    );
    expect([run.status, said]).toEqual([
      'rejected',
      expect.stringMatching(/^object\.unreadable: .*the file/),
    ]);
    expect(said).not.toContain(files.box.folder);
  });
});
