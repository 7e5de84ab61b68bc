/** `sluice query` as a person calls it, and as a process between pipes. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query, type QueryCommandOptions } from '../../bin/commands/query.ts';
import { plain } from '../../bin/terminal.ts';
import { UsageError } from '../../core/errors.ts';
import { makeEnvironment, type Environment } from '../support/environment.ts';

/** Without the launcher: a signal is for the process that does the work. */
const sluice = fileURLToPath(new URL('../../bin/sluice.ts', import.meta.url));

let environment: Environment;
beforeAll(async () => {
  environment = await makeEnvironment();
}, 60_000);
afterAll(() => environment.close());

async function call(sql: string, options: Partial<QueryCommandOptions> = {}, isTTY = false) {
  const output = Object.assign(new PassThrough(), { isTTY });
  const read = buffer(output);
  let stderr = '';
  const terminal = {
    cwd: environment.out,
    out: () => undefined,
    err: (words: string) => void (stderr += words),
    paint: plain,
    width: undefined,
    onInterrupt: () => () => undefined,
  };
  const given = { out: '.', format: 'table', raw: false, ...options };
  const status = await query(terminal, sql, given, output).finally(() => output.end());
  return { status, stdout: await read, stderr };
}

const shown = async (sql: string): Promise<string> => String((await call(sql)).stdout);

describe('a table', () => {
  test('lines up, numbers to the right, over lake and quarantine', async () => {
    expect(await shown('SELECT id, name, amount FROM people ORDER BY id')).toBe(
      'id   name    amount\n 1   Ann 1    12.50\n 2   Ann 2    12.50\n 4   Ann 4    12.50\n',
    );
    expect(await shown('SELECT record, "text" FROM quarantine ORDER BY "text"')).toBe(
      'record   text\n     2   x,no id,,\n     2   y,no id,,\n',
    );
  });

  test('nothing in a value or a name acts on the terminal, and a long value is cut', async () => {
    const sql = `SELECT chr(27) || '[2J' || chr(10) || chr(8238) AS "a${'\u001b'}b", NULL AS n, repeat('x', 5000) AS l`;
    expect(await shown(sql)).toBe(
      `a\\x1bb${' '.repeat(17)}n   l\n\\x1b[2J\\n\\u{202e}   NULL   ${'x'.repeat(79)}…\n`,
    );
  });

  test.each([
    [1000, ''],
    [1001, 'These are the first 1,000 rows. All of them: --format csv, json or parquet\n'],
  ])('of %i rows', async (n, said) => {
    const { stdout, stderr } = await call(`FROM range(${n})`);
    expect(String(stdout).split('\n')).toHaveLength(1000 + 2);
    expect(stderr).toBe(said);
  });
});

test('as of an earlier version', async () => {
  const { stdout } = await call('SELECT count(DISTINCT id) AS n FROM people', { asOf: '0', format: 'json' });
  expect(String(stdout)).toBe('{"n":2}\n');
});

test('Parquet goes to a pipe', async () => {
  const { stdout } = await call('FROM people', { format: 'parquet' });
  expect([stdout.subarray(0, 4), stdout.subarray(-4)].map(String)).toEqual(['PAR1', 'PAR1']);
});

test.each([
  [{ format: 'parquet' }, true, 'Parquet is not for a terminal.'],
  [{ format: 'xml' }, false, '--format takes table, json, csv, parquet, not xml.'],
  [{ format: 'constructor' }, false, '--format takes table'],
  [{ raw: true }, false, '--raw is for --format csv'],
  [{ asOf: '-1' }, false, '--as-of takes a version from 0 on, not -1.'],
  [{ asOf: '99' }, false, '99'],
  [{ out: 'elsewhere' }, false, 'elsewhere is no environment'],
] as const)('a wrong call: %o', async (options, isTTY, message) => {
  const error = await call('FROM people', options, isTTY).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(message);
});

test('formulas are made harmless in CSV, unless --raw', async () => {
  const sql = `SELECT '=1' AS x`;
  expect(String((await call(sql, { format: 'csv' })).stdout)).toBe(`x\r\n'=1\r\n`);
  expect(String((await call(sql, { format: 'csv', raw: true })).stdout)).toBe('x\r\n=1\r\n');
});

describe('as a process', () => {
  const scratch = async (): Promise<string[]> => {
    const folder = join(environment.out, 'work', '.scratch');
    return existsSync(folder) ? readdir(folder) : [];
  };
  const start = (sql: string, ...args: string[]) =>
    spawn(process.execPath, [sluice, 'query', sql, '--out', environment.out, ...args]);

  test('a wrong query: exit code 1, one line on stderr', () => {
    const args = [sluice, 'query', 'FROM poeple', '--out', environment.out];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'sluice: There is no table poeple. Did you mean people? There are: people, quarantine.\n',
    );
  });

  test('a reader that leaves early ends it quietly, with nothing left behind', async () => {
    const child = start('FROM range(100000000)', '--format', 'csv');
    const said = text(child.stderr);
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, said: await said }).toEqual({ code: 0, said: '' });
    expect(await scratch()).toEqual([]);
  });

  test('Ctrl-C while the engine works ends it quietly with 130', async () => {
    const child = start(
      `SELECT 1 UNION ALL SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b`,
      '--format',
      'csv',
    );
    const said = text(child.stderr);
    // The header comes before the work.
    child.stdout.once('data', () => child.kill('SIGINT'));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, said: await said }).toEqual({ code: 130, said: '' });
    expect(await scratch()).toEqual([]);
  });

  test('the memory that it takes does not grow with the result', async () => {
    const peak = `process.once('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)))`;
    const preload = `data:text/javascript,${encodeURIComponent(peak)}`;
    const measure = async (rows: number) => {
      const sql = `SELECT range AS n, repeat('x', 100) AS x FROM range(${rows})`;
      const args = ['--max-old-space-size=64', '--import', preload, sluice];
      const child = spawn(process.execPath, [
        ...args,
        'query',
        sql,
        '--out',
        environment.out,
        '--format',
        'csv',
      ]);
      const said = text(child.stderr);
      let bytes = 0;
      for await (const block of child.stdout) bytes += (block as Buffer).length;
      return { bytes, kilobytes: Number(await said) };
    };
    const few = await measure(30_000);
    const many = await measure(3_000_000);
    expect(many.bytes).toBeGreaterThan(300_000_000);
    expect(few.kilobytes).toBeGreaterThan(0);
    expect(many.kilobytes - few.kilobytes).toBeLessThan(200_000);
  }, 300_000);
});
