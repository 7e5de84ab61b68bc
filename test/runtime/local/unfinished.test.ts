/** A run that was killed neither blocks its content for ever nor loads it twice. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientError } from '../../../core/errors.ts';
import { asExecution } from '../../../runtime/local/unfinished.ts';
import { localWorld } from '../../../runtime/local/world.ts';
import type { RunRecord } from '../../../runtime/result.ts';
import type { World } from '../../../runtime/world.ts';
import { aRecord } from '../../support/records.ts';

let out: string;
let world: World;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'sluice-unfinished-'));
  world = localWorld({ out });
});
afterEach(() => {
  rmSync(out, { recursive: true });
});

const sha256 = 'a'.repeat(64);
const registration = (owner: string, run: string) => ({
  pipeline: 'movies',
  sha256,
  run,
  owner,
  definition: 'd',
  at: new Date('2026-01-02T03:04:05Z'),
  again: false,
});
const settled = (owner: string, run: string, status: RunRecord['status'] = 'published') =>
  aRecord({ owner, run, status, objects: [{ uri: '/f', bytes: 1, sha256 }] });
const marks = () => readdirSync(join(out, 'work', '.executions', 'movies'));

/** What a process that was killed leaves: its registration, its mark, its staged files, its engine's folder. */
async function killed(execution: string, pid = deadPid(), host = hostname()): Promise<number> {
  await world.ledger.register(registration(execution, 'run-of-the-killed'));
  mkdirSync(join(out, 'work', '.executions', 'movies'), { recursive: true });
  writeFileSync(
    join(out, 'work', '.executions', 'movies', `${execution}.json`),
    JSON.stringify({ execution, pid, host }),
  );
  for (const folder of [
    join(out, 'work', 'movies', execution),
    join(out, 'work', '.scratch', String(pid), 'engine-1'),
  ]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'left'), 'x');
  }
  return pid;
}

/** The id of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

async function runAgain(execution: string): Promise<{ run: string; attempt: number }> {
  let started = { run: '', attempt: 0 };
  await asExecution(world, 'movies', execution, async (own) => {
    const registered = await own.ledger.register(registration(execution, 'run-of-the-next'));
    if (registered.status !== 'started') throw new Error(`registered as ${registered.status}`);
    started = registered;
    const record = settled(execution, registered.run);
    await own.ledger.settle(record);
    return record;
  });
  return started;
}

describe('a process that is gone', () => {
  test('without this, its content stays taken for ever', async () => {
    await killed('first');
    await expect(world.ledger.register(registration('second', 'run-2'))).rejects.toThrow(TransientError);
  });

  test('its run goes on under its old name and attempt, so that a commit it made is recognised', async () => {
    await killed('first');
    expect(await runAgain('second')).toMatchObject({ run: 'run-of-the-killed', attempt: 1 });
    expect(await world.ledger.register(registration('third', 'run-3'))).toEqual({
      status: 'duplicate',
      of: 'run-of-the-killed',
    });
    expect(marks()).toEqual([]);
  });

  test('what it staged is removed', async () => {
    const pid = await killed('first');
    await runAgain('second');
    expect(existsSync(join(out, 'work', 'movies', 'first', 'left'))).toBe(false);
    expect(existsSync(join(out, 'work', '.scratch', String(pid)))).toBe(false);
  });
});

describe('an execution that may be at work is left alone', () => {
  test.each([
    ['one of a process that lives', process.ppid, hostname()],
    ['one of another machine', 1, 'another-machine'],
  ])('%s', async (_what, pid, host) => {
    await killed('first', pid, host);
    await expect(runAgain('second')).rejects.toThrow(TransientError);
    expect(existsSync(join(out, 'work', 'movies', 'first', 'left'))).toBe(true);
  });

  test('one of this process', async () => {
    await asExecution(world, 'movies', 'first', async (own) => {
      await own.ledger.register(registration('first', 'run-1'));
      await expect(runAgain('second')).rejects.toThrow(TransientError);
      await own.ledger.settle(settled('first', 'run-1'));
      return settled('first', 'run-1');
    });
  });
});

test('a run that threw before it settled is gone on with in the same process', async () => {
  const stopped = asExecution(world, 'movies', 'first', async (own) => {
    await own.ledger.register(registration('first', 'run-1'));
    throw new Error('the disk went away');
  });
  await expect(stopped).rejects.toThrow('the disk went away');
  expect(await runAgain('second')).toMatchObject({ run: 'run-1', attempt: 1 });
});

test('a failure that knows no content leaves its mark: what it registered can be taken over', async () => {
  await asExecution(world, 'movies', 'first', async (own) => {
    await own.ledger.register(registration('first', 'run-1'));
    return aRecord({ status: 'failed', objects: [{ uri: '/f', bytes: 1, sha256: null }] });
  });
  expect(await runAgain('second')).toMatchObject({ run: 'run-1' });
});

test('a mark that is no mark is passed over', async () => {
  mkdirSync(join(out, 'work', '.executions', 'movies'), { recursive: true });
  writeFileSync(join(out, 'work', '.executions', 'movies', 'x.json'), 'torn {');
  expect(await runAgain('second')).toMatchObject({ run: 'run-of-the-next' });
});
