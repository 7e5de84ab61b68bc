import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { literal } from '../../../core/sql.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { DataFile, TableSchema } from '../../../runtime/ports.ts';
import { change, field } from '../../support/conformance/tables.ts';
import { ids, writeDataFile } from '../../support/data-files.ts';
import { independentReader, type IndependentReader, type Row } from '../../support/deltalake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const files = localFiles();
const tables = deltaTables(files);
const id = field('id', 'long', false);

let reader: IndependentReader;
let engine: OpenEngine;
beforeAll(async () => {
  [reader, engine] = await Promise.all([independentReader(), openEngine()]);
}, 330_000);
afterAll(() => engine.close());
beforeEach(({ skip }) => {
  if (reader.missing !== undefined) skip(reader.missing);
});

describe('filtered reads of our tables by deltalake', () => {
  test('statistics and partition values let both readers pass over files: they are not even opened', async () => {
    const uri = join(await temporaryFolder(), 't');
    const fields = [id, field('name', 'string'), field('place', 'string')];
    const schema: TableSchema = { description: '', partitionBy: ['place'], fields };
    const add = [
      await writeDataFile(engine, uri, '1.parquet', fields, `SELECT 1::BIGINT AS id, 'a' AS name`, {
        place: 'north',
      }),
      await writeDataFile(engine, uri, '2.parquet', fields, `SELECT 2::BIGINT AS id, 'b' AS name`, {
        place: 'north',
      }),
      await writeDataFile(engine, uri, '3.parquet', fields, `SELECT 3::BIGINT AS id, 'a' AS name`, {
        place: 'south',
      }),
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
    const file = await writeDataFile(engine, uri, '1.parquet', fields, rows);
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
      add.push(await writeDataFile(engine, uri, `${i}.parquet`, fields, row(i)));
      const next = (i + 1) % values.length;
      add.push(
        await writeDataFile(engine, uri, `${i}-pair.parquet`, fields, `${row(i)} UNION ALL ${row(next)}`),
      );
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
