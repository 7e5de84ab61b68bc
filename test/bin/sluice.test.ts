/** The command line as a process, on real files: exit codes, what stands on which stream, and what a crash leaves. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runResultSchema, type RunResult } from '../../runtime/result.ts';
import { liveFiles } from '../../scripts/live-files.ts';

const launcher = fileURLToPath(new URL('../../bin/sluice.mjs', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-bin-')));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function sluice(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  return { status, stdout, stderr };
}

function put(name: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, name), content);
}

/** A definition of a user, outside of the repository; `refine` is what its own check does. */
const definition = (more: { atMost?: number; refine?: string; extra?: string } = {}): string => `
import { definePipeline, format, sink } from 'sluice';
import { z } from 'zod';

${more.extra ?? ''}
export const people = definePipeline({
  name: 'people',
  owner: 'me@example.com',
  description: 'People: one row each.',
  row: z.object({
    id: z.int(),
    email: z.email().refine((text: string) => { ${more.refine ?? ''}; return !text.endsWith('.invalid'); }),
  }),
  sources: (source) => [source.files({ prefix: 'people/', match: '*.csv', format: format.csv() })],
  gate: { rejected: { atMost: ${more.atMost ?? 0.5} } },
  sinks: () => [sink.lake({ table: 'people', write: 'append' })],
  sla: { latency: '10 minutes' },
});
`;

const good = 'id,email\n1,ada@example.com\n2,grace@example.com\n3,x@example.invalid\n';

/** Each line of stdout as a result; anything else there fails the test. */
function results(stdout: string): RunResult[] {
  expect(stdout.endsWith('\n')).toBe(true);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => runResultSchema.strict().parse(JSON.parse(line)));
}

