/** Queries over real tables: what they see, what is out of their reach, and how results are written. */

import { link, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import type { DeltaField } from '../../core/row.ts';
import { localWorld, type LocalWorld } from '../../runtime/local/world.ts';
import { withQuery, type QueryResult } from '../../runtime/query/query.ts';
import { parse } from 'csv-parse/sync';
import { openAlone, type EngineAlone } from '../support/engine-alone.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let alone: EngineAlone;
beforeAll(async () => {
  alone = await openAlone();
});
afterAll(() => alone.close());

async function aWorld(inside = 'out'): Promise<LocalWorld> {
  return localWorld({ out: join(await temporaryFolder(), inside), threads: 2, memoryMb: 512 });
}

const field = (name: string, type: DeltaField['type']): DeltaField => ({
  name,
  type,
  nullable: true,
  metadata: {},
});

interface Part {
  /** SQL of the rows that the file holds, or the path of a file to link; none of the partition columns. */
  readonly rows?: string;
  readonly same?: string;
  readonly values?: Readonly<Record<string, string | null>>;
}

/** Commits a version with files made of SQL by the engine alone. */
async function commit(
  world: LocalWorld,
  name: string,
  fields: readonly DeltaField[],
  parts: readonly Part[],
  { partitionBy = [], write = 'append' }: { partitionBy?: string[]; write?: 'append' | 'replace' } = {},
): Promise<string> {
  const uri = world.layout.table(name);
  const version = ((await world.tables.snapshot(uri))?.version ?? -1) + 1;
  const add = [];
  for (const [i, { rows, same, values = {} }] of parts.entries()) {
    const path = `run-${version}/${i}.parquet`;
    await mkdir(dirname(`${uri}/${path}`), { recursive: true });
    if (same === undefined) await alone.ask(`COPY (${rows}) TO '${uri.replaceAll("'", "''")}/${path}'`);
    else await link(same, `${uri}/${path}`);
    const { size } = await stat(`${uri}/${path}`);
    const stats = { minValues: {}, maxValues: {}, nullCount: {} };
    add.push({ path, size, records: 1, partitionValues: values, stats });
  }
  await world.tables.commit(uri, {
    id: { application: `test/${version}`, version: 1 },
    schema: { fields, partitionBy, description: '' },
    write,
    add,
    supersedes: [],
    operation: 'TEST',
    at: new Date(0),
  });
  return uri;
}

const a = field('a', 'long');

async function text(blocks: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(blocks)).join('');
}

const ask = <T>(world: LocalWorld, sql: string, work: (result: QueryResult) => Promise<T>, asOf?: number) =>
  withQuery(world, sql, asOf === undefined ? {} : { asOf }, work);

