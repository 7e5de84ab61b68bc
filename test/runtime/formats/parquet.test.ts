/** Parquet through a whole run: values come as they are, and every row of every file is accounted for. */

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { decimal, format, z } from '../../../core/vocabulary.ts';
import { openParquet } from '../../support/parquet.ts';
import { renamed } from '../../support/parquet-names.ts';
import { replacing } from '../../support/pipeline.ts';

const files = openParquet({ chunkBytes: 50_000 });
const { fileOf, load } = files;

test('values of every kind come as they are, by name, nested ones too', async () => {
  const content = await fileOf(`SELECT * FROM (VALUES
    (DATE '2024-02-29', 1::TINYINT, 9007199254740991, 0.1::FLOAT, 0.1::DOUBLE, 1.50::DECIMAL(12,2), 'é"' || chr(10), TRUE, '2024-01-01 10:00:00.123456+02'::TIMESTAMPTZ,
      TIME '01:02:03.5', [1, 2], {'x': 1, 'y': 'q', 'City': 'Köln'}, 'a'::ENUM('a', 'b'), 12345678901234567890123456789012345.678::DECIMAL(38,3), 7),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
    t("on", small, large, single, double, money, text, flag, "at", clock, list, "struct", kind, long, other)`);
  const row = z.object({
    on: z.iso.date().nullable(), small: z.int().nullable(), large: z.bigint().nullable(), single: z.number().optional(),
    double: z.number().nullable(), money: decimal(12, 2).nullable(), text: z.string().nullable(), flag: z.boolean().nullable(),
    at: z.iso.datetime().nullable(), clock: z.iso.time().nullable(), list: z.array(z.int()).nullable(),
    struct: z.object({ x: z.int(), y: z.string() }).nullable(), city: z.string().default('none'), kind: z.enum(['a', 'b']).nullable(),
    long: decimal(38, 3).nullable(), missing: z.string().optional(),
  }); // prettier-ignore
  const { run, rows, said } = await load({ row, decode: { city: 'struct.City' } }, content);
  expect(said).toBe('');
  expect(run.records).toMatchObject({ read: 2, loaded: 2 });
  expect(run.warnings).toEqual(['Fields that no column asks for were ignored: other.']);
  expect(rows).toEqual([
    {
      on: new Date('2024-02-29'), small: 1, large: expect.anything(), single: 0.10000000149011612, double: 0.1, money: expect.anything(), text: 'é"\n', flag: true,
      at: expect.anything(), clock: '01:02:03.5', list: [1n, 2n], struct: { x: 1n, y: 'q' }, city: 'Köln', kind: 'a', long: expect.anything(), missing: null,
    },
    {
      on: null, small: null, large: null, single: null, double: null, money: null, text: null, flag: null, at: null, clock: null, list: null,
      struct: null, city: 'none', kind: null, long: null, missing: null,
    },
  ]); // prettier-ignore
}, 60_000);

test('numbers keep every digit, and instants every microsecond', async () => {
  const content = await fileOf(`SELECT 9007199254740993 AS large, 1.10::DECIMAL(12,2) AS money,
    12345678901234567890123456789012345.678::DECIMAL(38,3) AS long, '2024-01-01 10:00:00.123456+02'::TIMESTAMPTZ AS "at"`);
  const row = z.object({ large: z.string(), money: z.string(), long: z.string(), at: z.string() });
  const typed = z.object({
    large: z.bigint(),
    money: decimal(14, 3),
    long: decimal(38, 3),
    at: z.iso.datetime(),
  });
  const run = await files.box.run(
    replacing({ row: typed, format: format.parquet() }),
    'x.parquet',
    content,
    true,
  );
  expect(run.status).toBe('published');
  const snapshot = (await files.box.world.tables.snapshot(files.box.world.layout.table('t')))!;
  const path = await files.alone.put(
    'table.parquet',
    await readFile(`${files.box.world.layout.table('t')}/${snapshot.files[0]!.path}`),
  );
  expect(
    await files.alone.ask(
      `SELECT large::VARCHAR, money::VARCHAR, long::VARCHAR, "at"::VARCHAR FROM '${path}'`,
    ),
  ).toEqual([
    ['9007199254740993', '1.100', '12345678901234567890123456789012345.678', '2024-01-01 08:00:00.123456+00'],
  ]);
  // As texts they would be changed without a word.
  expect((await load({ row }, content)).said).toMatch(
    /object\.format: .*is BIGINT, and large is of the kind text: only texts fit/,
  );
});

