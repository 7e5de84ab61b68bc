/** Queries over real tables: what they see, and what they say where they cannot. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import { a, alone, aWorld, commit, field, rows } from '../support/queries.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

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
