/** The app, deployed to the emulator as it is; what comes of files that are dropped is what comes of them on a laptop. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pipelines } from '../../pipelines/index.ts';
import { runObject } from '../../runtime/local/run.ts';
import { localWorld } from '../../runtime/local/world.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { openEngine, type OpenEngine } from '../support/engine.ts';
import { compareTables } from './support/compare-tables.ts';
import { deploy, fitToMachine, logsOf, waitingObjects, type Deployment } from './support/deployment.ts';
import { filesToDrop, type FileToDrop } from './support/files-to-drop.ts';
import { comparable, plainText } from './support/comparable.ts';
import { until } from './support/until.ts';

const files = await filesToDrop();
const names = pipelines.map(({ name }) => name);
let folder: string;
let cloud: Deployment;
let engine: OpenEngine;
/** Settled runs on AWS by the names of the files that were dropped. */
const there = new Map<string, RunRecord>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-deploy-'));
  engine = await openEngine();
  cloud = await deploy(folder);
  const [bootstrap, deployed] = cloud.seconds.map((seconds) => seconds.toFixed(1));
  console.log(`cdk bootstrap took ${bootstrap} s, cdk deploy of ${names.length} pipelines ${deployed} s`);
  await fitToMachine('flights');
  await fitToMachine('airport-states', 1);
}, 300_000);

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && cloud)
    console.error((await Promise.all(names.map(logsOf))).join('\n'));
});

afterAll(async () => {
  await engine?.close();
  await rm(folder, { recursive: true, force: true });
});

const uriOf = ({ pipeline, name }: FileToDrop): string => `${cloud.landing}/${pipeline}/${name}`;
const put = (file: FileToDrop): Promise<boolean> => cloud.world.files.write(uriOf(file), file.content);

/** Waits for the runs of files, and keeps them. */
async function settled(dropped: readonly FileToDrop[], seconds: number): Promise<RunRecord[]> {
  const pipeline = dropped[0]!.pipeline;
  const found = await until(
    `${dropped.length} runs of ${pipeline} are settled`,
    async () => {
      const runs = await cloud.world.ledger.history(pipeline, 1000);
      const of = dropped.map((file) => runs.find(({ objects }) => objects[0]!.uri === uriOf(file)));
      return of.includes(undefined) ? undefined : (of as RunRecord[]);
    },
    { seconds, pause: 250 },
  );
  found.forEach((record, i) => there.set(dropped[i]!.name, record));
  return found;
}

const statuses = (records: readonly RunRecord[]): string[] => records.map(({ status }) => status);
const wanted = (dropped: readonly FileToDrop[]): string[] => dropped.map(({ ends }) => ends);

async function executions(pipeline: string): Promise<string[]> {
  const all = (await cloud.executions(pipeline)).since(new Date(0));
  return (await Array.fromAsync(all)).map(({ name }) => name);
}

