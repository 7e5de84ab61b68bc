/** How results of queries are written. */

import { readdir } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { alone, ask, aWorld, rows, text } from '../support/queries.ts';

describe('formats', () => {
  const line = (sql: string) =>
    aWorld().then((world) => ask(world, `SELECT ${sql} AS x`, (result) => text(result.json())));

  test.each([
    ['9223372036854775807', '9223372036854775807'],
    ['170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'],
    [`'12345678901234567890.123456'::DECIMAL(38,6)`, '12345678901234567890.123456'],
    ['0.1::DOUBLE', '0.1'],
    ['1e300::DOUBLE', '1e+300'],
    [`'nan'::DOUBLE`, '"NaN"'],
    [`'-infinity'::FLOAT`, '"-Infinity"'],
    ['NULL', 'null'],
    ['true', 'true'],
    [`'a"b\\' || chr(10) || chr(0) || '😀'`, String.raw`"a\"b\\\n\u0000😀"`],
    [`chr(65279) || 'x'`, '"\uFEFFx"'],
    [`'\\x00\\xFF='::BLOB`, '"00FF3D"'],
    [`TIMESTAMPTZ '2026-11-21 10:00:00.120+02'`, '"2026-11-21T08:00:00.12Z"'],
    [`TIMESTAMPTZ '2026-11-21 10:00:00'`, '"2026-11-21T10:00:00Z"'],
    [`TIMESTAMPTZ '0001-01-01 00:00:00+00'`, '"0001-01-01T00:00:00Z"'],
    [`'infinity'::TIMESTAMPTZ`, '"infinity"'],
    [`TIMESTAMP_NS '2026-11-21 10:00:00.123456789'`, '"2026-11-21T10:00:00.123456789"'],
    [`DATE '2026-11-21'`, '"2026-11-21"'],
    [`[1, NULL]`, '[1,null]'],
    [`NULL::INT[]`, 'null'],
    [`[[1.50::DECIMAL(4,2)], []]`, '[[1.50],[]]'],
    [`[1, 2]::INT[2]`, '[1,2]'],
    [
      `{'k "': TIMESTAMPTZ '2026-01-01', 'n': NULL::BIGINT}`,
      String.raw`{"k \"":"2026-01-01T00:00:00Z","n":null}`,
    ],
    [`MAP {'a': 1}`, '[{"key":"a","value":1}]'],
    [`'{"a" : 1}'::JSON`, '{"a":1}'],
  ])('%s in JSON', async (sql, json) => {
    expect(await line(sql)).toBe(`{"x":${json}}\n`);
  });

  test('CSV by RFC 4180: a null and an empty text differ, formulas are made harmless, numbers are not touched', async () => {
    const world = await aWorld();
    const texts = ['=1+1', '+1', '-1', '@x', '\tx', '\rx', 'a=b', 'q"q', 'l\nl', 'c,c', '', ' s', '’'];
    const values = texts.map((one) => `('${one}', -1, [{'f': '=x'}])`).join(', ');
    const sql = `SELECT c0 AS "=head", c1 AS n, c2 AS nested, NULL AS "null" FROM (VALUES ${values}) t(c0, c1, c2)`;
    const csv = await ask(world, sql, (result) => text(result.csv({ raw: false })));
    const [head, ...read] = parse(csv) as string[][];
    expect(head).toEqual(["'=head", 'n', 'nested', 'null']);
    expect(read).toEqual(texts.map((one, i) => [i < 6 ? `'${one}` : one, '-1', '[{"f":"=x"}]', '']));
    expect(csv).toContain('\r\n"",-1,');
    const raw = await ask(world, sql, (result) => text(result.csv({ raw: true })));
    expect((parse(raw) as string[][]).map(([first]) => first)).toEqual(['=head', ...texts]);
  });

  test('what is no text is no formula, though it begins like one', async () => {
    const world = await aWorld();
    const csv = await ask(world, "SELECT INTERVAL '-1 day' AS x", (result) =>
      text(result.csv({ raw: false })),
    );
    expect(csv).toBe('x\r\n-1 day\r\n');
  });

  test('a null that is alone on its line is a record', async () => {
    const world = await aWorld();
    const csv = await ask(world, 'SELECT NULL AS x FROM range(2)', (result) =>
      text(result.csv({ raw: false })),
    );
    expect(csv).toBe('x\r\n""\r\n""\r\n');
  });

  test('Parquet keeps types, and whole numbers of 128 bits exactly; columns of one name get two', async () => {
    const world = await aWorld();
    const big = '170141183460469231731687303715884105';
    const sql = `SELECT 1 AS a, 'x' AS a, ${big}::HUGEINT AS h`;
    await ask(world, sql, async (result) => {
      const path = await result.parquet();
      expect(await alone.ask(`SELECT column_name, column_type FROM (DESCRIBE FROM '${path}')`)).toEqual([
        ['a', 'INTEGER'],
        ['a_1', 'VARCHAR'],
        ['h', 'DECIMAL(38,0)'],
      ]);
      expect(await alone.value(`SELECT h::VARCHAR FROM '${path}'`)).toBe(big);
    });
    expect(await readdir(world.scratch)).toEqual([]);
  });

  test('the order that the query asks for is the order of the lines', async () => {
    const world = await aWorld();
    const found = (await rows(world, 'SELECT n FROM range(100000) t(n) ORDER BY n DESC')) as { n: number }[];
    expect(found.every(({ n }, i) => n === 99_999 - i)).toBe(true);
    expect(found).toHaveLength(100_000);
  });
});
