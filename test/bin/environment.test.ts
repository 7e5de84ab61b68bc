/** The commands that look at an environment, as a person calls them: runs, show, doctor and clean. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runRecordSchema } from '../../runtime/result.ts';
import { commandLineOn } from '../support/command-line.ts';
import { makeEnvironment, type Environment } from '../support/environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const launcher = fileURLToPath(new URL('../../bin/sluice.mjs', import.meta.url));

let environment: Environment;
beforeAll(async () => {
  environment = await makeEnvironment();
});
afterAll(() => environment.close());

const anEnvironment = () => commandLineOn(environment);

const objects = (stdout: string): any[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('as a process: the runs of all pipelines, newest first, without their definitions', async () => {
  const { cwd } = await anEnvironment();
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'runs'], {
    cwd,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { runs } = environment;
  const newest = ['failed', 'other', 'rejected', 'held', 'again', 'duplicate', 'first'] as const;
  expect(stdout.split('\n')[0]).toMatch(
    /^settled at +run +status +read +loaded +quarantined +held +time +attempt$/,
  );
  expect(stdout.split('\n').slice(1, -1)).toEqual(
    newest.map((ending) =>
      expect.stringMatching(
        ` ${runs[ending].run} +${runs[ending].status.replaceAll('-', ' ').toUpperCase()} `,
      ),
    ),
  );
});

describe('runs', () => {
  test('--json and --limit: whole records, and as many as were asked for', async () => {
    const { call } = await anEnvironment();
    const { stdout } = await call('runs', 'people', '--json', '--limit', '2');
    expect(objects(stdout).map((line) => runRecordSchema.parse(line))).toEqual([
      environment.runs.failed,
      environment.runs.other,
    ]);
  });

  test('an attempt that is not settled stands first, and says how it is', async () => {
    const { cwd, call } = await anEnvironment();
    const { sha256 } = environment.runs.other.objects[0]!;
    await rm(join(cwd, 'out', 'ledger', 'people', 'contents', sha256!, '1.settled.json'));
    const { stdout } = await call('runs');
    expect(stdout.split('\n')[1]).toMatch(/^- .* DECIDED \(publish\) /);
    const [first] = objects((await call('runs', '--json')).stdout);
    expect(first).toMatchObject({ status: 'decided', run: environment.runs.other.run, attempt: 1 });
    const shown = await call('show', environment.runs.other.run);
    expect(shown.stdout).toMatch(/^people {2}DECIDED \(publish\)\n/);
  });

  test('what cannot be read is said, and the rest is listed', async () => {
    const { cwd, call } = await anEnvironment();
    const { sha256 } = environment.runs.other.objects[0]!;
    await writeFile(join(cwd, 'out', 'ledger', 'people', 'contents', sha256!, '1.json'), '{');
    const { status, stdout, stderr } = await call('runs', '--json');
    expect({ status, lines: objects(stdout).length }).toEqual({ status: 0, lines: 7 });
    expect(stderr).toContain('is no entry of the ledger');
  });
});

describe('show', () => {
  test('one run, by its name', async () => {
    const { call } = await anEnvironment();
    const { run, owner } = environment.runs.held;
    const { stdout } = await call('show', run);
    expect(stdout).toContain('people  HELD   2 read = 0 loaded + 1 quarantined');
    expect(stdout).toContain(`  owner       ${owner}\n`);
    expect(stdout).toMatch(/^ {4}✓ +rowCount .*/m);
    expect(objects((await call('show', run, '--json')).stdout)).toEqual([environment.runs.held]);
  });

  test('what its --json prints puts back a lost report and a lost line, as the doctor says', async () => {
    const { cwd, call } = await anEnvironment();
    const { run } = environment.runs.held;
    const history = join(cwd, 'out', 'ledger', 'people', 'history.jsonl');
    const report = join(cwd, 'out', 'reports', 'people', `${run}.json`);
    const lines = (await readFile(history, 'utf8')).split('\n');
    await writeFile(history, lines.filter((line) => !line.includes(run)).join('\n'));
    await rm(report);
    expect((await call('doctor')).status).toBe(2);
    const { stdout } = await call('show', run, '--json');
    await appendFile(history, stdout);
    await writeFile(report, stdout);
    expect((await call('doctor')).status).toBe(0);
  });

  test('a run that only its report knows', async () => {
    const { cwd, call } = await anEnvironment();
    const { run } = environment.runs.duplicate;
    await writeFile(join(cwd, 'out', 'ledger', 'people', 'history.jsonl'), '');
    const { stdout } = await call('show', run);
    expect(stdout).toContain('DUPLICATE');
    expect(stdout).not.toContain('checks');
  });
});

describe('doctor', () => {
  test('all is well: exit code 0 and the sum; with --json one object', async () => {
    const { call } = await anEnvironment();
    expect(await call('doctor')).toEqual({
      status: 0,
      stdout: 'Everything agrees: 7 runs, 1 table, 3 rows.\n',
      stderr: '',
    });
    expect(objects((await call('doctor', '--json')).stdout)).toMatchObject([{ findings: [], rows: 3 }]);
  });

  test('a finding: exit code 2, and a command for this environment and this shell', async () => {
    const { cwd, call } = await anEnvironment();
    await rename(join(cwd, 'out'), join(cwd, "it's"));
    const { run } = environment.runs.rejected;
    await rm(join(cwd, "it's", 'reports', 'people', `${run}.json`));
    const { status, stdout } = await call('doctor', '--out', "it's");
    expect(status).toBe(2);
    expect(stdout).toContain(
      `✗ report  Run ${run} has no report.\n  where  it's/reports/people/${run}.json\n`,
    );
    expect(stdout).toContain(
      `  next   sluice show ${run} --json --out 'it'\\''s' > '${cwd}/it'\\''s/reports/`,
    );
    expect(stdout).toContain('1 finding in 7 runs, 1 table, 3 rows.\n');
  });
});

