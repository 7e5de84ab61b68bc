import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIGINT, VARCHAR } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../core/errors.ts';
import { withEngine, type Engine } from '../../runtime/engine.ts';
import { openAlone } from '../support/engine-alone.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sluice-engine-test-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

const open = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
  withEngine({ scratch, memoryMb: 512, threads: 2 }, work);

describe('sealed', () => {
  type Way = (at: { folder: string; outside: string }) => string;
  const ways: readonly (readonly [string, Way])[] = [
    ['a file elsewhere', () => `SELECT * FROM read_text('/etc/hostname')`],
    ['its bytes', () => `SELECT * FROM read_blob('/etc/hostname')`],
    ['the environment of the process', () => `SELECT * FROM read_text('/proc/self/environ')`],
    ['an address of a file', () => `SELECT * FROM read_text('file:///etc/hostname')`],
    ['a way up', ({ folder }) => `SELECT * FROM read_text('${folder}/../secret.txt')`],
    ['a way through itself and up', ({ folder }) => `SELECT * FROM read_text('${folder}/./../secret.txt')`],
    ['a folder whose name begins like its own', ({ folder }) => `FROM read_text('${folder}x/secret.txt')`],
    ['a link to a file', ({ folder }) => `SELECT * FROM read_text('${folder}/link.txt')`],
    ['a link to a folder', ({ folder }) => `SELECT * FROM read_text('${folder}/links/secret.txt')`],
    ['names elsewhere', () => `SELECT * FROM glob('/etc/*')`],
    ['names above', ({ folder }) => `SELECT * FROM glob('${folder}/../*')`],
    ['facts about a Parquet file elsewhere', () => `SELECT * FROM parquet_metadata('/etc/hostname')`],
    ['a guess at a CSV file elsewhere', () => `SELECT * FROM sniff_csv('/etc/hostname')`],
    ['a copy from elsewhere', () => `CREATE TABLE t (a VARCHAR); COPY t FROM '/etc/hostname'`],
    ['a copy elsewhere', ({ outside }) => `COPY (SELECT 1) TO '${outside}/out.csv'`],
    ['a copy above', ({ folder }) => `COPY (SELECT 1) TO '${folder}/../out.csv'`],
    ['a copy through a link', ({ folder }) => `COPY (SELECT 1) TO '${folder}/links/out.csv'`],
    ['a copy in parts', ({ outside }) =>
      `COPY (SELECT 1 AS a, 2 AS b) TO '${outside}/parts' (FORMAT parquet, PARTITION_BY (a))`],
    ['a copy to the terminal', () => `COPY (SELECT 1) TO '/dev/stdout'`],
    ['all of it elsewhere', ({ outside }) => `EXPORT DATABASE '${outside}/all'`],
    ['another database', ({ outside }) => `ATTACH '${outside}/other.duckdb'`],
    ['an address', () => `SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')`],
    ['an object store', () => `SELECT * FROM 's3://bucket/x.parquet'`],
    ['a variable of the environment', () => `SELECT getenv('PATH')`],
    ['its secrets', () => `SELECT * FROM duckdb_secrets()`],
    ['an extension', () => `INSTALL httpfs`],
    ['one from its own folder', ({ folder }) => `INSTALL httpfs FROM '${folder}'`],
    ['loading one', () => `LOAD httpfs`],
    ['loading one from its own folder', ({ folder }) => `LOAD '${folder}/x.duckdb_extension'`],
    ['unlocking', () => `SET lock_configuration = false`],
    ['unlocking by a reset', () => `RESET lock_configuration`],
    ['access', () => `SET enable_external_access = true`],
    ['access by a reset', () => `RESET enable_external_access`],
    ['more folders', () => `SET allowed_directories = ['/']`],
    ['more files', () => `SET GLOBAL allowed_paths = ['/etc/hostname']`],
    ['another memory limit', () => `SET memory_limit = '100GB'`],
    ['the same as a pragma', () => `PRAGMA memory_limit = '100GB'`],
    ['more threads', () => `SET threads = 64`],
    ['another place to spill', () => `SET temp_directory = '/tmp'`],
    ['another time zone', () => `SET TimeZone = 'Europe/Berlin'`],
    ['a log of its statements', ({ outside }) => `SET log_query_path = '${outside}/log'`],
    ['a profile of them', ({ outside }) => `SET profiling_output = '${outside}/profile'`],
  ]; // prettier-ignore

  test.each(ways)('%s is out of reach', async (_, sql) => {
    await writeFile(join(scratch, 'secret.txt'), 'secret');
    await open(async (engine) => {
      await symlink(join(scratch, 'secret.txt'), join(engine.folder, 'link.txt'));
      await symlink(scratch, join(engine.folder, 'links'));
      await mkdir(`${engine.folder}x`);
      await writeFile(`${engine.folder}x/secret.txt`, 'secret');
      await expect(engine.run(sql({ folder: engine.folder, outside: scratch }))).rejects.toThrow(EngineError);
      await rm(`${engine.folder}x`, { recursive: true });
    });
    expect(await readdir(scratch)).toEqual(['secret.txt']);
  });

  test('without the seal it reads, writes and attaches whatever the process may', async () => {
    await writeFile(join(scratch, 'secret.txt'), 'secret');
    const alone = await openAlone();
    try {
      expect(await alone.value(`SELECT content FROM read_text('${scratch}/secret.txt')`)).toBe('secret');
      expect(await alone.value(`SELECT count(*) > 0 FROM glob('/etc/*')`)).toBe(true);
      await alone.ask(`COPY (SELECT 1) TO '${scratch}/out.csv'`);
      await alone.ask(`ATTACH '${scratch}/other.duckdb'`);
      expect(await readdir(scratch)).toEqual(expect.arrayContaining(['other.duckdb', 'out.csv']));
      await alone.ask(`SET memory_limit = '99GB'`);
      expect(await alone.value(`SELECT current_setting('memory_limit')`)).toBe('92.2 GiB');
    } finally {
      await alone.close();
    }
  });

  test('its own folder is not', async () => {
    await open(async (engine) => {
      await engine.run(`COPY (SELECT 7 AS n) TO '${engine.folder}/a.csv'`);
      expect(await engine.rows(`SELECT n FROM read_csv('${engine.folder}/a.csv')`)).toEqual([{ n: 7 }]);
    });
  });
});

