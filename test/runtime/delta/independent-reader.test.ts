import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeltaField } from '../../../core/row.ts';
import { literal } from '../../../core/sql.ts';
import { encodePath } from '../../../runtime/delta/paths.ts';
import { fileStats } from '../../../runtime/delta/stats.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { DataFile, TableSchema } from '../../../runtime/ports.ts';
import { change, field } from '../../support/conformance/tables.ts';
import { independentReader, type IndependentReader, type Row } from '../../support/deltalake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const files = localFiles();
const tables = deltaTables(files);

let reader: IndependentReader;
let engine: OpenEngine;
beforeAll(async () => {
  [reader, engine] = await Promise.all([independentReader(), openEngine()]);
}, 330_000);
afterAll(() => engine.close());
beforeEach(({ skip }) => {
  if (reader.missing !== undefined) skip(reader.missing);
});

let made = 0;

/** Writes a query's rows as a data file at its place in the table. */
async function write(
  uri: string,
  name: string,
  fields: readonly DeltaField[],
  sql: string,
  partitionValues: DataFile['partitionValues'] = {},
): Promise<DataFile> {
  const local = join(engine.folder, `${made++}.parquet`);
  await engine.run(`COPY (${sql}) TO ${literal(local)} (FORMAT parquet, COMPRESSION zstd)`);
  const [counted] = await engine.rows(`SELECT count(*) AS records FROM ${literal(local)}`);
  const stats = await fileStats(engine, local, fields);
  await files.upload(local, `${uri}/${name}`);
  const { size } = (await files.stat(`${uri}/${name}`))!;
  return { path: encodePath(name), size, records: counted!['records'] as number, partitionValues, stats };
}

const id = field('id', 'long', false);
const ids = (rows: readonly Row[]): unknown[] =>
  rows.map((row) => row['id']).sort((a, b) => Number(a) - Number(b));

