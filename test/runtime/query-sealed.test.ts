/** What is out of the reach of queries. */

import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import { openAlone } from '../support/engine-alone.ts';
import { a, alone, aWorld, commit, rows } from '../support/queries.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

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
