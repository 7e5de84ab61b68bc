import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeltaField } from '../../../core/row.ts';
import { literal } from '../../../core/sql.ts';
import { parseExact } from '../../../runtime/delta/exact-json.ts';
import { fileStats } from '../../../runtime/delta/stats.ts';
import type { FileStats } from '../../../runtime/ports.ts';
import { field } from '../../support/conformance/tables.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

let made = 0;
async function statsOf(sql: string, fields: readonly DeltaField[], options = ''): Promise<FileStats> {
  const path = join(engine.folder, `${made++}.parquet`);
  await engine.run(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd ${options})`);
  return fileStats(engine, path, fields);
}

/** The statistics of one column with the given SQL values, as the log's text holds them. */
async function told(type: string, sqlType: string, values: readonly string[]) {
  const rows = values.map((value) => `((${value})::${sqlType})`).join(', ');
  const stats = await statsOf(`SELECT v FROM (VALUES ${rows}) t(v)`, [field('v', type)]);
  const { minValues, maxValues, nullCount } = stats;
  return [JSON.stringify(minValues['v']), JSON.stringify(maxValues['v']), nullCount['v']];
}

describe('the statistics of a file', () => {
  test('are told by type, with values that are awkward', async () => {
    const z40 = 'z'.repeat(40);
    const cases: [string, string, string[], (string | number | undefined)[]][] = [
      ['long', 'BIGINT', ['3', '-1', 'NULL'], ['-1', '3', 1]],
      [
        'long',
        'BIGINT',
        ["'-9223372036854775808'", '9007199254740993'],
        ['-9223372036854775808', '9007199254740993', 0],
      ],
      ['double', 'DOUBLE', ['-1.5', '1e300', '0.1'], ['-1.5', '1e+300', 0]],
      ['double', 'DOUBLE', ['0.0', '5e-324'], ['-0.0', '5e-324', 0]],
      ['double', 'DOUBLE', ["'-0.0'", '-1'], ['-1', '0', 0]],
      ['double', 'DOUBLE', ["'nan'", '1'], [undefined, undefined, 0]],
      ['double', 'DOUBLE', ["'-infinity'", '1', 'NULL'], [undefined, undefined, 1]],
      ['decimal(12,2)', 'DECIMAL(12,2)', ['-0.05', '9999999999.99'], ['-0.05', '9999999999.99', 0]],
      [
        'decimal(38,10)',
        'DECIMAL(38,10)',
        ['1234567890123456789012345678.0123456789', '-0.0000000001'],
        ['-0.0000000001', '1234567890123456789012345678.0123456789', 0],
      ],
      ['decimal(4,4)', 'DECIMAL(4,4)', ['-0.5', '0.1'], ['-0.5000', '0.1000', 0]],
      [
        'decimal(38,38)',
        'DECIMAL(38,38)',
        ['0', '0.1'],
        ['0.00000000000000000000000000000000000000', '0.10000000000000000000000000000000000000', 0],
      ],
      ['boolean', 'BOOLEAN', ['true', 'NULL'], ['true', 'true', 1]],
      ['boolean', 'BOOLEAN', ['true', 'false'], ['false', 'true', 0]],
      ['date', 'DATE', ["'0001-01-01'", "'1969-12-31'"], ['"0001-01-01"', '"1969-12-31"', 0]],
      ['date', 'DATE', ["'0044-03-15 (BC)'", "'2026-11-21'"], [undefined, undefined, 0]],
      ['date', 'DATE', ["'12000-01-01'"], [undefined, undefined, 0]],
      [
        'timestamp',
        'TIMESTAMPTZ',
        ["'1969-12-31 23:59:59.999999+00'", "'2026-11-21 10:00:00.123001+02'"],
        ['"1969-12-31T23:59:59.999Z"', '"2026-11-21T08:00:00.124Z"', 0],
      ],
      [
        'timestamp',
        'TIMESTAMPTZ',
        ["'2026-12-31 23:59:59.9995+00'"],
        ['"2026-12-31T23:59:59.999Z"', '"2027-01-01T00:00:00.000Z"', 0],
      ],
      [
        'timestamp',
        'TIMESTAMPTZ',
        ["'2026-11-21 10:00:00+00'"],
        ['"2026-11-21T10:00:00.000Z"', '"2026-11-21T10:00:00.000Z"', 0],
      ],
      ['timestamp', 'TIMESTAMPTZ', ["'9999-12-31 23:59:59.999999+00'"], [undefined, undefined, 0]],
      ['timestamp', 'TIMESTAMPTZ', ["'infinity'"], [undefined, undefined, 0]],
      ['date', 'DATE', ["'-infinity'", "'2026-11-21'"], [undefined, undefined, 0]],
      ['timestamp', 'TIMESTAMPTZ', ["'12000-01-01 00:00:00+00'"], [undefined, undefined, 0]],
      ['timestamp', 'TIMESTAMPTZ', ["'0044-03-15 (BC) 00:00:00+00'"], [undefined, undefined, 0]],
      ['string', 'VARCHAR', ["''", "'é'", "'z'"], ['""', '"é"', 0]],
      [
        'string',
        'VARCHAR',
        [`'${z40}a'`, `'${z40}b'`],
        [`"${'z'.repeat(32)}"`, `"${'z'.repeat(32)}\u{10FFFF}"`, 0],
      ],
      ['string', 'VARCHAR', [`'${'👍'.repeat(32)}'`], [`"${'👍'.repeat(32)}"`, `"${'👍'.repeat(32)}"`, 0]],
      [
        'string',
        'VARCHAR',
        [`'${'👍'.repeat(33)}'`],
        [`"${'👍'.repeat(32)}"`, `"${'👍'.repeat(32)}\u{10FFFF}"`, 0],
      ],
      ['string', 'VARCHAR', [`'${z40.slice(8)}' || chr(1114111)`], [undefined, undefined, 0]],
      [
        'string',
        'VARCHAR',
        [`repeat('é', 5000)`],
        [`"${'é'.repeat(32)}"`, `"${'é'.repeat(32)}\u{10FFFF}"`, 0],
      ],
      ['string', 'VARCHAR', ['NULL', 'NULL'], [undefined, undefined, 2]],
      ['binary', 'BLOB', ["'x'", 'NULL'], [undefined, undefined, 1]],
    ];
    for (const [type, sqlType, values, expected] of cases) {
      expect([type, values, await told(type, sqlType, values)]).toEqual([type, values, expected]);
    }
  });

  test('say nothing of nested columns, of columns that are not in the file, and of no rows', async () => {
    const fields = [
      field('a', { type: 'struct', fields: [field('b', 'long')] }),
      field('l', { type: 'array', elementType: 'long', containsNull: true }),
      field('n', 'long'),
      field('elsewhere', 'long'),
    ];
    expect(await statsOf('SELECT {b: 1} AS a, [1] AS l, 7::BIGINT AS n', fields)).toEqual({
      minValues: { n: 7 },
      maxValues: { n: 7 },
      nullCount: { n: 0 },
    });
    const none = { minValues: {}, maxValues: {}, nullCount: {} };
    expect(await statsOf('SELECT 1::BIGINT AS n WHERE false', fields)).toEqual(none);
    expect(await statsOf('SELECT {b: 1} AS a', fields.slice(0, 1))).toEqual(none);
  });

  test('go over all row groups, those without a value too', async () => {
    const sql = `SELECT CASE WHEN i < 5000 THEN NULL ELSE i - 20000 END AS n, 'ü' || i AS s FROM range(30000) r(i)`;
    expect(await statsOf(sql, [field('n', 'long'), field('s', 'string')], ', ROW_GROUP_SIZE 4096')).toEqual({
      minValues: { n: -15000, s: 'ü0' },
      maxValues: { n: 9999, s: 'ü9999' },
      nullCount: { n: 5000, s: 0 },
    });
  });

  test('a value without a bound in one row group is within those of no other', async () => {
    const sql = `SELECT CASE WHEN i = 5000 THEN 'nan'::DOUBLE ELSE i END AS d FROM range(9000) r(i)`;
    expect(await statsOf(sql, [field('d', 'double')], ', ROW_GROUP_SIZE 4096')).toEqual({
      minValues: {},
      maxValues: {},
      nullCount: { d: 0 },
    });
  });

  test('where one column cannot be told, no column is: a missing bound loses rows in a reader', async () => {
    const stats = await statsOf(`SELECT 1::BIGINT AS n, 'nan'::DOUBLE AS d`, [
      field('n', 'long'),
      field('d', 'double'),
    ]);
    expect(stats).toEqual({ minValues: {}, maxValues: {}, nullCount: { n: 0, d: 0 } });
  });

  test('numbers that JavaScript would round go through the log unchanged', () => {
    const text = '{"a":9223372036854775807,"b":-0.0,"c":[1234567890123456789.10,0.5],"d":"9007199254740993"}';
    expect(JSON.stringify(parseExact(text))).toBe(text);
    expect(JSON.stringify(JSON.parse(text))).not.toBe(text);
  });

  test('never exclude a row: whatever the values, the engine finds each between the bounds', async () => {
    const some = <T>(value: fc.Arbitrary<T>) =>
      fc.array(fc.option(value, { freq: 6 }), { minLength: 1, maxLength: 12 });
    const sqlText = (value: unknown) => (value === null ? 'NULL' : literal(String(value)));
    const textOf = fc.string({
      unit: fc.constantFrom('a', 'z', 'é', '\u{FFFD}', '👍', '\u{10FFFF}', '\\', ' '),
      maxLength: 300,
    });
    const thousandths = (n: bigint) =>
      `${n < 0n ? '-' : ''}${String(n).replace('-', '').padStart(4, '0')}`.replace(/(...)$/, '.$1');
    const micros = fc.bigInt({ min: -62135596800000000n, max: 253402300799998999n });
    const kinds: [string, string, fc.Arbitrary<unknown>, (value: unknown) => string][] = [
      ['string', 'VARCHAR', textOf, sqlText],
      ['long', 'BIGINT', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), sqlText],
      ['double', 'DOUBLE', fc.double({ noNaN: true, noDefaultInfinity: true }), sqlText],
      [
        'decimal(20,3)',
        'DECIMAL(20,3)',
        fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n }).map(thousandths),
        sqlText,
      ],
      [
        'timestamp',
        'TIMESTAMPTZ',
        micros,
        (value) => (value === null ? 'NULL' : `make_timestamptz(${String(value)})`),
      ],
    ];
    for (const [type, sqlType, arbitrary, toSql] of kinds) {
      await fc.assert(
        fc.asyncProperty(some(arbitrary), async (values) => {
          const [low, high, nulls] = await told(type, sqlType, values.map(toSql));
          expect(nulls).toBe(values.filter((value) => value === null).length);
          if (low === undefined || high === undefined) return;
          const bound = (text: unknown) => {
            const json = String(text);
            return `${literal(json.startsWith('"') ? (JSON.parse(json) as string) : json)}::${sqlType}`;
          };
          const rows = values.map((value) => `(${toSql(value)}::${sqlType})`).join(', ');
          const [outside] = await engine.rows(
            `SELECT count(*) AS n FROM (VALUES ${rows}) t(v) WHERE NOT (v BETWEEN ${bound(low)} AND ${bound(high)})`,
          );
          expect(outside).toEqual({ n: 0 });
        }),
        { seed: 20261121, numRuns: 40 },
      );
    }
  });
});