describe('run', () => {
  test('a definition and files anywhere, named relative to where it was called', () => {
    put('people.ts', definition());
    put('a.csv', good);
    const { status, stdout, stderr } = sluice(['run', './people.ts', 'a.csv']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^people {2}PUBLISHED WITH REJECTS {3}3 read = 2 loaded \+ 1 quarantined \+ 0 filtered \+ 0 deduplicated ✓ {3}\d+\.\d s\n/,
    );
    expect(stdout).toContain(
      '  table  out/lake/people (version 0)   rejects  out/quarantine/records   report  out/reports/people/people-',
    );
    expect(stdout).toContain('e.g. x@example.invalid (record 3)');
    expect(status).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['a.csv', 'out', 'people.ts']);
    expect(readdirSync(join(folder, 'out', 'work', '.scratch'))).toEqual([]);
  });

  test('a directory with each kind of ending: one JSON object each, the worst exit code, the rest on stderr', () => {
    put('people.ts', definition());
    mkdirSync(join(folder, 'in'));
    put('in/1-good.csv', good);
    put('in/2-same.csv', good);
    put('in/3-held.csv', 'id,email\nx,no\ny,no\n');
    put('in/4-cut.csv.gz', gzipSync(good).subarray(0, -10));
    put('in/not-for-us.txt', 'x');
    const { status, stdout, stderr } = sluice(['run', 'people.ts', 'in', '--json', '--out', 'env']);
    expect(results(stdout).map((result) => result.status)).toEqual([
      'published-with-rejects',
      'duplicate',
      'held',
      'rejected',
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('in/3-held.csv');
    expect(stderr).toContain('4 runs');
  });

  test('one file with --json says nothing on stderr', () => {
    put('people.ts', definition());
    put('a.csv', good);
    const { stdout, stderr } = sluice(['run', 'people.ts', 'a.csv', '--json']);
    expect(results(stdout)).toHaveLength(1);
    expect(stderr).toBe('');
  });

  test('a failure: exit code 3, nothing visible, what to do next', () => {
    put('people.ts', definition());
    put('a.csv', good);
    mkdirSync(join(folder, 'out', 'lake'), { recursive: true });
    put('out/lake/people', 'a file where the table should be');
    const { status, stdout } = sluice(['run', 'people.ts', 'a.csv']);
    expect(status).toBe(3);
    expect(stdout).toContain('FAILED');
    expect(stdout).toContain('  next  Nothing became visible');
  });

  test.each([
    ['the file', [] as string[], 'error: missing required argument'],
    ['the pipeline of that name', ['nobody', 'a.csv'], 'There is no pipeline "nobody". There are: flights'],
    ['the file of that name', ['people.ts', 'b.csv'], 'There is no file or directory b.csv.'],
    ['a source for the file', ['people.ts', 'people.ts'], 'they take: *.csv.'],
    ['an option of that name', ['people.ts', 'a.csv', '--jsno'], "unknown option '--jsno'"],
  ])('without %s it is a wrong call: exit code 1, no stack, nothing on stdout', (_what, args, message) => {
    put('people.ts', definition());
    put('a.csv', good);
    const { status, stdout, stderr } = sluice(['run', ...args]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  test('a wrong definition: exit code 1, and what to write instead', () => {
    put('people.ts', definition().replace('z.int()', 'z.coerce.number()'));
    put('a.csv', good);
    const { status, stdout, stderr } = sluice(['run', 'people.ts', 'a.csv']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^sluice: Pipeline "people"/);
    expect(stderr).not.toContain('    at ');
  });

  test('colours only where they are wanted', () => {
    put('people.ts', definition());
    put('a.csv', good);
    const coloured = sluice(['run', 'people.ts', 'a.csv', '--out', 'a'], { FORCE_COLOR: '1' }).stdout;
    const plain = sluice(['run', 'people.ts', 'a.csv', '--out', 'b'], { NO_COLOR: '1' }).stdout;
    expect(coloured).toContain('\u001b[33mPUBLISHED WITH REJECTS\u001b[39m');
    expect(plain).not.toContain('\u001b');
  });
});

describe('a process that ends in the middle', () => {
  const rowsIn = (table: string): number => liveFiles(join(folder, 'out', 'lake', table)).files.length;

  test.each([
    ['SIGINT', 130],
    ['SIGKILL', 1],
  ])('%s: the same command goes on, and loads everything once', (signal, code) => {
    const refine = `if (process.env.STOP && text.startsWith('grace')) process.kill(process.pid, '${signal}')`;
    put('people.ts', definition({ refine }));
    put('a.csv', good);
    const stopped = sluice(['run', 'people.ts', 'a.csv'], { STOP: '1' });
    expect({ status: stopped.status, stdout: stopped.stdout }).toEqual({ status: code, stdout: '' });
    expect(rowsIn('people')).toBe(0);
    const again = sluice(['run', 'people.ts', 'a.csv']);
    expect(again.stdout).toContain('3 read = 2 loaded + 1 quarantined');
    expect(again.status).toBe(0);
    expect(rowsIn('people')).toBe(1);
    expect(sluice(['run', 'people.ts', 'a.csv']).stdout).toContain('DUPLICATE');
    expect(readdirSync(join(folder, 'out', 'work', '.scratch'))).toEqual([]);
  });
});

describe('beside run', () => {
  test('list names the pipelines of the repository', () => {
    const { status, stdout } = sluice(['list']);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^bird-strikes +safety@example\.com +birdstrikes\*\.csv \(csv\) +bird_strikes +Bird strikes/m,
    );
  });

  test('plan shows each rule and where it is checked, and the SQL', () => {
    put('people.ts', definition());
    const { status, stdout } = sluice(['plan', './people.ts']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}column +code +expects +checked by$/m);
    expect(stdout).toMatch(/^ {2}email .* zod$/m);
    expect(stdout).toMatch(/^ {2}id .* sql$/m);
    expect(stdout).toContain('SELECT');
  });

  test('help teaches a pipeline that runs as it stands', () => {
    const { status, stdout } = sluice(['help']);
    expect(status).toBe(0);
    expect(sluice([]).stdout).toBe(stdout);
    const lines = stdout.split('\n');
    const from = lines.findIndex((line) => line.includes('import { definePipeline'));
    const to = lines.findIndex((line) => line.trim() === '});' && lines.indexOf(line) > from);
    const code = lines.slice(from, to + 1).map((line) => line.slice(35));
    const data = lines.slice(from - 1, from + 3).map((line) => line.slice(0, 35).trim());
    put('people.ts', [...code, ''].join('\n'));
    put('people.csv', [...data, ''].join('\n').trimStart());
    const run = sluice(['run', './people.ts', 'people.csv']);
    expect(run.stderr).toBe('');
    expect(run.stdout).toContain('3 read = 1 loaded + 2 quarantined');
  });

  test('an unknown command is a wrong call', () => {
    const { status, stdout } = sluice(['rum', 'movies']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });
});
