/** The commands that look at a deployed environment or start something there, on one that stands in its place. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Deployed } from '../../runtime/aws/deployed.ts';
import type { Described } from '../../runtime/aws/executions.ts';
import { layoutOf } from '../../runtime/layout.ts';
import type { Attempt } from '../../runtime/ports.ts';
import type { RunRecord } from '../../runtime/result.ts';
import type { Start } from '../../runtime/values.ts';
import { called } from '../support/command-line.ts';
import { memoryFiles } from '../support/memory-files.ts';
import { aRecord } from '../support/records.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

vi.mock(import('../../runtime/aws/deployed.ts'), async (original) => ({
  ...(await original()),
  openDeployed: async () => deployed,
}));

const now = new Date('2026-11-21T10:00:00.000Z');
const object = { uri: 's3://landing/movies/a.json', version: 'v=1', bytes: 2 };
const attempt: Attempt = {
  pipeline: 'movies',
  sha256: 'b'.repeat(64),
  attempt: 1,
  run: 'movies-open',
  owner: 'movies-owner',
  definition: 'd'.repeat(64),
  registeredAt: '2026-11-21T09:00:00.000Z',
  object,
};
const settled = (run: string, status: RunRecord['status']) =>
  aRecord({ run, status, objects: [{ uri: object.uri, bytes: 2, sha256: null }] });

let deployed: Deployed;
let history: RunRecord[];
let open: Attempt[];
let described: Described['status'];
let started: Start[];
const files = memoryFiles();

beforeEach(() => {
  history = [];
  open = [];
  described = 'RUNNING';
  started = [];
  files.contents.clear();
  const ledger = {
    history: async (pipeline: string) => (pipeline === 'movies' ? history : []),
    async *unsettled(pipeline: string) {
      if (pipeline === 'movies') yield* open;
    },
  };
  deployed = {
    landing: 's3://landing',
    world: { now: () => now, files, ledger, layout: layoutOf('s3://lake') } as unknown as Deployed['world'],
    executions: async () => ({
      start: async (start) => {
        started.push(start);
        history = [aRecord({ owner: start.execution, run: 'movies-new' })];
        described = 'SUCCEEDED';
        return 'started';
      },
      running: async () => [],
      async *since() {},
      describe: async (name) => ({ name, status: described }) as Described,
    }),
  };
});

async function call(args: readonly string[], put: Readonly<Record<string, string>> = {}) {
  const cwd = await temporaryFolder();
  for (const [name, text] of Object.entries(put)) await writeFile(join(cwd, name), text);
  return called(cwd, args);
}

const wrong = (message: string) => ({ status: 1, stdout: '', stderr: `sluice: ${message}\n` });

describe('drop', () => {
  const put = { 'movies.json': '[]' };

  test('with no wait leaves the file in the landing bucket, and that is all', async () => {
    expect(await call(['drop', 'movies', 'movies.json', '--wait', '0'], put)).toEqual({
      status: 0,
      stdout: '',
      stderr: 'dropped s3://landing/movies/movies.json\n',
    });
    expect([...files.contents]).toEqual([['s3://landing/movies/movies.json', Buffer.from('[]')]]);
  });

  test.each(['soon', '-1', '1.5', '1234567', ''])('takes seconds to wait, not "%s"', async (wait) => {
    expect(await call(['drop', 'movies', 'movies.json', `--wait=${wait}`], put)).toEqual(
      wrong(`--wait takes seconds, not ${wait}.`),
    );
    expect(files.contents.size).toBe(0);
  });

  test('drops no version of a table: those start runs by themselves', async () => {
    const definition = `export const sums = { name: 'sums', rows: {}, sinks: [],
      sources: [{ match: '*.json', prefix: '', place: 'lake', versions: { table: 'orders' } }] };`;
    expect(
      await call(['drop', './sums.ts', '0.json', '--wait', '0'], { 'sums.ts': definition, '0.json': '{}' }),
    ).toEqual(
      wrong(
        '0.json is a version of table orders, whose versions start runs of sums by themselves; there is nothing to drop.',
      ),
    );
    expect(files.contents.size).toBe(0);
  });
});

describe('redrive', () => {
  test.each(['soon', '0', '-1', '1234567'])('takes seconds to wait, not "%s"', async (wait) => {
    open = [attempt];
    expect(await call(['redrive', attempt.run, `--wait=${wait}`])).toEqual(
      wrong(`--wait takes seconds, not ${wait}.`),
    );
  });

  test('starts nothing for a run that was published, unless it is to take its place', async () => {
    for (const status of ['published', 'published-with-rejects'] as const) {
      history = [settled('movies-done', status)];
      expect(await call(['redrive', 'movies-done'])).toEqual(
        wrong(
          'Run movies-done was published; there is nothing to drive again. To reprocess it and take its place: --again',
        ),
      );
    }
    expect(started).toEqual([]);
    expect(await call(['redrive', 'movies-done', '--again'])).toMatchObject({ status: 0, stderr: '' });
    expect(started).toMatchObject([{ objects: [{ uri: object.uri }], again: true }]);
  });

  test('starts an execution for the object of a run that was not published', async () => {
    history = [settled('movies-failed', 'failed')];
    const { status, stdout } = await call(['redrive', 'movies-failed', '--json']);
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ run: 'movies-new' })]);
    expect(started).toMatchObject([{ objects: [{ uri: object.uri }], again: false }]);
  });

  test('waits for the end of a run that is at work, and takes the version of one that was left', async () => {
    open = [attempt];
    expect(await call(['redrive', attempt.run])).toEqual(
      wrong('Run movies-open is at work in execution movies-owner; wait for its end, or stop it.'),
    );
    expect(started).toEqual([]);
    described = 'TIMED_OUT';
    expect(await call(['redrive', attempt.run])).toMatchObject({ status: 0, stderr: '' });
    expect(started).toMatchObject([{ objects: [{ uri: object.uri, version: object.version }] }]);
  });
});

test('--aws looks there, and at no folder', async () => {
  history = [settled('movies-failed', 'failed')];
  open = [attempt];
  const { status, stdout, stderr } = await call(['runs', 'movies', '--aws', '--json']);
  const runs = stdout.trimEnd().split('\n').map((line) => (JSON.parse(line) as RunRecord).run); // prettier-ignore
  expect({ status, stderr, runs }).toEqual({ status: 0, stderr: '', runs: ['movies-open', 'movies-failed'] });
  expect(await call(['show', 'movies-nothing', '--aws'])).toEqual(
    wrong('There is no run movies-nothing. Near are: movies-failed. All: sluice runs'),
  );
  history = [];
  expect(await call(['show', 'movies-nothing', '--aws'])).toEqual(wrong('There is no run movies-nothing.'));
});
