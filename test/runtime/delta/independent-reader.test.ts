import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeltaField } from '../../../core/row.ts';
import { literal } from '../../../core/sql.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { DataFile, TableSchema } from '../../../runtime/ports.ts';
import { change, field } from '../../support/conformance/tables.ts';
import { ids, writeDataFile } from '../../support/data-files.ts';
import { independentReader, type IndependentReader } from '../../support/deltalake.ts';
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

const id = field('id', 'long', false);

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
      change('r1', [await writeDataFile(engine, uri, 'r1-0.parquet', schema.fields, rows)], { schema }),
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
        await writeDataFile(
          engine,
          uri,
          `name=${i} ü/day %20/r-${i}.parquet`,
          [id],
          `SELECT ${i}::BIGINT AS id`,
          {
            name,
            day,
          },
        ),
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
      partitions.map((values, i) =>
        writeDataFile(engine, uri, `${i}.parquet`, [id], `SELECT ${i}::BIGINT AS id`, values),
      ),
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
      await writeDataFile(engine, uri, '1.parquet', [id], 'SELECT unnest([1, 2])::BIGINT AS id'),
    ]);
    await commit('r2', 'append', [
      await writeDataFile(engine, uri, '2.parquet', [id], 'SELECT 3::BIGINT AS id'),
    ]);
    expect(ids((await reader.readTable(uri)).rows)).toEqual([1, 2, 3]);
    await commit('r3', 'replace', [
      await writeDataFile(engine, uri, '3.parquet', [id], 'SELECT 4::BIGINT AS id'),
    ]);
    const replaced = await reader.readTable(uri);
    expect(replaced).toMatchObject({ version: 2, rows: [{ id: 4 }], files: [join(uri, '3.parquet')] });
    await commit('r4', 'replace', []);
    expect(await reader.readTable(uri)).toMatchObject({ version: 3, rows: [], files: [] });
  });
});