/** The rows as objects, by way of JSON. */
async function rows(world: LocalWorld, sql: string, asOf?: number): Promise<unknown[]> {
  const lines = await ask(world, sql, (result) => text(result.json()), asOf);
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

describe('tables', () => {
  test('partition values are columns of their types, at the place that the schema gives them', async () => {
    const world = await aWorld();
    const fields = [
      field('day', 'date'),
      a,
      field('n', 'decimal(5,2)'),
      field('at', 'timestamp'),
      field('we"ird, `name', 'string'),
      field('yes', 'boolean'),
      field('file_path', 'string'),
    ];
    const partitionBy = ['day', 'n', 'at', 'we"ird, `name', 'yes'];
    const full = {
      day: '2026-11-21',
      n: '1.50',
      at: '2026-11-21 10:00:00.25',
      'we"ird, `name': "it's 100% [x]",
      yes: 'true',
    };
    const empty = Object.fromEntries(partitionBy.map((name) => [name, null]));
    const parts = [
      { rows: `SELECT 1::BIGINT AS a, 'x' AS file_path`, values: full },
      { rows: `SELECT 2::BIGINT AS a, NULL::VARCHAR AS file_path`, values: empty },
    ];
    const uri = await commit(world, 't', fields, parts, { partitionBy });
    // Other writers give the empty text for a null.
    const entry = `${uri}/_delta_log/${'0'.repeat(20)}.json`;
    const log = (await readFile(entry, 'utf8')).replace('"day":null', '"day":""');
    await writeFile(entry, log.replace('"yes":null', '"yes":""'));
    expect(await rows(world, 'FROM t ORDER BY a')).toEqual([
      { ...full, a: 1, n: 1.5, at: '2026-11-21T10:00:00.25Z', yes: true, file_path: 'x' },
      { day: null, a: 2, n: null, at: null, 'we"ird, `name': null, yes: null, file_path: null },
    ]);
    expect(await rows(world, `SELECT typeof(COLUMNS(* EXCLUDE file_path)) FROM t WHERE a = 1`)).toEqual([
      {
        day: 'DATE',
        a: 'BIGINT',
        n: 'DECIMAL(5,2)',
        at: 'TIMESTAMP WITH TIME ZONE',
        'we"ird, `name': 'VARCHAR',
        yes: 'BOOLEAN',
      },
    ]);
  });

  test('only files that the log names are read; a table without files has its columns', async () => {
    const world = await aWorld();
    const uri = await commit(world, 't', [a], [{ rows: 'SELECT 1::BIGINT AS a' }]);
    await alone.ask(`COPY (SELECT 99::BIGINT AS a) TO '${uri}/run-0/stray.parquet'`);
    expect(await rows(world, 'FROM t')).toEqual([{ a: 1 }]);
    await commit(world, 't', [a], [], { write: 'replace' });
    expect(await rows(world, 'FROM t')).toEqual([]);
    expect(await rows(world, 'SELECT column_name, column_type FROM (DESCRIBE t)')).toEqual([
      { column_name: 'a', column_type: 'BIGINT' },
    ]);
  });

  test('files that lack a column, or hold it narrower, are read as the schema says', async () => {
    const world = await aWorld();
    const list = { type: 'array', elementType: 'string', containsNull: true } as const;
    const old = 'SELECT 1::INTEGER AS a, 5 AS dropped';
    await commit(
      world,
      't',
      [a, field('l', list)],
      [{ rows: old }, { rows: `SELECT 2::BIGINT AS a, ['x'] AS l` }],
    );
    expect(await rows(world, 'SELECT *, typeof(a) AS t FROM t ORDER BY a')).toEqual([
      { a: 1, l: null, t: 'BIGINT' },
      { a: 2, l: ['x'], t: 'BIGINT' },
    ]);
  });

  test.each(['out', "it's [1] *", 'ünï 😀 {a,b}'])('in a folder called %s', async (inside) => {
    const world = await aWorld(inside);
    await commit(world, 't', [a], [{ rows: 'SELECT 1::BIGINT AS a' }]);
    expect(await rows(world, 'FROM t')).toEqual([{ a: 1 }]);
  });

  test('three thousand files', async () => {
    const world = await aWorld();
    const one = join(await temporaryFolder(), 'one.parquet');
    await alone.ask(`COPY (SELECT 7::BIGINT AS a) TO '${one}'`);
    const parts = Array.from({ length: 3000 }, (_, i) => ({ same: one, values: { p: String(i % 100) } }));
    await commit(world, 't', [a, field('p', 'integer')], parts, { partitionBy: ['p'] });
    expect(await rows(world, 'SELECT count(*) AS n, sum(a) AS s FROM t WHERE p = 42')).toEqual([
      { n: 30, s: 210 },
    ]);
    expect(await rows(world, 'SELECT count(*) AS n, count(DISTINCT p) AS d FROM t')).toEqual([
      { n: 3000, d: 100 },
    ]);
  }, 60_000);

  test('a condition on a partition leaves the rows of other files unread', async () => {
    const world = await aWorld();
    const parts = ['good', 'broken'].map((p) => ({
      rows: 'SELECT 7::BIGINT AS a FROM range(9)',
      values: { p },
    }));
    const uri = await commit(world, 't', [a, field('p', 'string')], parts, { partitionBy: ['p'] });
    const bytes = await readFile(`${uri}/run-0/1.parquet`);
    await writeFile(`${uri}/run-0/1.parquet`, bytes.fill(0xff, 4, 20));
    expect(await rows(world, `SELECT sum(a) AS s FROM t WHERE p = 'good'`)).toEqual([{ s: 63 }]);
    await expect(rows(world, 'SELECT sum(a) AS s FROM t')).rejects.toThrow(UsageError);
  });

  test('the quarantine is there before anything was rejected, by both of its names', async () => {
    const world = await aWorld();
    expect(await rows(world, 'SELECT record FROM quarantine')).toEqual([]);
    expect(await rows(world, `SELECT unnest(reasons).code AS code FROM quarantine.records`)).toEqual([]);
  });

  test('SHOW TABLES names them all, and opens no file', async () => {
    const world = await aWorld();
    for (const name of ['orders', 'people']) {
      const uri = await commit(world, name, [a], [{ rows: 'SELECT 1::BIGINT AS a' }]);
      await rm(`${uri}/run-0/0.parquet`);
    }
    expect(await rows(world, 'SHOW TABLES')).toEqual(
      ['orders', 'people', 'quarantine'].map((name) => ({ name })),
    );
  });

  test('as of a version of one table', async () => {
    const world = await aWorld();
    await commit(world, 't', [a], [{ rows: 'SELECT 1::BIGINT AS a' }]);
    await commit(world, 't', [a], [{ rows: 'SELECT 2::BIGINT AS a' }], { write: 'replace' });
    await commit(world, 'u', [a], [{ rows: 'SELECT 3::BIGINT AS a' }]);
    expect(await rows(world, 'FROM t', 0)).toEqual([{ a: 1 }]);
    expect(await rows(world, 'WITH u AS (FROM t) FROM u JOIN t USING (a)', 1)).toEqual([{ a: 2 }]);
    await expect(rows(world, 'FROM t, u', 0)).rejects.toThrow(
      '--as-of is a version of one table, and the query reads t, u.',
    );
    await expect(rows(world, 'SELECT 1', 0)).rejects.toThrow('the query reads none.');
    await expect(rows(world, 'FROM t, zzz', 0)).rejects.toThrow('There is no table zzz.');
    await expect(rows(world, 'FROM t', 9)).rejects.toThrow(UsageError);
  });
});

describe('errors are one line, and say what to do', () => {
  test.each([
    ['FROM ordres', 'There is no table ordres. Did you mean orders? There are: orders, people, quarantine.'],
    ['FROM lake.peopel', 'There is no table peopel. Did you mean people? There are:'],
    ['FROM zzz', 'There is no table zzz. There are: orders, people, quarantine.'],
    [
      'SELECT b FROM orders',
      'Binder Error: Referenced column "b" not found in FROM clause! Candidate bindings: "a"',
    ],
    [`SELECT CAST('x' || a AS INTEGER) FROM orders`, `Could not convert string 'x1' to INT32`],
    ['SELEC 1', 'The query is not SQL: syntax error at or near "SELEC" (character 1).'],
    ['SELECT $1', 'The query has parameters ($1 or ?); write their values into it.'],
    ['SELECT 1; -- that is all', 'Something follows the semicolon of the query; leave it out.'],
    ['', 'A query is one statement; 0 were given.'],
    ['SELECT 1; SELECT 2', 'A query is one statement; 2 were given.'],
    [
      'INSERT INTO orders VALUES (1)',
      'A query only reads: it starts with SELECT, FROM, WITH, VALUES, TABLE,',
    ],
    ['FROM "../orders"', 'There is no table'],
  ])('%s', async (sql, message) => {
    const world = await aWorld();
    for (const name of ['orders', 'people'])
      await commit(world, name, [a], [{ rows: 'SELECT 1::BIGINT AS a' }]);
    const error = await rows(world, sql).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain('\n');
  });

  test('a file that is gone is named', async () => {
    const world = await aWorld();
    const uri = await commit(world, 't', [a], [{ rows: 'SELECT 1::BIGINT AS a' }]);
    await rm(`${uri}/run-0/0.parquet`);
    await expect(rows(world, 'FROM t')).rejects.toThrow(
      `The file ${uri}/run-0/0.parquet of table t is gone.`,
    );
  });
});

describe('sealed and read-only', () => {
  interface Places {
    readonly live: string;
    readonly stray: string;
    readonly outside: string;
  }
  const ways: readonly (readonly [string, (at: Places) => string])[] = [
    ['a file elsewhere', () => `FROM read_text('/etc/hostname')`],
    ['a file elsewhere by its name', ({ outside }) => `FROM '${outside}/secret.csv'`],
    ['a file that the log does not name', ({ stray }) => `FROM '${stray}'`],
    ['files by a pattern', ({ live }) => `FROM '${dirname(live)}/*.parquet'`],
    ['a live file through a function', ({ live }) => `FROM read_blob('${live}')`],
    ['names', () => `FROM glob('/etc/*')`],
    ['SQL as text', () => `FROM query('FROM t')`],
    ['SQL as text, deep inside', () => `SELECT (SELECT count(*) FROM (WITH x AS (FROM query('FROM t')) FROM x))`],
    ['a table by text', () => `FROM query_table('t')`],
    ['a log of the engine', ({ outside }) => `FROM enable_logging(storage='file', storage_path='${outside}')`],
    ['a profile', ({ outside }) => `FROM enable_profiling(format='json', save_location='${outside}/p.json')`],
    ['a function by its full name', () => `FROM system.main.enable_logging()`],
    ['a copy over a live file', ({ live }) => `COPY (SELECT 1) TO '${live}'`],
    ['a copy in an EXPLAIN', ({ live }) => `EXPLAIN ANALYZE COPY (SELECT 1) TO '${live}'`],
    ['a database', ({ outside }) => `ATTACH '${outside}/x.duckdb'`],
    ['all of it elsewhere', ({ outside }) => `EXPORT DATABASE '${outside}/all'`],
    ['an import', ({ outside }) => `IMPORT DATABASE '${outside}/all'`],
    ['an extension', () => 'INSTALL httpfs'],
    ['loading one', () => 'LOAD httpfs'],
    ['a setting', () => `SET threads = 64`],
    ['a pragma', () => `PRAGMA memory_limit = '100GB'`],
    ['a call', () => 'CALL enable_logging()'],
    ['a change of the view', () => 'CREATE OR REPLACE VIEW lake.t AS SELECT 1'],
    ['its removal', () => 'DROP VIEW t'],
    ['rows', () => 'INSERT INTO partitions.table_0 VALUES (1)'],
    ['a prepared statement', () => `PREPARE p AS COPY (SELECT 1) TO 'x'`],
    ['a second statement', () => 'SELECT 1; SELECT 2'],
    ['a second statement that writes', ({ live }) => `SELECT 1; COPY (SELECT 1) TO '${live}'`],
    ['an end of the parentheses around it', ({ live }) => `SELECT 1) TO '${live}'; --`],
    ['an address', () => `FROM 'http://127.0.0.1:9/x.csv'`],
  ]; // prettier-ignore

  test.each(ways)('%s is refused', async (_, sql) => {
    const world = await aWorld();
    const outside = await temporaryFolder();
    await writeFile(join(outside, 'secret.csv'), 'secret\n1\n');
    const uri = await commit(world, 't', [a], [{ rows: 'SELECT 1::BIGINT AS a' }]);
    const places = { live: `${uri}/run-0/0.parquet`, stray: `${uri}/run-0/stray.parquet`, outside };
    await alone.ask(`COPY (SELECT 99::BIGINT AS a) TO '${places.stray}'`);
    const before = await readFile(places.live);
    await expect(rows(world, sql(places))).rejects.toThrow(UsageError);
    expect(await readFile(places.live)).toEqual(before);
    expect(await readdir(outside)).toEqual(['secret.csv']);
    expect(await readdir(world.scratch)).toEqual([]);
  });

  test('without the look at its functions a SELECT writes, though the engine is locked', async () => {
    const open = await openAlone();
    for (const setting of [
      `SET allowed_directories = ['${open.folder}/']`,
      'SET enable_external_access = false',
      'SET lock_configuration = true',
    ]) {
      expect(await open.ask(setting)).toEqual([]);
    }
    await open.ask(`FROM enable_logging(storage='file', storage_path='${open.folder}')`);
    await open.ask('SELECT 1');
    const written = await readdir(open.folder);
    await open.close();
    expect(written).toContain('duckdb_log_entries.csv');
  });

  test.each([
    ['VALUES (1)', 1],
    ['TABLE t', 1],
    ['WITH x AS (FROM t) SELECT * FROM x;', 1],
    ['SUMMARIZE t', 1],
    ['SHOW t', 1],
    ['PIVOT t ON a IN (1) USING count(*)', 1],
    ['FROM range(3) -- three', 3],
    ['SELECT table_name FROM information_schema.tables', 2],
  ])('%s may be asked', async (sql, n) => {
    const world = await aWorld();
    await commit(world, 't', [a], [{ rows: 'SELECT 1::BIGINT AS a' }]);
    expect((await rows(world, sql)).length).toBeGreaterThanOrEqual(n);
  });
});

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