describe('a column', () => {
  const row = z.object({ id: z.int().min(2) });
  test('without a name does no harm, and what the file tells of its values is not believed all the same', async () => {
    const content = renamed(await fileOf(`SELECT i AS id, i AS Q FROM range(1, 4) t(i)`), 'Q', '');
    const { run, rows } = await load({ row }, content);
    expect([rows, run.records]).toEqual([
      [{ id: 2 }, { id: 3 }],
      expect.objectContaining({ read: 3, quarantined: 1 }),
    ]);
    const low = (value: number) => Buffer.from([value, 0, 0, 0, 0, 0, 0, 0]);
    const at = content.lastIndexOf(low(1));
    expect(at).toBeGreaterThan(content.length - 8 - content.readUInt32LE(content.length - 8));
    const wrong = Buffer.from(content);
    for (let i = 0; (i = wrong.indexOf(low(1), i)) !== -1; i += 8) {
      if (i > wrong.length - 8 - wrong.readUInt32LE(wrong.length - 8)) low(2).copy(wrong, i);
    }
    expect((await load({ row }, wrong)).run.records).toMatchObject({ read: 3, quarantined: 1 });
  });

  test.each<[string, string, RegExp]>([
    ['with a name that the engine cannot ask for', '\0', /^object\.header: .*U\+0000/],
    [
      'without a name, beside one of the name that the engine gives it',
      '',
      /^object\.unreadable: .*duplicate column name/,
    ],
  ])('%s refuses the object', async (_, to, message) => {
    const content = renamed(await fileOf(`SELECT 1 AS Q, 1 AS id, 2 AS c0`), 'Q', to);
    const { run, said } = await load({ row: z.object({ id: z.int() }) }, content);
    expect([run.status, said]).toEqual(['rejected', expect.stringMatching(message)]);
  });
});

describe('columns', () => {
  const row = z.object({ id: z.int(), text: z.string() });
  test.each([
    ['SELECT 1 AS id', /no field "text"/],
    [`SELECT 1 AS "ID", 'a' AS text`, /no field "id".*upper and lower case/],
    [`SELECT 1 AS id, {'a': 1} AS "t"`, /no field "text"/],
  ])('that are needed and missing refuse the object: %s', async (query, message) => {
    const { run, said } = await load({ row }, await fileOf(query));
    expect([run.status, said]).toEqual(['rejected', expect.stringMatching(message)]);
    expect(said).toMatch(/^object\.header: /);
  });

  test('of names that differ in case only are told apart, as the engine does not', async () => {
    const content = await readFile(new URL('./files/names.case.parquet', import.meta.url));
    const { rows } = await load(
      { row: z.object({ a: z.int(), A: z.int().optional() }).pick({ a: true }), decode: { a: 'A' } },
      content,
    );
    expect(rows).toEqual([{ a: 2 }]);
    const path = await files.alone.put('names.case.parquet', content);
    expect(await files.alone.value(`SELECT "A" FROM '${path}'`)).toBe(1);
  });
});

test('bad values are quarantined with their rows as JSON, over row groups and chunks', async () => {
  const content = await fileOf(
    `SELECT CASE WHEN i % 50 = 7 THEN -i ELSE i END AS id, CASE WHEN i % 50 = 9 THEN NULL ELSE 'row ' || i END AS text,
      CASE WHEN i % 50 = 11 THEN 'nan'::DOUBLE ELSE i / 4 END AS share FROM range(5000) t(i)`,
    ', ROW_GROUP_SIZE 2048',
  );
  const row = z.object({ id: z.int().min(0), text: z.string(), share: z.number() });
  const { run, rows, rejects } = await load({ row }, content);
  expect(run.records).toMatchObject({ read: 5000, loaded: 4700, quarantined: 300 });
  expect(rows!.reduce((sum, { id }) => sum + (id as number), 0)).toBe(
    (4999 * 5000) / 2 - rejectedIds(rejects),
  );
  expect(
    rejects
      .slice(0, 3)
      .map(({ record, text, reasons }) => [
        record,
        JSON.parse(text),
        reasons.map(({ column, code }) => `${column}:${code}`),
      ]),
  ).toEqual([
    [8, { id: -7, text: 'row 7', share: 1.75 }, ['id:too_small']],
    [10, { id: 9, text: null, share: 2.25 }, ['text:invalid_type']],
    [12, { id: 11, text: 'row 11', share: 'nan' }, ['share:invalid_type']],
  ]);
  expect(rejects.every(({ raw, text }) => raw.toString() === text)).toBe(true);
});

