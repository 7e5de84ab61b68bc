/** Parquet through a whole run: types that fit come as they are, others are refused, and every row is accounted for. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import type { ParquetOptions } from '../../../core/formats/parquet.ts';
import { decimal, definePipeline, format, sink, z } from '../../../core/vocabulary.ts';
import { openAlone, type EngineAlone } from '../../support/engine-alone.ts';
import { renamed } from '../../support/parquet-names.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

const withoutNumber = (row: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== '_record'));

let box: Sandbox;
let alone: EngineAlone;
beforeAll(async () => {
  [box, alone] = await Promise.all([openSandbox({ chunkBytes: 50_000 }), openAlone()]);
});
afterAll(() => Promise.all([box.close(), alone.close()]));

interface Shape {
  readonly row: z.ZodObject;
  readonly decode?: Record<string, string | DecodeOptions>;
  readonly options?: ParquetOptions;
}

const pipeline = ({ row, decode = {}, options = {} }: Shape) =>
  definePipeline({
    name: 'columns',
    owner: 'test',
    description: 'Rows in columns.',
    row,
    sources: (source) => [
      source.files({
        prefix: 'x/',
        format: format.parquet(options),
        decode: decode as Record<string, never>,
      }),
    ],
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 't', write: 'replace', metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  });

let files = 0;
/** The bytes of a Parquet file with the rows of a query. */
async function fileOf(query: string, options = ''): Promise<Buffer> {
  const path = join(alone.folder, `${files++}.parquet`);
  const said = await alone.ask(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
  if (typeof said === 'string') throw new Error(said);
  return readFile(path);
}

async function load(shape: Shape, content: Uint8Array, name = 'x.parquet') {
  const run = await box.run(pipeline(shape), name, content, true);
  const rows = run.status === 'rejected' ? null : ((await box.table('t', '_record')) ?? []);
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  return { run, rows: rows?.map(withoutNumber), rejects, said: run.error?.message ?? '' };
}

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
  const run = await box.run(pipeline({ row: typed }), 'x.parquet', content, true);
  expect(run.status).toBe('published');
  const snapshot = (await box.world.tables.snapshot(box.world.layout.table('t')))!;
  const path = await alone.put(
    'table.parquet',
    await readFile(`${box.world.layout.table('t')}/${snapshot.files[0]!.path}`),
  );
  expect(
    await alone.ask(`SELECT large::VARCHAR, money::VARCHAR, long::VARCHAR, "at"::VARCHAR FROM '${path}'`),
  ).toEqual([
    ['9007199254740993', '1.100', '12345678901234567890123456789012345.678', '2024-01-01 08:00:00.123456+00'],
  ]);
  // As texts they would be changed without a word.
  expect((await load({ row }, content)).said).toMatch(
    /object\.format: .*is BIGINT, and large is of the kind text: only texts fit/,
  );
});

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
    const path = await alone.put('times.int96.parquet', int96);
    expect(await alone.value(`SELECT count(DISTINCT x) FROM '${path}'`)).toBe(1);
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
    expect(said).not.toContain(box.folder);
  });
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
    const path = await alone.put('names.case.parquet', content);
    expect(await alone.value(`SELECT "A" FROM '${path}'`)).toBe(1);
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
      const path = await alone.put(`changed.${at}.parquet`, Buffer.from(changed));
      // The engine by itself takes the other value.
      expect(await alone.value(`SELECT count(*) FROM '${path}'`)).toBe(20);
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
