/** Errors of the batch state machine: which are tried again, with which pauses, and under which name a run ends. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as errors from '../../core/errors.ts';
import { runMachine } from '../../runtime/local/machine.ts';
import { asl, failing, planned, stagesWith, start, transient } from '../support/batch.ts';

const permanent = [
  ...Object.keys(errors).filter((name) => name !== 'TransientError'),
  'Error',
  'TypeError',
  'Runtime.HandlerError',
  'Runtime.ImportModuleError',
];

const stages = ['IngestFunction', 'ValidateFunction', 'LoadFunction'] as const;

const stateOf = (stage: string) => stage.replace('Function', '');

describe('errors', () => {
  test.each(stages.flatMap((stage) => transient.map((name) => [stage, name] as const)))(
    '%s: %s is tried four times, then ends the run under its name',
    async (stage, name) => {
      const { handlers, calls } = stagesWith({ [stage]: failing(name) });
      const result = await runMachine(asl, handlers, start, { retryDelays: 0 });
      expect(result).toMatchObject({ status: 'failed', error: name, cause: 'why it failed' });
      expect(result.path.slice(-2)).toEqual([stateOf(stage), 'Failed']);
      expect(calls[stage]).toHaveLength(4);
    },
  );

  test.each(stages.flatMap((stage) => permanent.map((name) => [stage, name] as const)))(
    '%s: %s is not tried again',
    async (stage, name) => {
      const { handlers, calls } = stagesWith({ [stage]: failing(name) });
      const result = await runMachine(asl, handlers, start, { retryDelays: 0 });
      expect(result).toMatchObject({ status: 'failed', error: name, cause: 'why it failed' });
      expect(result.path.at(-1)).toBe('Failed');
      expect(calls[stage]).toHaveLength(1);
    },
  );

  test('the classes of core/errors.ts arrive under their own names', async () => {
    const { handlers } = stagesWith({
      LoadFunction: () => {
        throw new errors.CommitConflictError('another writer replaced the table');
      },
    });
    expect(await runMachine(asl, handlers, start)).toMatchObject({
      error: 'CommitConflictError',
      cause: 'another writer replaced the table',
    });
  });

  test.each([
    ['a text', 'a text'],
    [null, 'Thrown was not an error: null'],
    [undefined, 'Thrown was not an error: undefined'],
  ])('what is thrown and is no error (%j) is a failure like any other', async (thrown, cause) => {
    const { handlers } = stagesWith({
      LoadFunction: () => {
        // oxlint-disable-next-line no-throw-literal -- what a library may do
        throw thrown;
      },
    });
    expect(await runMachine(asl, handlers, start)).toMatchObject({ status: 'failed', error: 'Error', cause });
  });

  test('a success on the last try counts', async () => {
    let tries = 0;
    const { handlers } = stagesWith({
      ValidateFunction: () => {
        if (++tries < 4) throw new errors.TransientError('not yet');
        return { status: 'passed' };
      },
    });
    const result = await runMachine(asl, handlers, start, { retryDelays: 0 });
    expect(result.status).toBe('succeeded');
    expect(tries).toBe(4);
  });
});

describe('pauses', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** When a stage was called, in milliseconds after its first call, on a clock that the test turns. */
  async function callsOf(stage: string, name: string): Promise<number[]> {
    const at: number[] = [];
    const { handlers } = stagesWith({
      [stage]: () => {
        at.push(Date.now());
        return failing(name)();
      },
      ...(stage === 'TransformFunction' ? { IngestFunction: () => ({ ...planned, chunks: [7] }) } : {}),
    });
    const ended = runMachine(asl, handlers, start);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await ended;
    return at.map((ms) => ms - at[0]!);
  }

  test.each([...stages, 'TransformFunction'])('%s: exactly 1, 2 and 4 seconds', async (stage) => {
    expect(await callsOf(stage, 'TransientError')).toEqual([0, 1000, 3000, 7000]);
  });

  test('a throttle is tried longer, with jitter', async () => {
    const at = await callsOf('IngestFunction', 'Lambda.TooManyRequestsException');
    expect(at).toHaveLength(9);
    const pauses = at.slice(1).map((ms, i) => ms - at[i]!);
    for (const [i, pause] of pauses.entries())
      expect(pause).toBeLessThanOrEqual(Math.min(60_000, 2000 * 2 ** i));
    expect(pauses).not.toEqual(pauses.map((_, i) => Math.min(60_000, 2000 * 2 ** i)));
  });
});