describe('files that are dropped', () => {
  test('the command line drops a file, follows its run, and prints it', async () => {
    const path = join(folder, files.good.name);
    await writeFile(path, files.good.content);
    const { code, out, err } = await cloud.sluice('drop', 'bird-strikes', path, '--json', '--wait', '90');
    expect({ code, err }).toEqual({ code: 0, err: `dropped ${uriOf(files.good)}\n` });
    const [record] = await settled([files.good], 1);
    expect(JSON.parse(out)).toMatchObject({
      run: record!.run,
      status: 'published',
      records: { loaded: 4000 },
    });
  });

  test('a dirty, a bad, a broken and an empty file, one with a strange key, and what is no file', async () => {
    await cloud.world.files.write(`${cloud.landing}/bird-strikes/`, new Uint8Array());
    await cloud.world.files.write(`${cloud.landing}/bird-strikes/readme.txt`, Buffer.from('none of it'));
    await Promise.all(files.mixed.map(put));
    expect(statuses(await settled(files.mixed, 120))).toEqual(wanted(files.mixed));
  });

  test('a file whose content was published before', async () => {
    await put(files.repeated);
    expect(statuses(await settled([files.repeated], 60))).toEqual(['duplicate']);
    // The folder marker and the file that no source takes came to no run.
    expect(await executions('bird-strikes')).toHaveLength(2 + files.mixed.length);
  });

  test('an execution that is stopped by hand is settled as failed, and its run can be redriven', async () => {
    await put(files.stopped);
    const { world, sfn } = cloud;
    const attempt = await until('the run is registered', async () => {
      const [open] = await Array.fromAsync(world.ledger.unsettled('movies'));
      return open;
    });
    const stateMachine = `arn:aws:states:us-east-1:000000000000:execution:sluice-dev-movies`;
    await sfn.send(new StopExecutionCommand({ executionArn: `${stateMachine}:${attempt.owner}` }));
    // Nobody calls the settling function here: the rule does.
    const [failed] = await settled([files.stopped], 60);
    expect(failed).toMatchObject({
      run: attempt.run,
      status: 'failed',
      error: { name: 'Aborted' },
      tables: [],
    });
    const source = Buffer.concat(await Array.fromAsync(world.files.read(uriOf(files.stopped))));
    expect(source.equals(files.stopped.content)).toBe(true);
    expect(await world.tables.snapshot(world.layout.table('movies'))).toBeUndefined();

    const { code, out, err } = await cloud.sluice('redrive', attempt.run, '--json', '--wait', '90');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [record] = await settled([files.stopped], 1);
    expect(JSON.parse(out)).toMatchObject({ run: record!.run, status: files.stopped.ends });
    expect(record).toMatchObject({ attempt: 2 });
  });

  test('a file that changes rows of the one before', async () => {
    for (const file of files.updates) {
      await put(file);
      expect(statuses(await settled([file], 60))).toEqual([file.ends]);
    }
    const [, second] = files.updates.map(({ name }) => there.get(name)!.rows);
    expect(second).toMatchObject({ inserted: 0, deleted: 0 });
    expect(Math.min(second!.updated, second!.unchanged)).toBeGreaterThan(100);
  });

  test('the versions that these files made of the table start a pipeline that reads it', async () => {
    const { world } = cloud;
    const last = `${world.layout.table('airports')}/_delta_log/${'1'.padStart(20, '0')}.json`;
    const published = await until(
      'the newest version of airports is read',
      async () => {
        const runs = await world.ledger.history('airport-states', 100);
        return runs.find(({ status, objects }) => status === 'published' && objects[0]!.uri === last);
      },
      { seconds: 60, pause: 250 },
    );
    expect(published.records).toMatchObject({ read: 3376, quarantined: 0 });
    // Checkpoints and other objects of that bucket came to no run: one for each version.
    expect(await executions('airport-states')).toHaveLength(2);
  });

  test('a file of 10 MB, from the drop until it is visible', async () => {
    const began = performance.now();
    await put(files.large);
    expect(statuses(await settled([files.large], 120))).toEqual(['published']);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const size = (files.large.content.length / 1e6).toFixed(1);
    console.log(`from the drop of ${size} MB until they were visible: ${seconds} s (emulator, not AWS)`);
  });

  test('a hundred small files at once', async () => {
    const began = performance.now();
    await Promise.all(files.small.map(put));
    expect(statuses(await settled(files.small, 560))).toEqual(wanted(files.small));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`a hundred small files at once: ${seconds} s (emulator, not AWS)`);
    expect(new Set(await executions('flights')).size).toBe(101);
  }, 600_000);

  test('nothing is left open, waiting or staged', async () => {
    for (const pipeline of names) {
      expect([pipeline, await Array.fromAsync(cloud.world.ledger.unsettled(pipeline))]).toEqual([
        pipeline,
        [],
      ]);
      await until('no message waits', async () => (await waitingObjects(pipeline)) === 0 || undefined);
    }
  });
});

