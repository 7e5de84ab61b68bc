/** A run that was killed neither blocks its content for ever, nor loads it twice, nor leaves anything behind. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StaleAttemptError } from '../../../core/errors.ts';
import { writeConclusion } from '../../../runtime/conclusion.ts';
import { load } from '../../../runtime/load.ts';
import { recoverGone } from '../../../runtime/local/recover-gone.ts';
import { runObject } from '../../../runtime/local/run.ts';
import { scratchFolder, type LocalWorld } from '../../../runtime/local/world.ts';
import { runFolder } from '../../../runtime/layout.ts';
import type { Files } from '../../../runtime/ports.ts';
import { good, header, people } from '../../support/people.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
let uri: string;
beforeEach(async () => {
  box = await openSandbox();
  uri = join(box.folder, 'a.csv');
  writeFileSync(uri, `${header}${good(1)}x,Bob,1.00,\n${good(3)}`);
});
afterEach(() => box.close());

/** The id of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

/** A world in which an execution dies at the first call of a port that `at` picks. */
function dying(at: (call: string, uri: string) => boolean): LocalWorld {
  let dead = false;
  const watched = <T extends object>(port: T): T =>
    Object.fromEntries(
      Object.entries(port).map(([name, call]: [string, (...args: unknown[]) => unknown]) => [
        name,
        (...args: unknown[]) => {
          dead ||= at(name, String(args[0]));
          if (dead) throw new Error('the process was killed');
          return call(...args);
        },
      ]),
    ) as T;
  const { world } = box;
  return {
    ...world,
    files: watched(world.files),
    tables: watched(world.tables),
    ledger: watched(world.ledger),
  };
}

const kill = (at: (call: string, uri: string) => boolean, execution = 'killed'): Promise<unknown> =>
  expect(runObject(dying(at), people('csv'), { uri, execution })).rejects.toThrow('the process was killed');

const other = (): Promise<unknown> => box.run(people('csv'), 'other.csv', header + good(9));
const work = () => Array.fromAsync(box.world.files.list(`${box.world.layout.root}/work/`));

describe('what a killed execution leaves', () => {
  test('undecided: the next run of the pipeline settles it as failed, and nothing of it is left', async () => {
    await kill((call) => call === 'decide');
    expect((await work()).length).toBeGreaterThan(0);
    await other();
    const [, killed] = await box.world.ledger.history('people', 9);
    expect(killed).toMatchObject({ owner: 'killed', status: 'failed', records: { read: 3, loaded: 0 } });
    expect(killed!.error!.message).toMatch(
      /^Execution killed ended without a word .* run the object again\.$/,
    );
    expect(await work()).toEqual([]);
    for (const table of [box.world.layout.table('people'), box.world.layout.quarantinedRecords]) {
      expect(await Array.fromAsync(box.world.files.list(runFolder(table, killed!.run)))).toEqual([]);
    }
    expect(await runObject(box.world, people('csv'), { uri })).toMatchObject({
      attempt: 2,
      records: { loaded: 2 },
    });
  });

  test.each([
    ['before its first commit', (call: string) => call === 'commit'],
    ['between its commits', (call: string, at: string) => call === 'commit' && at.endsWith('lake/people')],
    ['before it is settled', (call: string) => call === 'settle'],
  ])('decided, %s: the next run of the pipeline publishes it', async (_, at) => {
    await kill(at);
    await other();
    expect(await box.table('people')).toHaveLength(3);
    expect(await box.quarantine()).toHaveLength(1);
    const [, killed] = await box.world.ledger.history('people', 9);
    expect(killed).toMatchObject({
      owner: 'killed',
      status: 'published-with-rejects',
      records: { read: 3, loaded: 2, quarantined: 1 },
      tables: [{ name: 'people' }],
    });
    expect(await work()).toEqual([]);
    expect((await runObject(box.world, people('csv'), { uri })).status).toBe('duplicate');
  });

  test('decided, its work folder emptied by who took it for gone: it is published all the same', async () => {
    await kill((call, at) => call === 'commit' && at.endsWith('lake/people'));
    await box.world.files.removeAll(`${box.world.layout.work('people', 'killed')}/`);
    const conclusions = box.world.layout.conclusions('people', '');
    const [conclusion] = await Array.fromAsync(box.world.files.list(conclusions));
    // As those that a merge keeps beside it.
    await box.world.files.write(`${dirname(conclusion!.uri)}/0.parquet`, Buffer.from('rows'));
    await other();
    expect(await box.table('people')).toHaveLength(3);
    expect(await box.quarantine()).toHaveLength(1);
    expect(await work()).toEqual([]);
    expect((await runObject(box.world, people('csv'), { uri })).status).toBe('duplicate');
  });

  test('a conclusion that came too late goes with the next run', async () => {
    const { run } = await runObject(box.world, people('csv'), { uri });
    const late = `${box.world.layout.conclusions('people', run)}/fail-abcdef.json`;
    const [record] = await box.world.ledger.history('people', 1);
    await writeConclusion(box.world.files, late, { record: record!, changes: [], folders: [], keep: [] });
    await box.world.files.write(late.replace('.json', '.parquet'), Buffer.from('rows'));
    await other();
    expect(await work()).toEqual([]);
    expect(await box.table('people')).toHaveLength(3);
  });

  test("what another process removes meanwhile is nobody's loss", async () => {
    await kill((call, at) => call === 'commit' && at.endsWith('lake/people'));
    await box.world.files.removeAll(`${box.world.layout.work('people', 'killed')}/`);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { files, layout } = box.world;
    const conclusions = layout.conclusions('people', '');
    const list: Files['list'] = async function* (folder) {
      if (folder === conclusions) yield { uri: `${conclusions}gone/fail-abcdef.json`, size: 1, version: 'v' };
      yield* files.list(folder);
    };
    await recoverGone({ ...box.world, files: { ...files, list } }, people('csv'), 'another');
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
    expect(await box.table('people')).toHaveLength(2);
  });

  test('what it has itself is left to it, though nobody sees it at work', async () => {
    const uri = `${box.world.layout.work('people', 'own')}/chunk-0.parquet`;
    await box.world.files.write(uri, Buffer.from('rows'));
    await recoverGone(box.world, people('csv'), 'own');
    expect(await box.world.files.stat(uri)).toBeDefined();
    await recoverGone(box.world, people('csv'), 'another');
    expect(await box.world.files.stat(uri)).toBeUndefined();
  });

  test('settled, but not cleaned up: the next run of the pipeline does', async () => {
    await kill((call, at) => call === 'removeAll' && at.includes('/work/'));
    expect((await work()).length).toBeGreaterThan(0);
    await other();
    expect(await work()).toEqual([]);
    expect(await box.world.ledger.history('people', 9)).toHaveLength(2);
  });

  test('before it registered: its files go, and there is nothing to settle', async () => {
    await kill((call) => call === 'register');
    await other();
    expect(await work()).toEqual([]);
    expect(await box.world.ledger.history('people', 9)).toHaveLength(1);
  });
});

