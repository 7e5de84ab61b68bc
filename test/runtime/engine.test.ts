import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIGINT, VARCHAR } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../core/errors.ts';
import { withEngine, type Engine } from '../../runtime/engine.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sluice-engine-test-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

const open = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
  withEngine({ scratch, memoryMb: 512, threads: 2 }, work);

describe('sealed', () => {
  test.each([
    ['a file elsewhere', `SELECT * FROM read_text('/etc/hostname')`],
    ['a way up', (engine: Engine) => `SELECT * FROM read_text('${engine.folder}/../secret.txt')`],
    ['a copy elsewhere', (engine: Engine) => `COPY (SELECT 1) TO '${engine.folder}/../out.csv'`],
    ['an address', `SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')`],
    ['an extension', `INSTALL httpfs`],
    ['loading one', `LOAD httpfs`],
    ['another database', (engine: Engine) => `ATTACH '${engine.folder}/../other.duckdb'`],
    ['unlocking', `SET enable_external_access = true`],
    ['another memory limit', `SET memory_limit = '100GB'`],
  ])('%s is out of reach', async (_, sql) => {
    await writeFile(join(scratch, 'secret.txt'), 'secret');
    await open(async (engine) => {
      await expect(engine.run(typeof sql === 'string' ? sql : sql(engine))).rejects.toThrow(EngineError);
    });
    expect(await readdir(scratch)).toEqual(['secret.txt']);
  });

  test('its own folder is not', async () => {
    await open(async (engine) => {
      await engine.run(`COPY (SELECT 7 AS n) TO '${engine.folder}/a.csv'`);
      expect(await engine.rows(`SELECT n FROM read_csv('${engine.folder}/a.csv')`)).toEqual([{ n: 7 }]);
    });
  });
});

test('nothing is left behind, also after a failure', async () => {
  const folder = await open(async (engine) => {
    await engine.run(`COPY (SELECT 7) TO '${engine.folder}/a.csv'`);
    return engine.folder;
  });
  expect(existsSync(folder)).toBe(false);
  await expect(open(() => Promise.reject(new Error('work failed')))).rejects.toThrow('work failed');
  expect(await readdir(scratch)).toEqual([]);
});

test('a failed statement says what was asked', async () => {
  await open(async (engine) => {
    await expect(engine.run('SELECT nothing')).rejects.toThrow(/nothing.*\nin: SELECT nothing/s);
  });
});

test('whole numbers are numbers, and one that JavaScript cannot hold is refused', async () => {
  await open(async (engine) => {
    expect(await engine.rows('SELECT 9007199254740991::BIGINT AS n')).toEqual([{ n: 9_007_199_254_740_991 }]);
    await expect(engine.rows('SELECT 9007199254740992::BIGINT AS n')).rejects.toThrow(EngineError);
  });
});

test('a function of ours sees every text but null, over many vectors', async () => {
  await open(async (engine) => {
    let calls = 0;
    engine.register({ name: 'twice', call: (text) => (calls++, text === '3' ? null : text + text) });
    const [row] = await engine.rows(
      `SELECT count(*) AS n, count(twice(i)) AS made, count_if(twice(i) = i || i) AS right_ones
FROM (SELECT CASE WHEN i % 10 = 0 THEN NULL ELSE i::VARCHAR END AS i FROM range(10000) r(i))`,
    );
    expect(row).toEqual({ n: 10_000, made: 8999, right_ones: 8999 });
    expect(calls).toBeGreaterThanOrEqual(9000);
  });
});

test('columns are appended whole, over many vectors', async () => {
  await open(async (engine) => {
    await engine.run('CREATE TABLE t (n BIGINT, v VARCHAR)');
    const n = Array.from({ length: 5000 }, (_, i) => BigInt(i));
    await engine.append('t', [BIGINT, VARCHAR], [n, n.map((i) => (i % 2n ? null : `v${i}`))]);
    expect(await engine.rows('SELECT count(*) AS n, sum(n)::BIGINT AS sum, count(v) AS v FROM t')).toEqual([
      { n: 5000, sum: 12_497_500, v: 2500 },
    ]);
  });
});

describe('a statement that calls a function of ours', () => {
  const slow = `SELECT count(twice(i::VARCHAR)) AS n FROM range(20000) r(i)`;
  const twice = { name: 'twice', call: (text: string) => text + text };

  test('is waited for before the engine closes: closing in between would wait for ever', async () => {
    let asked: Promise<unknown> | undefined;
    await open(async (engine) => {
      engine.register(twice);
      asked = engine.rows(slow);
    });
    expect(await asked).toEqual([{ n: 20_000 }]);
  });

  test('runs alone, others follow it in turn, and nothing can be registered meanwhile', async () => {
    await open(async (engine) => {
      engine.register(twice);
      const both = Promise.all([engine.rows(slow), engine.rows(slow)]);
      expect(() => engine.register({ ...twice, name: 'thrice' })).toThrow(EngineError);
      expect(await both).toEqual([[{ n: 20_000 }], [{ n: 20_000 }]]);
    });
  });
});