describe('the same files on a laptop', () => {
  const here = new Map<string, RunRecord>();
  const inOrder = [
    files.good,
    ...files.mixed,
    files.repeated,
    files.stopped,
    ...files.updates,
    files.large,
    ...files.small,
  ];
  const open = () => localWorld({ out: join(folder, 'out') });

  beforeAll(async () => {
    const world = open();
    for (const { pipeline: name, name: file, content } of inOrder) {
      const uri = join(folder, 'in', name, file);
      await mkdir(dirname(uri), { recursive: true });
      await writeFile(uri, content);
      here.set(file, await runObject(world, pipelines.find((one) => one.name === name)! as never, { uri }));
    }
  }, 180_000);

  test('make the same table of a table', async () => {
    const world = open();
    const uri = `${world.layout.table('airports')}/_delta_log/${'1'.padStart(20, '0')}.json`;
    const pipeline = pipelines.find(({ name }) => name === 'airport-states')! as never;
    expect(await runObject(world, pipeline, { uri })).toMatchObject({ status: 'published' });
    const [a, b] = [cloud.world, world].map((of) => ({ world: of, uri: of.layout.table('airport_states') }));
    const compared = await compareTables(engine, a!, b!, { without: [] });
    expect(compared.different).toEqual([]);
    expect(compared.rows).toEqual([56, 56]);
  });

  test('come to the same ends, counts, reasons and warnings', () => {
    const all = (of: ReadonlyMap<string, RunRecord>) =>
      inOrder.map(({ name }) => [name, comparable(of.get(name)!)]);
    expect(statuses(inOrder.map(({ name }) => here.get(name)!))).toEqual(wanted(inOrder));
    expect(all(there)).toEqual(all(here));
  });

  test.for([
    { table: 'bird_strikes', rows: 4000 + 995 + 300 },
    { table: 'movies', rows: 3169 },
    { table: 'airports', rows: 3376 },
    { table: 'flights', rows: 285_000 + 2000 },
  ])('fill $table with the same rows', async ({ table, rows }) => {
    const without = table === 'movies' ? ['_file'] : [];
    const [a, b] = [cloud.world, open()].map((world) => ({ world, uri: world.layout.table(table) }));
    const compared = await compareTables(engine, a!, b!, { without });
    expect(compared.different).toEqual([]);
    expect(compared.rows[0]).toBe(compared.rows[1]);
    expect(compared.rows[0]).toBe(rows);
  });

  test('fill the quarantine with the same records and reasons', async () => {
    const [a, b] = [cloud.world, open()].map((world) => ({ world, uri: world.layout.quarantinedRecords }));
    const without = ['run', 'object', 'definition', 'quarantined_at', 'day'];
    const compared = await compareTables(engine, a!, b!, { without });
    expect(compared.different).toEqual([]);
    expect(compared.rows[0]).toBe(compared.rows[1]);
    expect(compared.rows[0]).toBe(5 + 50 + 32);
  });

  test('are told by the command line in the same words', async () => {
    const name = 'birdstrikes-dirty.csv';
    const told = async (of: ReadonlyMap<string, RunRecord>, ...where: string[]) => {
      const calls = [['status'], ['runs', 'bird-strikes'], ['show', of.get(name)!.run]];
      const said: string[] = [];
      for (const call of calls) {
        const { code, out, err } = await cloud.sluice(...call, ...where);
        expect({ call, code, err }).toEqual({ call, code: 0, err: '' });
        // Of movies there was one more run on AWS, which was stopped; there each version of airports has a run as well, of which
        // an older one may find that it has to give way.
        said.push(
          plainText(out)
            .filter((line) => !/^(movies|airport-states) /.test(line))
            .join('\n'),
        );
      }
      return said;
    };
    const [aws, local] = [await told(there, '--aws'), await told(here, '--out', 'out')];
    expect(aws).toEqual(local);
    expect(aws!.join()).toContain(basename(name));
  });

  test('are looked after by the command line: shown, compacted, restored, vacuumed', async () => {
    const table = async (...words: string[]) => {
      const { code, out, err } = await cloud.sluice('table', ...words, '--aws');
      expect({ words, code, err }).toEqual({ words, code: 0, err: '' });
      return out;
    };
    const rows = 285_000 + 2000;
    const shown = JSON.parse(await table('show', 'flights', '--json')) as { versions: { newest: number } };
    const before = shown.versions.newest;
    expect(shown).toMatchObject({ rows, checkpoint: before - (before % 10) });
    expect(await table('compact', 'flights')).toMatch(
      /^flights, version \d+: 287,000 rows of 101 files .* in 1 now/,
    );
    expect(await table('restore', String(before), 'flights')).toContain(
      '287,000 rows came back, 287,000 rows went.',
    );
    expect(await table('vacuum', 'flights', '--dry-run')).toBe('No file is old enough to be removed.\n');
    const [newest] = (await table('history', 'flights', '--json')).split('\n');
    expect(JSON.parse(newest!)).toMatchObject({ version: before + 2, operation: `RESTORE ${before}` });
    expect(JSON.parse(await table('show', 'flights', '--json'))).toMatchObject({ rows });
  });
});
