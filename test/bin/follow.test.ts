/** Following an execution on AWS: found by what it was started for, waited for, and told by the run that it settled. */

import { describe, expect, test } from 'vitest';
import { TransientError } from '../../core/errors.ts';
import { follow, type Dropped } from '../../bin/follow.ts';
import type { Described, Executions } from '../../runtime/aws/executions.ts';
import { aRecord } from '../support/records.ts';

const at = new Date('2026-11-21T10:00:00.500Z');
const dropped: Dropped = { uri: 's3://landing/movies/a.json', version: 'v=2', at };

const execution = (
  name: string,
  more: Partial<Described> & { uri?: string; version?: string; startedAt?: string } = {},
) => {
  const { uri = dropped.uri, version = 'v=2', startedAt = '2026-11-21T10:00:00.000Z', ...rest } = more;
  const input = JSON.stringify({
    pipeline: 'movies',
    execution: name,
    objects: [{ uri, version }],
    startedAt,
  });
  return { name, status: 'SUCCEEDED', input, ...rest } as Described;
};

/** Executions that are there from the n-th look on; `looks` counts how often they were listed. */
function executionsOf(...all: readonly (readonly [number, Described])[]): Executions & { looks(): number } {
  let looks = 0;
  const there = () => all.filter(([from]) => from <= looks).map(([, one]) => one);
  return {
    looks: () => looks,
    start: () => Promise.reject(new Error('nothing is started here')),
    running: async () => [],
    async *since() {
      looks++;
      for (const { name } of there()) yield { name: name!, startedAt: at };
    },
    describe: async (name) => there().find((one) => one.name === name),
  };
}

const ledgerWith = (...owners: readonly string[]) => ({
  history: async () => owners.map((owner) => aRecord({ owner })),
});

const wait = (executions: Executions, of: string | Dropped, owners: readonly string[], atMost = 2000) =>
  follow({
    pipeline: 'movies',
    executions,
    ledger: ledgerWith(...owners),
    of,
    what: 'The run',
    atMost,
    pause: 1,
  });

describe('following', () => {
  test('finds the execution of just this version of just this object, however late it starts', async () => {
    const executions = executionsOf(
      [0, execution('another-object', { uri: 's3://landing/movies/b.json' })],
      [0, execution('another-version', { version: 'v=1' })],
      [3, execution('it')],
    );
    const owners = ['another-object', 'another-version', 'it'];
    expect((await wait(executions, dropped, owners)).owner).toBe('it');
    expect(executions.looks()).toBe(3);
  });

  test('of a store that does not tell versions takes the first one after the drop', async () => {
    const executions = executionsOf(
      [0, execution('before', { version: 'e=x', startedAt: '2026-11-21T09:59:59.000Z' })],
      [0, execution('after', { version: 'e=x' })],
    );
    expect((await wait(executions, dropped, ['before', 'after'])).owner).toBe('after');
  });

  test('asks once of an execution that is of another object, however often it looks', async () => {
    const executions = executionsOf(
      [0, execution('another-object', { uri: 's3://landing/movies/b.json' })],
      [3, execution('it')],
    );
    const asked: string[] = [];
    const counting = {
      ...executions,
      describe: async (name: string) => (asked.push(name), executions.describe(name)),
    };
    expect((await wait(counting, dropped, ['it'])).owner).toBe('it');
    expect(asked.filter((name) => name === 'another-object')).toHaveLength(1);
  });

  test('asks nothing of an execution that was not started', async () => {
    const asked: unknown[] = [];
    const executions = { ...executionsOf(), describe: async (name: string) => void asked.push(name) };
    await expect(wait(executions as never, dropped, [], 30)).rejects.toThrow('was not started');
    expect(asked).toEqual([]);
  });

  test('waits for the end of an execution, and for the rule that settles a failed one', async () => {
    const running = execution('it', { status: 'RUNNING' });
    await expect(wait(executionsOf([0, running]), 'it', ['it'], 30)).rejects.toThrow(TransientError);
    await expect(
      wait(executionsOf([0, execution('it', { status: 'FAILED' })]), 'it', [], 30),
    ).rejects.toThrow(/The run did not end within 0 s; it may yet\..*execution it/);
    await expect(wait(executionsOf(), dropped, [], 30)).rejects.toThrow('was not started');
  });
});
