/** Parquet taken in by itself: as a file that stays as it is, as lines where only JSON can tell its values, or not at all. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits, type Limits } from '../../../core/limits.ts';
import { literal } from '../../../core/sql.ts';
import type { Asked, Conversion, Kept } from '../../../runtime/intake/converter.ts';
import { parquet } from '../../../runtime/intake/parquet.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

let files = 0;
async function fileOf(query: string, options = ''): Promise<Buffer> {
  const path = join(engine.folder, `made${files++}.parquet`);
  await engine.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet${options})`);
  return readFile(path);
}

const asked = (type: string, sql: string): Asked => ({
  name: 'v', from: 'v', type, sql, optional: false, omitsNull: false, zoned: false, epoch: false, pii: false,
}); // prettier-ignore
const int = asked('int', 'BIGINT');

/** What was kept of it, or its lines; and how many records it says that it has. */
async function converted(
  content: Uint8Array,
  columns: readonly Asked[] = [int],
  limits: Partial<Limits> = {},
) {
  const object = {
    size: content.length,
    async *blocks() {
      yield content;
    },
  };
  let lines: string | undefined;
  let kept: Kept | undefined;
  const conversion = {
    object,
    columns,
    options: {},
    limits: { ...defaultLimits, ...limits },
    inEngine: (work: (own: OpenEngine) => Promise<unknown>) => work(engine),
  };
  const records = await parquet.convert(
    conversion as unknown as Conversion,
    async (blocks) => void (lines = Buffer.concat(await Array.fromAsync(blocks)).toString()),
    async (_, own) => void (kept = own),
  );
  return { lines, kept, records };
}

test.each<[string, string, string]>([
  ['', 'object.truncated', 'The Parquet file has 0 bytes and does not end with "PAR1": it was cut off. Deliver it again.'],
  ['PA', 'object.truncated', 'The Parquet file has 2 bytes and does not end with "PAR1": it was cut off. Deliver it again.'],
  ['PAR1PAR1', 'object.truncated', 'The Parquet file has 8 bytes and does not end with "PAR1": it was cut off. Deliver it again.'],
  ['PAR1 and so on', 'object.truncated', 'The Parquet file has 14 bytes and does not end with "PAR1": it was cut off. Deliver it again.'],
  ['PX', 'object.format', 'Expected a Parquet file, which starts with "PAR1", found something else.'],
  ['a,b\n\0\0\0\0PAR1', 'object.format', 'Expected a Parquet file, which starts with "PAR1", found something else.'],
  ['PAR1\0\0\0\0PARE', 'object.unreadable', 'The Parquet file is encrypted; deliver it as plain Parquet.'],
  ['PARE\0\0\0\0PAR1', 'object.unreadable', 'The Parquet file is encrypted; deliver it as plain Parquet.'],
  ['PARE and so on', 'object.unreadable', 'The Parquet file is encrypted; deliver it as plain Parquet.'],
  ['PAR1\0\0\0\0PAR1', 'object.unreadable', 'The footer of the Parquet file cannot be read: its bytes are damaged. Deliver the file again.'],
])('%j is no file', async (content, code, message) => {
  await expect(converted(Buffer.from(content))).rejects.toMatchObject({ code, message });
}); // prettier-ignore