test('an owner that was only taken for gone can publish no more: it is fenced off', async () => {
  let zombie: Promise<unknown> | undefined;
  const { ledger } = box.world;
  const world: LocalWorld = {
    ...box.world,
    ledger: {
      ...ledger,
      // All is in place, and just before the decision the execution is taken over.
      async decide(key, decision) {
        if (decision.outcome !== 'publish') return ledger.decide(key, decision);
        box.world.executions.end('zombie');
        await other();
        return ledger.decide(key, decision);
      },
    },
  };
  zombie = runObject(world, people('csv'), { uri, execution: 'zombie' });
  expect(await zombie).toMatchObject({ owner: 'zombie', status: 'failed', error: { name: 'Killed' } });
  expect(await box.table('people')).toHaveLength(1);
  expect(await box.quarantine()).toHaveLength(0);
  const key = {
    pipeline: 'people',
    sha256: (await ledger.history('people', 9))[1]!.objects[0]!.sha256!,
    attempt: 1,
  };
  await expect(load(world, people('csv'), { manifest: '/gone', attempt: key })).rejects.toThrow(
    StaleAttemptError,
  );
  await runObject(box.world, people('csv'), { uri });
  expect(await box.table('people')).toHaveLength(3);
});

test('an execution of another machine, or of a process that is alive, is left alone', async () => {
  await kill((call) => call === 'decide');
  const mark = join(box.world.layout.work('people', 'killed'), 'process.json');
  for (const { host, pid } of [
    { host: 'elsewhere', pid: deadPid() },
    { host: hostname(), pid: process.ppid },
  ]) {
    writeFileSync(mark, JSON.stringify({ host, pid }));
    await other();
    expect(existsSync(mark)).toBe(true);
    expect((await runObject(box.world, people('csv'), { uri, retryDelays: 0 })).error).toMatchObject({
      name: 'TransientError',
      message: expect.stringContaining('killed is at work on this content'),
    });
  }
  writeFileSync(mark, JSON.stringify({ host: hostname(), pid: deadPid() }));
  expect((await runObject(box.world, people('csv'), { uri })).status).toBe('published-with-rejects');
});

test('a held run keeps what it staged until its content is worked on again', async () => {
  const strict = people('csv', 0.1);
  expect((await runObject(box.world, strict, { uri, execution: 'first' })).status).toBe('held');
  await other();
  expect((await work()).some((file) => file.uri.includes('/first/rows-0-'))).toBe(true);
  expect((await runObject(box.world, strict, { uri, execution: 'second' })).status).toBe('held');
  expect(await box.quarantine()).toHaveLength(1);
  expect((await runObject(box.world, people('csv'), { uri })).status).toBe('published-with-rejects');
  await other();
  expect(await work()).toEqual([]);
  expect(await box.quarantine()).toHaveLength(1);
});

test('the engine folders of processes that have ended go, those of others stay', async () => {
  const folder = scratchFolder(box.world.layout.root);
  const names = [`${hostname()}-${deadPid()}`, `${hostname()}-${process.ppid}`, `elsewhere-${deadPid()}`];
  for (const name of names) {
    mkdirSync(join(folder, name, 'engine-1'), { recursive: true });
    writeFileSync(join(folder, name, 'engine-1', 'left'), 'x');
  }
  await other();
  expect(names.map((name) => existsSync(join(folder, name)))).toEqual([false, true, true]);
  expect(dirname(join(folder, names[1]!))).toBe(folder);
});