const rejectedIds = (rejects: readonly { text: string }[]): number =>
  rejects.reduce((sum, { text }) => sum + Math.abs((JSON.parse(text) as { id: number }).id), 0);

describe('a damaged file', () => {
  const row = z.object({ id: z.int(), text: z.string() });
  const good = () =>
    fileOf(`SELECT i AS id, md5(i::VARCHAR) AS text FROM range(3000) t(i)`, ', ROW_GROUP_SIZE 2048');
  test.each<[string, (content: Buffer) => Uint8Array, string]>([
    ['cut off', (content) => content.subarray(0, -1), 'object.truncated'],
    ['cut in the middle', (content) => content.subarray(0, content.length >> 1), 'object.truncated'],
    ['of no bytes', () => Buffer.alloc(0), 'object.truncated'],
    ['of its magic number alone', () => Buffer.from('PAR1'), 'object.truncated'],
    ['without a footer', () => Buffer.from('PAR1\0\0\0\0PAR1'), 'object.unreadable'],
    ['that is CSV', () => Buffer.from('id,text\n1,a\n'), 'object.format'],
    [
      'encrypted',
      (content) => Buffer.concat([content.subarray(0, -1), Buffer.from('E')]),
      'object.unreadable',
    ],
    [
      'with a footer elsewhere',
      (content) => (content.writeUInt32LE(2 ** 30, content.length - 8), content),
      'object.unreadable',
    ],
    ['with pages overwritten', (content) => content.fill(0xff, 200, 2000), 'object.unreadable'],
  ])('%s is refused whole', async (_, damage, code) => {
    const { run, said, rows } = await load({ row }, damage(await good()));
    expect([run.status, said.split(':')[0], rows]).toEqual(['rejected', code, undefined]);
  });

  test('is seen by the checksums of its pages, wherever one is changed', async () => {
    const content = await readFile(new URL('./files/pages.checksum.parquet', import.meta.url));
    expect((await load({ row }, content)).run.records).toMatchObject({ read: 20, loaded: 20 });
    // Written by pyarrow: a value of the first row group, one of the second, a text of a dictionary.
    const seven = Buffer.alloc(8);
    seven.writeBigInt64LE(7n);
    const seventeen = Buffer.alloc(8);
    seventeen.writeBigInt64LE(17n);
    for (const at of [content.indexOf(seven), content.indexOf(seventeen), content.indexOf('row 2') + 4]) {
      const changed = content.with(at, content[at]! ^ 1);
      const path = await files.alone.put(`changed.${at}.parquet`, Buffer.from(changed));
      // The engine by itself takes the other value.
      expect(await files.alone.value(`SELECT count(*) FROM '${path}'`)).toBe(20);
      const { run, said } = await load({ row }, changed);
      expect([run.status, said]).toEqual(['rejected', expect.stringMatching(/^object\.checksum: A page of/)]);
    }
  });

  test('may be compressed around', async () => {
    const { gzipSync } = await import('node:zlib');
    expect((await load({ row }, gzipSync(await good()), 'x.parquet.gz')).run.records).toMatchObject({
      read: 3000,
      loaded: 3000,
    });
  });

  test('without rows is a run of none', async () => {
    const { run } = await load({ row }, await fileOf(`SELECT 1 AS id, 'a' AS text WHERE FALSE`));
    expect([run.status, run.records.read, run.warnings]).toEqual([
      'published',
      0,
      ['The object is empty: it has 0 bytes and no records.'],
    ]);
  });
});