describe('clean', () => {
  test('--dry-run says what it would remove and removes nothing; without it, the same is removed', async () => {
    const { cwd, call } = await anEnvironment();
    const left = join(cwd, 'out', 'lake', 'people', environment.runs.other.run, 'abcdef-0.parquet');
    await writeFile(left, '1234');
    await mkdir(join(cwd, 'out', 'work', 'people', 'e-1'));
    await writeFile(join(cwd, 'out', 'work', 'people', 'e-1', 'decoded'), 'x'.repeat(1500));
    expect((await call('doctor')).stdout).toContain('· 2 leftovers (1.5 kB) can be removed: sluice clean\n');

    const dry = await call('clean', '--dry-run');
    expect(dry.stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^would remove {2}4 bytes {2}out\/lake\/people\/people-.*\.parquet {2}\(data file of run /,
      ),
      expect.stringMatching(
        /^would remove {2}1\.5 kB {2}out\/work\/people\/e-1\/ {2}\(work of execution e-1, /,
      ),
      'Would remove 2 leftovers, 1.5 kB. Nothing was removed.',
      '',
    ]);
    expect(existsSync(left)).toBe(true);

    const { status, stdout } = await call('clean');
    expect(status).toBe(0);
    expect(stdout).toBe(
      dry.stdout
        .replaceAll('would remove', 'removed')
        .replace('Would remove', 'Removed')
        .replace(' Nothing was removed.', ''),
    );
    expect(existsSync(left)).toBe(false);
    expect((await call('clean')).stdout).toBe('Nothing is left over.\n');
    expect((await call('doctor')).stdout).toBe('Everything agrees: 7 runs, 1 table, 3 rows.\n');
  });
});

test('after a kill: doctor says what to do, clean takes the dead engine away and no more, the next run ends it', async () => {
  const cwd = await temporaryFolder();
  await writeFile(
    join(cwd, 'people.ts'),
    `import { definePipeline, format, sink, z } from 'sluice';
const deadly = (id: number): boolean => { if (process.env.STOP && id === 2) process.kill(process.pid, 'SIGKILL'); return id > 0; };
export const people = definePipeline({
  name: 'people',
  owner: 'me@example.com',
  description: 'People.',
  row: z.object({ id: z.int().refine(deadly) }),
  sources: (source) => [source.files({ prefix: 'people/', match: '*.csv', format: format.csv() })],
  gate: { rejected: { atMost: 0.5 } },
  sinks: () => [sink.lake({ table: 'people', write: 'append' })],
  sla: { latency: '10 minutes' },
});
`,
  );
  await writeFile(join(cwd, 'a.csv'), 'id\n1\n2\n');
  const call = (args: readonly string[], env: Record<string, string> = {}): string =>
    spawnSync(process.execPath, [launcher, ...args], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    }).stdout;
  expect(call(['run', './people.ts', 'a.csv'], { STOP: '1' })).toBe('');
  expect(call(['runs'])).toMatch(/^- .* ABANDONED .*$/m);
  expect(call(['doctor'])).toMatch(
    /^✗ attempt {2}Run people-\S+ was left by execution .*\n.*\n {2}next {3}sluice run \.\/path\/to\/people\.ts \S+\/a\.csv/,
  );
  expect(call(['clean']).split('\n')).toEqual([
    expect.stringMatching(
      /^removed .* out\/work\/\.scratch\/\S+\/ {2}\(engine folder of process \d+, which has ended\)$/,
    ),
    expect.stringMatching(/^Removed 1 leftover, /),
    '',
  ]);
  expect(call(['run', './people.ts', 'a.csv'])).toContain('2 read = 2 loaded');
  expect(call(['doctor'])).toBe('Everything agrees: 2 runs, 1 table, 2 rows.\n');
  expect(call(['clean'])).toBe('Nothing is left over.\n');
});

describe('a wrong call: exit code 1, nothing on stdout, and what to write instead', () => {
  test.each([
    [['runs', 'peple'], 'No run of pipeline "peple" was registered in out. There are runs of: people.'],
    [['runs', '--limit', '0'], '--limit takes a number from 1 on, not 0.'],
    [
      ['show', 'people-nothing'],
      /^sluice: There is no run people-nothing\. Near are: people-.*, people-.*, people-.*\. All: sluice runs\n$/,
    ],
    [['show', '../../../etc/passwd'], 'There is no run ../../../etc/passwd.'],
    [['show'], "missing required argument 'run'"],
    [['runs', '--out', 'aut'], 'aut is no environment: no run has written there.'],
    [['show', 'r', '--out', 'aut'], 'aut is no environment'],
    [['doctor', '--out', 'aut'], 'aut is no environment'],
    [['clean', '--out', 'aut'], 'aut is no environment'],
  ])('%j', async (args, message) => {
    const { call } = await anEnvironment();
    const { status, stdout, stderr } = await call(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