describe('tables of ours, read by deltalake', () => {
  test('every type comes back as it was, nulls too, with the comments of the columns', async () => {
    const uri = join(await temporaryFolder(), 'every type');
    const struct: DeltaField['type'] = { type: 'struct', fields: [field('a', 'long'), field('b', 'string')] };
    const schema: TableSchema = {
      description: 'Every type – once.',
      partitionBy: [],
      fields: [
        { ...id, metadata: { comment: "It's “the” number" } },
        field('text', 'string'),
        field('double', 'double'),
        field('money', 'decimal(12,2)'),
        field('exact', 'decimal(38,10)'),
        field('flag', 'boolean'),
        field('day', 'date'),
        field('at', 'timestamp'),
        field('raw', 'binary'),
        field('list', { type: 'array', elementType: 'long', containsNull: true }),
        field('struct', struct),
        field('reasons', { type: 'array', elementType: struct, containsNull: false }),
      ],
    };
    const rows = `SELECT * FROM (VALUES
      (9223372036854775807, 'naïve 👍 "quoted", ''and'' \\ more' || chr(10) || chr(9), -0.1::DOUBLE,
       -1234567890.12::DECIMAL(12,2), 1234567890123456789012345678.0123456789::DECIMAL(38,10), true,
       DATE '0001-01-01', TIMESTAMPTZ '1969-12-31 23:59:59.999999+00', '\\x00\\xFF'::BLOB, [1, NULL, 3],
       {a: 1, b: NULL}, [{a: 1, b: 'x'}, {a: NULL, b: 'y'}]),
      (-1, '', 1e300::DOUBLE, 0.00, 0.0000000001, false, DATE '9999-12-31', TIMESTAMPTZ '2026-11-21 10:00:00+02:00',
       ''::BLOB, [], {a: NULL, b: NULL}, []),
      (0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
    ) v(id, text, double, money, exact, flag, day, "at", raw, list, struct, reasons)`;
    await tables.commit(
      uri,
      change('r1', [await write(uri, 'r1-0.parquet', schema.fields, rows)], { schema }),
    );
    const read = await reader.readTable(uri, { filters: [[['id', '!=', 0]]] });
    expect(read.filtered).toEqual([read.rows.slice(0, 2)]);
    expect(read).toMatchObject({ version: 0, description: 'Every type – once.', partitionColumns: [] });
    expect(read.schema.fields).toEqual(schema.fields);
    expect(read.files).toHaveLength(1);
    const nothing = {
      text: null,
      double: null,
      money: null,
      exact: null,
      flag: null,
      day: null,
      at: null,
      raw: null,
    };
    expect(read.rows).toEqual([
      {
        id: '9223372036854775807',
        text: 'naïve 👍 "quoted", \'and\' \\ more\n\t',
        double: -0.1,
        money: '-1234567890.12',
        exact: '1234567890123456789012345678.0123456789',
        flag: true,
        day: '0001-01-01',
        at: '1969-12-31T23:59:59.999999Z',
        raw: '00ff',
        list: [1, null, 3],
        struct: { a: 1, b: null },
        reasons: [
          { a: 1, b: 'x' },
          { a: null, b: 'y' },
        ],
      },
      {
        id: -1,
        text: '',
        double: 1e300,
        money: '0.00',
        exact: '0.0000000001',
        flag: false,
        day: '9999-12-31',
        at: '2026-11-21T08:00:00.000000Z',
        raw: '',
        list: [],
        struct: { a: null, b: null },
        reasons: [],
      },
      { id: 0, ...nothing, list: null, struct: null, reasons: null },
    ]);
  });

  test('partition values of every kind come back, and a filter on them finds its rows', async () => {
    const uri = join(await temporaryFolder(), 'partitioned');
    const names = [
      null,
      'plain',
      'with space',
      'a/b=c%20d',
      'ü 👍',
      "it's #1?",
      'null',
      ' ',
      '__HIVE_DEFAULT_PARTITION__',
    ];
    const days = ['2026-11-21', null, '0001-01-01', '9999-12-31'];
    const schema: TableSchema = {
      description: '',
      partitionBy: ['name', 'day'],
      fields: [id, field('name', 'string'), field('day', 'date')],
    };
    const add: DataFile[] = [];
    const wanted = new Map<number, { name: string | null; day: string | null }>();
    for (const [i, name] of names.entries()) {
      const day = days[i % days.length]!;
      wanted.set(i, { name, day });
      add.push(
        await write(uri, `name=${i} ü/day %20/r-${i}.parquet`, [id], `SELECT ${i}::BIGINT AS id`, {
          name,
          day,
        }),
      );
    }
    await tables.commit(uri, change('r1', add, { schema }));
    const read = await reader.readTable(uri, {
      filters: names.filter((name) => name !== null).map((name) => [['name', '=', name]]),
      queries: [
        ...names.map(
          (name) => `SELECT id FROM t WHERE name ${name === null ? 'IS NULL' : `= ${literal(name)}`}`,
        ),
        `SELECT id FROM t WHERE day = DATE '2026-11-21'`,
        `SELECT id FROM t WHERE day IS NULL`,
        `SELECT id FROM t WHERE day < DATE '1000-01-01'`,
      ],
    });
    expect(new Map(read.rows.map(({ id, name, day }) => [id, { name, day }]))).toEqual(wanted);
    expect(read.filtered.map(ids)).toEqual(names.slice(1).map((_, i) => [i + 1]));
    expect(read.queried.map(ids)).toEqual([...names.map((_, i) => [i]), [0, 4, 8], [1, 5], [2, 6]]);
  });

  test('the numbers, truths and times by which a table may be partitioned', async () => {
    const uri = join(await temporaryFolder(), 'partitioned');
    const partitions: DataFile['partitionValues'][] = [
      { n: '-5', d: '1.50', b: 'true', at: '2026-11-21T10:00:00.123456Z' },
      { n: '9007199254740993', d: '-0.05', b: 'false', at: '1969-12-31T23:59:59.999999Z' },
      { n: null, d: null, b: null, at: null },
    ];
    const schema: TableSchema = {
      description: '',
      partitionBy: ['n', 'd', 'b', 'at'],
      fields: [
        id,
        field('n', 'long'),
        field('d', 'decimal(12,2)'),
        field('b', 'boolean'),
        field('at', 'timestamp'),
      ],
    };
    const add = await Promise.all(
      partitions.map((values, i) => write(uri, `${i}.parquet`, [id], `SELECT ${i}::BIGINT AS id`, values)),
    );
    await tables.commit(uri, change('r1', add, { schema }));
    const read = await reader.readTable(uri, {
      queries: [
        `SELECT id FROM t WHERE at = TIMESTAMPTZ '2026-11-21 10:00:00.123456+00'`,
        'SELECT id FROM t WHERE d < 0',
        'SELECT id FROM t WHERE b',
      ],
    });
    expect(read.rows.toSorted((a, b) => Number(a['id']) - Number(b['id']))).toEqual([
      { id: 0, n: -5, d: '1.50', b: true, at: '2026-11-21T10:00:00.123456Z' },
      { id: 1, n: '9007199254740993', d: '-0.05', b: false, at: '1969-12-31T23:59:59.999999Z' },
      { id: 2, n: null, d: null, b: null, at: null },
    ]);
    expect(read.queried.map(ids)).toEqual([[0], [1], [0]]);
  });

  test('append, replace and an empty replace show what they should', async () => {
    const uri = join(await temporaryFolder(), 't');
    const schema: TableSchema = { description: '', partitionBy: [], fields: [id] };
    const commit = async (run: string, write: 'append' | 'replace', add: readonly DataFile[]) =>
      tables.commit(uri, change(run, add, { schema, write }));
    await commit('r1', 'append', [
      await write(uri, '1.parquet', [id], 'SELECT unnest([1, 2])::BIGINT AS id'),
    ]);
    await commit('r2', 'append', [await write(uri, '2.parquet', [id], 'SELECT 3::BIGINT AS id')]);
    expect(ids((await reader.readTable(uri)).rows)).toEqual([1, 2, 3]);
    await commit('r3', 'replace', [await write(uri, '3.parquet', [id], 'SELECT 4::BIGINT AS id')]);
    const replaced = await reader.readTable(uri);
    expect(replaced).toMatchObject({ version: 2, rows: [{ id: 4 }], files: [join(uri, '3.parquet')] });
    await commit('r4', 'replace', []);
    expect(await reader.readTable(uri)).toMatchObject({ version: 3, rows: [], files: [] });
  });

  test('statistics and partition values let both readers pass over files: they are not even opened', async () => {
    const uri = join(await temporaryFolder(), 't');
    const fields = [id, field('name', 'string'), field('place', 'string')];
    const schema: TableSchema = { description: '', partitionBy: ['place'], fields };
    const add = [
      await write(uri, '1.parquet', fields, `SELECT 1::BIGINT AS id, 'a' AS name`, { place: 'north' }),
      await write(uri, '2.parquet', fields, `SELECT 2::BIGINT AS id, 'b' AS name`, { place: 'north' }),
      await write(uri, '3.parquet', fields, `SELECT 3::BIGINT AS id, 'a' AS name`, { place: 'south' }),
    ];
    await tables.commit(uri, change('r1', add, { schema }));
    const query = `SELECT id FROM t WHERE name < 'b' AND place = 'north'`;
    const filter = [
      ['name', '<', 'b'],
      ['place', '=', 'north'],
    ] as const;
    await files.remove(`${uri}/2.parquet`);
    await files.remove(`${uri}/3.parquet`);
    const { queried, filtered } = await reader.readTable(uri, {
      queries: [query],
      filters: [filter],
      rows: false,
    });
    expect([...queried, ...filtered].map(ids)).toEqual([[1], [1]]);
    await expect(reader.readTable(uri)).rejects.toThrow('2.parquet');
  });

  test('a bound that is missing beside others would lose rows in its Arrow reader', async () => {
    const uri = join(await temporaryFolder(), 't');
    const fields = [id, field('n', 'double')];
    const schema: TableSchema = { description: '', partitionBy: [], fields };
    const rows = `SELECT i::BIGINT AS id, CASE WHEN i = 2 THEN 'nan'::DOUBLE ELSE i END AS n FROM range(1, 4) r(i)`;
    const file = await write(uri, '1.parquet', fields, rows);
    expect(file.stats).toEqual({ minValues: {}, maxValues: {}, nullCount: { id: 0, n: 0 } });
    const careless = { ...file.stats, minValues: { id: 1 }, maxValues: { id: 3 } };
    const filters = [[['n', '<', 10] as const]];
    for (const [run, stats, found] of [
      ['r1', file.stats, [1, 3]],
      ['r2', careless, []],
    ] as const) {
      await tables.commit(uri, change(run, [{ ...file, stats }], { schema }));
      expect((await reader.readTable(uri, { filters })).filtered.map(ids)).toEqual([found]);
      await rm(join(uri, '_delta_log'), { recursive: true });
    }
  });

  test('statistics skip files, and never a row that is there', async () => {
    const uri = join(await temporaryFolder(), 'awkward');
    const long = 'z'.repeat(40);
    const fields = [
      id,
      field('text', 'string'),
      field('double', 'double'),
      field('money', 'decimal(12,2)'),
      field('exact', 'decimal(38,10)'),
      field('day', 'date'),
      field('at', 'timestamp'),
      field('big', 'long'),
      field('flag', 'boolean'),
    ];
    const schema: TableSchema = { description: '', partitionBy: [], fields };
    const values = [
      [
        `'a'`,
        `-0.0`,
        `0.01`,
        `0.0000000001`,
        `DATE '1969-12-31'`,
        `TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'`,
        `-1`,
      ],
      [
        `'${long}a'`,
        `0.0`,
        `-9999999999.99`,
        `-0.0000000001`,
        `DATE '0001-01-01'`,
        `TIMESTAMPTZ '0001-01-01 00:00:00.000001+00'`,
        `9007199254740993`,
      ],
      [
        `'${long}b'`,
        `'nan'`,
        `9999999999.99`,
        `1234567890123456789012345678.0123456789`,
        `DATE '9999-12-31'`,
        `TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'`,
        `-9223372036854775808`,
      ],
      [
        `'ü'`,
        `5e-324`,
        `123456789.1`,
        `123456789012345.6`,
        `DATE '1582-10-10'`,
        `TIMESTAMPTZ '2026-11-21 10:00:00.1234+00'`,
        `9223372036854775807`,
      ],
      [
        `chr(1114111)`,
        `1.7976931348623157e308`,
        `7`,
        `1e21`,
        `DATE '2000-02-29'`,
        `TIMESTAMPTZ '2026-11-21 10:00:00.999999+00'`,
        `9007199254740991`,
      ],
      [`''`, `0.1`, `0`, `1e20`, `DATE '1970-01-01'`, `TIMESTAMPTZ '1970-01-01 00:00:00+00'`, `0`],
      [...Array.from({ length: 6 }, () => 'NULL'), '1'],
    ];
    const row = (i: number) => {
      const [text, double, money, exact, day, at, big] = values[i]! as [string, ...string[]];
      return `SELECT ${i}::BIGINT AS id, ${text}::VARCHAR AS "text", ${double}::DOUBLE AS "double",
        ${money}::DECIMAL(12,2) AS money, ${exact}::DECIMAL(38,10) AS exact, ${day}::DATE AS "day",
        ${at}::TIMESTAMPTZ AS "at", '${big}'::BIGINT AS big, ${i % 2 === 0} AS flag`;
    };
    // Each row alone in a file, and each with its neighbour: every bound is some row's own value.
    const add: DataFile[] = [];
    for (const i of values.keys()) {
      add.push(await write(uri, `${i}.parquet`, fields, row(i)));
      const next = (i + 1) % values.length;
      add.push(await write(uri, `${i}-pair.parquet`, fields, `${row(i)} UNION ALL ${row(next)}`));
    }
    await tables.commit(uri, change('r1', add, { schema }));
    // What a row holds is asked of the reader itself, so that only skipping decides whether the row is found again.
    const { rows } = await reader.readTable(uri);
    const byId = new Map(rows.map((row) => [row['id'], row]));
    expect(rows).toHaveLength(values.length * 3);
    const asked: { id: number; sql: string }[] = [];
    const overArrow: { id: number; filter: [string, string, unknown][] }[] = [];
    for (const [id, found] of byId) {
      for (const { name, type } of fields.slice(1)) {
        const told = condition(name, type as string, found[name]);
        asked.push({ id: id as number, sql: `SELECT id FROM t WHERE ${told}` });
        const plain =
          found[name] !== null && found[name] !== 'nan' && ['text', 'double', 'flag'].includes(name);
        if (plain) overArrow.push({ id: id as number, filter: [[name, '=', found[name]]] });
      }
    }
    expect(asked).toHaveLength(values.length * (fields.length - 1));
    const { queried, filtered } = await reader.readTable(uri, {
      queries: asked.map(({ sql }) => sql),
      filters: overArrow.map(({ filter }) => filter),
    });
    const isLost = ({ id }: { id: number }, found: readonly Row[] = []) =>
      found.filter((row) => row['id'] === id).length !== 3;
    const lost = [
      ...asked.filter((one, i) => isLost(one, queried[i])),
      ...overArrow.filter((one, i) => isLost(one, filtered[i])),
    ];
    expect(overArrow).toHaveLength(18);
    expect(lost).toEqual([]);
  });
});

/** A condition that a value fulfils, in SQL of the reader. */
function condition(name: string, type: string, value: unknown): string {
  const column = `"${name}"`;
  if (value === null) return `${column} IS NULL`;
  if (type === 'string') return `${column} = ${literal(String(value))}`;
  if (type === 'double')
    return value === 'nan' ? `isnan(${column})` : `${column} = CAST('${String(value)}' AS DOUBLE)`;
  if (type === 'boolean') return `${column} = ${String(value)}`;
  const cast =
    { date: 'DATE', timestamp: 'TIMESTAMP WITH TIME ZONE', long: 'BIGINT' }[type] ?? type.toUpperCase();
  const same = `arrow_cast('${String(value)}', '${arrowType(cast)}')`;
  return `${column} = ${same}`;
}

function arrowType(cast: string): string {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(cast);
  if (decimal) return `Decimal128(${decimal[1]}, ${decimal[2]})`;
  return { DATE: 'Date32', BIGINT: 'Int64' }[cast] ?? 'Timestamp(Microsecond, Some("UTC"))';
}