describe('a file', () => {
  test('stays as it is where its values say what they are, in row groups up to so many bytes', async () => {
    const content = await fileOf('SELECT i AS v FROM range(5000) t(i)', ', ROW_GROUP_SIZE 2048');
    const whole = await converted(content);
    expect([whole.lines, whole.records, whole.kept?.records]).toEqual([undefined, 5000, 5000]);
    expect(whole.kept?.chunks.map(({ records }) => records)).toEqual([5000]);
    const cut = await converted(content, [int], { chunkBytes: 1 });
    expect(cut.kept?.chunks.map(({ first, records }) => [first, records])).toEqual([
      [0, 2048],
      [2048, 2048],
      [4096, 904],
    ]);
    expect(cut.kept?.found.parts).toBe('parquet');
  });

  test('of a column of the name that numbers have is one chunk', async () => {
    const query = 'SELECT i AS v, i AS file_row_number FROM range(5000) t(i)';
    const { kept } = await converted(await fileOf(query, ', ROW_GROUP_SIZE 2048'), [int], { chunkBytes: 1 });
    expect(kept?.chunks.map(({ records }) => records)).toEqual([5000]);
  });

  test('of a column of that name becomes lines in one piece, each once', async () => {
    const query = `SELECT [i, 'nan'::DOUBLE] AS v, 7 AS file_row_number FROM range(5000) t(i)`;
    const content = await fileOf(query, ', ROW_GROUP_SIZE 2048');
    const { lines, records } = await converted(content, [asked('list', 'DOUBLE[]')]);
    const all = Array.from({ length: 5000 }, (_, i) => `{"v":[${i}.0,NaN],"file_row_number":"7"}\n`);
    expect([lines, records]).toEqual([all.join(''), 5000]);
  });

  test.each<[string, string, Asked, Partial<Limits>, string]>([
    ['a number in a list that is none', `['nan'::DOUBLE] AS v`, asked('list', 'DOUBLE[]'), {}, '[NaN]'],
    ['bytes that are no text', `'\\xFF'::BLOB AS v`, asked('text', 'VARCHAR'), {}, String.raw`"\ud800"`],
    ['more fields than a record may have', '1 AS v, 2 AS b', int, { fields: 1 }, '1,"b":"2"'],
    ['more levels than a record may have', '[[1]] AS v', asked('list', 'BIGINT[][]'), { depth: 3 }, '[[1]]'],
    [
      'a key twice, as maps may have',
      `MAP {'a': 1} AS v`,
      asked('struct', 'STRUCT(a BIGINT)'),
      {},
      '{"a":1}',
    ],
    ['JSON', `'[1]'::JSON AS v`, asked('list', 'BIGINT[]'), {}, '[1]'],
  ])('becomes lines where JSON is to say what it is: %s', async (_, value, column, limits, json) => {
    const content = await fileOf(`SELECT ${value}`);
    expect(await converted(content, [column], limits)).toEqual({
      lines: `{"v":${json}}\n`,
      kept: undefined,
      records: 1,
    });
  });

  test.each<[string, string, Asked, Partial<Limits>]>([
    ['numbers in a list', `[1.5::DOUBLE]`, asked('list', 'DOUBLE[]'), {}],
    ['a number by itself that is none', `'nan'::DOUBLE`, asked('number', 'DOUBLE'), {}],
    ['bytes that are a text', `'abc'::BLOB`, asked('text', 'VARCHAR'), {}],
    ['as many levels as a record may have', '[[1]]', asked('list', 'BIGINT[][]'), { depth: 4 }],
  ])('stays as it is with %s', async (_, value, column, limits) => {
    const { lines, kept } = await converted(await fileOf(`SELECT ${value} AS v`), [column], limits);
    expect([lines, kept?.records]).toEqual([undefined, 1]);
  });

  test.each([
    ['VARCHAR', 'text', (word: string) => `'${word}'`],
    ['JSON', 'text', (word: string) => `'"${word}"'::JSON`],
    ['BLOB', 'text', (word: string) => `'${word}'::BLOB`],
    ['VARCHAR[]', 'list', (word: string) => `['${word}']`],
  ])('becomes lines where a text of it may be longer than a record: %s', async (sql, type, of) => {
    const isKept = async (word: string): Promise<boolean> => {
      const column = asked(type, sql.endsWith(']') ? sql : 'VARCHAR');
      const content = await fileOf(`SELECT ${of(word)} AS v`);
      const { lines, kept } = await converted(content, [column], { recordBytes: 3000 });
      expect(lines === undefined || lines.includes(word)).toBe(true);
      return kept !== undefined;
    };
    expect([await isKept('a'), await isKept('a'.repeat(1000))]).toEqual([true, false]);
  });

  test('becomes lines where one of its columns does, by whatever', async () => {
    const columns = [asked('list', 'DOUBLE[]'), { ...asked('text', 'VARCHAR'), name: 'b', from: 'b' }];
    for (const [list, bytes, line] of [
      [`['nan'::DOUBLE]`, `'a'::BLOB`, '{"v":[NaN],"b":"a"}\n'],
      [`[1.5::DOUBLE]`, `'\\xFF'::BLOB`, '{"v":[1.5],"b":"\\ud800"}\n'],
    ])
      expect((await converted(await fileOf(`SELECT ${list} AS v, ${bytes} AS b`), columns)).lines).toBe(line);
  });

  test('of no rows has no lines and no chunks', async () => {
    expect(await converted(await fileOf('SELECT 1 AS v WHERE FALSE'))).toEqual({
      lines: '',
      kept: undefined,
      records: 0,
    });
  });

  test('of lines that are more than the limits allow is refused, whether they are made or not', async () => {
    const content = await fileOf(`SELECT repeat('x', 1000) AS v FROM range(100)`);
    const text = asked('text', 'VARCHAR');
    expect((await converted(content, [text], { decodedBytes: 110_000 })).kept?.records).toBe(100);
    for (const limits of [{}, { recordBytes: 10 }])
      await expect(converted(content, [text], { ...limits, decodedBytes: 100_000 })).rejects.toMatchObject({
        code: 'object.too_large',
      });
  });
});
