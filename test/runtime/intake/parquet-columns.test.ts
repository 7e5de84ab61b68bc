/** Where the fields of a row stand in a Parquet file: by their very names, or by paths into its objects, and nowhere else. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { literal } from '../../../core/sql.ts';
import type { Asked } from '../../../runtime/intake/converter.ts';
import { columnsOf } from '../../../runtime/intake/parquet-columns.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { renamed } from '../../support/parquet-names.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

let files = 0;
/** @param names those of one character that are others in the file. */
async function fileOf(query: string, names: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(engine.folder, `${files++}.parquet`);
  await engine.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet)`);
  let content: Buffer = await readFile(path);
  for (const [name, to] of Object.entries(names)) content = renamed(content, name, to);
  await writeFile(path, content);
  return path;
}

const asked = (from: string, more: Partial<Asked> = {}): Asked => ({
  name: from, from, type: 'int', sql: 'BIGINT', optional: false, omitsNull: false, zoned: false, epoch: false, pii: false, ...more,
}); // prettier-ignore
const optional = (from: string): Asked => asked(from, { optional: true });
const columns = (path: string, ...wanted: readonly Asked[]) =>
  columnsOf(engine, path, { columns: wanted, options: {} });

/** The rows as lines, and which columns of the row are told. */
async function lines(path: string, ...wanted: readonly Asked[]) {
  const found = await columns(path, ...wanted);
  const rows = await engine.rows(`SELECT ${found.line} AS line FROM read_parquet(${literal(path)})`);
  const texts = rows.map((row) => String(row['line']));
  // With its line end.
  for (const text of texts) expect(text.length + 1).toBeGreaterThanOrEqual(found.leastLine);
  return [...texts, Object.keys(found.told).join(' '), found.extra.join(' ')];
}

test('a line has what is asked for, and as text what is not', async () => {
  const path = await fileOf(`SELECT 1 AS a, NULL::INTEGER AS b, NULL::INTEGER AS c, DATE '2024-01-01' AS d`);
  const wanted = [asked('a'), asked('b'), asked('c', { omitsNull: true }), optional('e')];
  expect(await lines(path, ...wanted)).toEqual(['{"a":1,"b":null,"d":"2024-01-01"}', 'a b c', 'd']);
});

test('a line may be of nothing, where nulls stand for that', async () => {
  const path = await fileOf('SELECT NULL::INTEGER AS a');
  expect(await lines(path, asked('a', { omitsNull: true }))).toEqual(['{}', 'a', '']);
});

test('decimals have up to 38 digits, and are refused beyond', async () => {
  const path = await fileOf('SELECT 1::DECIMAL(38,0) AS a');
  expect((await lines(path, asked('a')))[0]).toBe('{"a":1}');
  const content = await readFile(path);
  const start = content.length - 8 - content.readUInt32LE(content.length - 8);
  // The precision is field 8 of the column: 38 and 39, in Thrift's zigzag.
  for (
    let at = content.indexOf(Buffer.of(0x15, 76), start);
    at !== -1;
    at = content.indexOf(Buffer.of(0x15, 76), at)
  )
    content[at + 1] = 78;
  const wide = `${path}.wide`;
  await writeFile(wide, content);
  await expect(columns(wide, asked('a'))).rejects.toMatchObject({
    code: 'object.format',
    message: expect.stringContaining('it has decimals of more than 38 digits, which are not read exactly'),
  });
});

test('a file may have nothing of what is asked for', async () => {
  const path = await fileOf('SELECT 1 AS a');
  expect(await lines(path, optional('b'))).toEqual(['{"a":"1"}', '', 'a']);
  const { values, told, asked: found } = await columns(path);
  expect([[...values], told, found]).toEqual([[], {}, []]);
});

describe('a column of a name that stands twice', () => {
  const twice = () => fileOf('SELECT 1 AS P, 2 AS Q, 3 AS a', { Q: 'P' });
  test('is told once where nobody asks for it', async () => {
    expect(await lines(await twice(), asked('a'))).toEqual(['{"a":3,"P":"1"}', 'a', 'P']);
  });

  test('is refused where it is asked for', async () => {
    await expect(columns(await twice(), asked('P'))).rejects.toMatchObject({
      code: 'object.header',
      message:
        'The header has the field "P" 2 times, and the column P asks for it. Give each field that is needed a name of its own.',
    });
  });
});

test('a column that the engine cannot ask for is refused', async () => {
  await expect(columns(await fileOf('SELECT 1 AS P', { P: '\0' }))).rejects.toMatchObject({
    code: 'object.header',
    message: expect.stringMatching(/U\+0000/),
  });
});

describe('a path', () => {
  const inside = () =>
    fileOf(
      `SELECT {'b': 1, 'B c': {'d': 2}} AS a, {'Q': 3, 'x': 4} AS o, [{'b': 5}] AS l, MAP {'b': 6} AS m, {'p.q': {'r': 7}} AS "s.t"`,
      { Q: 'X' },
    );
  test.each([
    ['a.b', '{"a.b":1,'],
    ['a.B c.d', '{"a.B c.d":2,'],
    ['s.t.p.q.r', '{"s.t.p.q.r":7,'],
  ])('leads to a field of an object: %s', async (from, begin) => {
    const [line, told] = await lines(await inside(), asked(from));
    expect([line!.slice(0, begin.length), told]).toEqual([begin, from]);
  });

  test.each([
    'b.a',
    'a.c',
    'a.B',
    'a.b.c',
    'a.B c.e',
    'A.b',
    'l.b',
    'l.list.b',
    'l.element',
    'm.b',
    'm.key_value',
    'o.x',
    'o.X',
    's.p.q.r',
    's.t.p.r',
  ])('leads nowhere else, and not to what the engine would take: %s', async (from) => {
    const path = await inside();
    const found = await columns(path, optional(from));
    expect([Object.keys(found.told), [...found.values.keys()], found.asked]).toEqual([[], [], []]);
    await expect(columns(path, asked(from))).rejects.toMatchObject({ code: 'object.header' });
  });

  test('gives way to a column of the very name', async () => {
    const path = await fileOf(`SELECT {'b': 1} AS a, 2 AS "a.b"`);
    expect((await lines(path, asked('a.b')))[0]).toBe('{"a.b":2}');
  });
});

test('two columns take a field in one way, or the object is refused', async () => {
  const path = await fileOf('SELECT 1 AS a');
  const two = (more: Partial<Asked>) => columns(path, asked('a'), asked('a', { name: 'b', ...more }));
  expect(Object.keys((await two({})).told)).toEqual(['a', 'b']);
  await expect(two({ omitsNull: true })).rejects.toMatchObject({
    code: 'object.format',
    message:
      'The columns of the row that ask for "a" take it in different ways: as other types, or its nulls as nothing in one and as null in another. Let them be alike.',
  });
});

test('a column of a type that does not fit is refused by both names', async () => {
  await expect(
    columns(await fileOf('SELECT 1.5::DOUBLE AS a'), asked('a', { name: 'b' })),
  ).rejects.toMatchObject({
    code: 'object.format',
    message:
      'The column "a" of the file is DOUBLE, and b is of the kind int: only whole numbers fit without a change.',
  });
});