describe('limits', () => {
  const endless = 'SELECT count(*) AS n FROM range(1000000000000) r(i) WHERE i * i % 7 = 3';
  const named = (words: RegExp) =>
    expect.objectContaining({ name: 'LimitExceededError', message: expect.stringMatching(words) });

  test('a statement that runs longer than the engine may is interrupted, and named', async () => {
    const asked = withEngine({ scratch, memoryMb: 512, threads: 2, seconds: 0.05 }, async (engine) => {
      const late = named(/longer than 0\.05 seconds \(the limit stageSeconds.*in: SELECT/s);
      await expect(engine.rows(endless)).rejects.toThrow(late);
      await expect(engine.run('SELECT 1')).rejects.toThrow(late);
      return engine.numbers(endless);
    });
    await expect(asked).rejects.toThrow(named(/stageSeconds/));
    expect(await readdir(scratch)).toEqual([]);
  });

  test('a function of ours that takes its time is interrupted between its vectors', async () => {
    await withEngine({ scratch, memoryMb: 512, threads: 2, seconds: 0.05 }, async (engine) => {
      engine.register({ name: 'echo', call: (text) => text });
      const slow = 'SELECT count(echo(i::VARCHAR)) AS n FROM range(1000000000) r(i)';
      await expect(engine.rows(slow)).rejects.toThrow(named(/stageSeconds/));
    });
  });

  test('a limit longer than a timer waits is none that is over at once', async () => {
    await withEngine({ scratch, memoryMb: 512, threads: 2, seconds: Infinity }, async (engine) => {
      expect(await engine.rows('SELECT count(*) AS n FROM range(3000000) r(i) WHERE i >= 0')).toEqual([
        { n: 3_000_000 },
      ]);
    });
  });

  test('a statement that needs more memory than the engine has is one that passes a limit', async () => {
    const hungry = `SELECT length(string_agg(repeat('x', 1000) || i)) AS n FROM range(100000) r(i)`;
    await withEngine({ scratch, memoryMb: 40, threads: 2 }, async (engine) => {
      const full = named(/more than its 40 MB of memory \(memoryMb.*Out of Memory Error/s);
      await expect(engine.rows(hungry)).rejects.toThrow(full);
      expect(await engine.rows('SELECT 1 AS n')).toEqual([{ n: 1 }]);
    });
    await open(async (engine) => expect(await engine.rows(hungry)).toEqual([{ n: expect.any(Number) }]));
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

describe('U+FEFF, which the library drops at the start of a text that JavaScript reads', () => {
  const texts = ['\ufeff', '\ufeff\ufeff', '\ufeffid', 'a\ufeff', `\ufeff${'long '.repeat(10)}`];
  const list = `(VALUES ${texts.map((text) => `('${text}')`).join(', ')}) t(v)`;

  test('is seen by a function of ours', async () => {
    await open(async (engine) => {
      const seen: string[] = [];
      engine.register({ name: 'seen', call: (text) => (seen.push(text), text) });
      const same = await engine.rows(`SELECT count_if(seen(v) = v) AS n FROM ${list}`);
      expect(seen).toEqual(texts);
      expect(same).toEqual([{ n: texts.length }]);
    });
  });

  test('is in rows, beside NULL and other types', async () => {
    await open(async (engine) => {
      expect((await engine.rows(`SELECT v FROM ${list}`)).map((row) => row['v'])).toEqual(texts);
      expect(
        await engine.rows(`SELECT NULL::VARCHAR AS a, 1.5::DOUBLE AS b, [1]::BIGINT[] AS c, true AS d`),
      ).toEqual([{ a: null, b: 1.5, c: [1n], d: true }]);
    });
    const alone = await openAlone();
    expect((await alone.ask(`SELECT v FROM ${list}`)) as string[][]).toEqual(
      texts.map((text) => [text.replace(/^\ufeff/, '')]),
    );
    await alone.close();
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

describe('lanes', () => {
  const own = (name: string) => ({ name, call: (text: string) => text });

  test('are as many as there are processors, on the same tables, as sealed and in the same zone', async () => {
    await open(async (engine) => {
      const lanes = await engine.lanes(8);
      expect(lanes).toHaveLength(2);
      expect(await engine.lanes(0)).toEqual([engine]);
      await engine.run('CREATE TABLE t AS SELECT 7 AS n');
      const [, other] = lanes;
      expect(await other!.rows(`SELECT n, current_setting('TimeZone') AS zone FROM t`)).toEqual([
        { n: 7, zone: 'UTC' },
      ]);
      await expect(other!.rows(`SELECT * FROM read_text('/etc/hostname')`)).rejects.toThrow(EngineError);
    });
  });

  test('run beside each other; one that takes too long is interrupted like any', async () => {
    const endless = 'SELECT count(*) FROM range(1000000000000)';
    const one = withEngine({ scratch, memoryMb: 512, threads: 2, seconds: 0.3 }, async (engine) => {
      const [, other] = await engine.lanes(2);
      const first = other!.run(endless).catch((error: Error) => error.name);
      // In turn this would be asked only when the other has ended.
      const beside = await engine.rows('SELECT 1 AS n');
      return { beside, first: await first };
    });
    expect(await one).toEqual({ beside: [{ n: 1 }], first: 'LimitExceededError' });
  });

  test('and functions of ours exclude each other, whichever comes first', async () => {
    await open(async (engine) => {
      await engine.lanes(2);
      expect(() => engine.register(own('late'))).toThrow(/side by side/);
    });
    await open(async (engine) => {
      engine.register(own('early'));
      await expect(engine.lanes(2)).rejects.toThrow(/functions of ours/);
    });
  });
});

describe('an engine opens while its work goes on', () => {
  test('and is closed where nothing was asked of it', async () => {
    expect(await open(async ({ folder }) => folder)).toContain(scratch);
    expect(await readdir(scratch)).toEqual([]);
  });

  test('with the functions that it was given before', async () => {
    await open(async (engine) => {
      engine.register({ name: 'one', call: () => '1' });
      engine.register({ name: 'two', call: () => '2' });
      expect(await engine.rows(`SELECT one('') AS a, two('') AS b`)).toEqual([{ a: '1', b: '2' }]);
      engine.register({ name: 'three', call: () => '3' });
      expect(await engine.rows(`SELECT three('') AS c`)).toEqual([{ c: '3' }]);
    });
  });

  test('and says why it does not to whoever asks it, and to nobody else', async () => {
    const broken = { scratch, memoryMb: 512, threads: -1 };
    const asked = withEngine(broken, (engine) => engine.run('SELECT 1'));
    await expect(asked).rejects.toMatchObject({ name: 'EngineError', message: /threads/ });
    expect(await withEngine(broken, async () => 'not asked')).toBe('not asked');
    expect(await readdir(scratch)).toEqual([]);
  });
});
