/** The batch state machine: every ending, every retry with its pauses, every catch, and its limits. */

import { readFileSync } from 'node:fs';
import aslValidator from 'asl-validator';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as errors from '../../core/errors.ts';
import {
  PAYLOAD_LIMIT,
  runMachine,
  type Asl,
  type Handlers,
  type MachineEvent,
} from '../../runtime/local/machine.ts';
import { roundTask } from '../../runtime/rounds.ts';

const asl = JSON.parse(
  readFileSync(new URL('../../statemachines/batch.asl.json', import.meta.url), 'utf8'),
) as Asl;

const transient = [
  'TransientError',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'States.Timeout',
];
const permanent = [
  ...Object.keys(errors).filter((name) => name !== 'TransientError'),
  'Error',
  'TypeError',
  'Runtime.HandlerError',
  'Runtime.ImportModuleError',
];
const stages = ['IngestFunction', 'ValidateFunction', 'LoadFunction'] as const;
const stateOf = (stage: string) => stage.replace('Function', '');

const attempt = { pipeline: 'p', sha256: 'a'.repeat(64), attempt: 1 };
const planned = { status: 'planned', run: 'r', attempt, manifest: 'the/manifest.json' };

type Calls = Record<string, unknown[]>;

/** Four stages for which all goes well, with some of them replaced; what they were given is written down. */
function stagesWith(given: Partial<Handlers> = {}): { handlers: Handlers; calls: Calls } {
  const calls: Calls = {};
  const base: Handlers = {
    IngestFunction: () => ({ ...planned, chunks: [0, 1, 2] }),
    TransformFunction: (input) => ({ n: (input as { chunk: number }).chunk }),
    ValidateFunction: () => ({ status: 'passed', manifest: 'the/manifest.json' }),
    LoadFunction: () => ({ status: 'published', manifest: 'the/manifest.json' }),
  };
  const handlers = Object.fromEntries(
    Object.entries({ ...base, ...given }).map(([name, handler]) => [
      name,
      (input: unknown) => {
        (calls[name] ??= []).push(input);
        return handler!(input);
      },
    ]),
  );
  return { handlers, calls };
}

const failing = (name: string, message = 'why it failed') => {
  return () => {
    throw Object.assign(new Error(message), { name });
  };
};
const start = { pipeline: 'p', execution: 'e', objects: [{ uri: '/in/a.csv' }] };

describe('as a document', () => {
  test('is valid ASL, once each placeholder stands for a function', () => {
    const substituted = JSON.stringify(asl).replaceAll(
      /\$\{(\w+)\}/g,
      'arn:aws:lambda:eu-central-1:123456789012:function:$1',
    );
    const { isValid, errorsText } = aslValidator(JSON.parse(substituted));
    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  test('every task has a time limit, the same two retriers and a catcher for everything', () => {
    const tasks = (states: Asl['States']): Record<string, any>[] =>
      Object.values(states).flatMap((state: Record<string, any>) =>
        state.Type === 'Task' ? [state] : state.Type === 'Map' ? tasks(state.ItemProcessor.States) : [],
      );
    const found = tasks(asl.States);
    expect(found.map((task) => task.Resource)).toEqual([
      '${IngestFunction}',
      '${TransformFunction}',
      '${ValidateFunction}',
      '${ValidateFunction}',
      '${LoadFunction}',
      '${LoadFunction}',
    ]);
    for (const task of found) {
      expect(task.TimeoutSeconds).toBe(900);
      expect(task.Retry).toEqual([
        { ErrorEquals: transient, IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 3 },
        {
          ErrorEquals: ['Lambda.TooManyRequestsException'],
          IntervalSeconds: 2,
          BackoffRate: 2,
          MaxAttempts: 8,
          MaxDelaySeconds: 60,
          JitterStrategy: 'FULL',
        },
      ]);
      expect(task.Catch.at(-1).ErrorEquals).toEqual(['States.ALL']);
    }
  });

  test.each(['Transform chunks', 'Judge buckets', 'Rewrite files'])(
    'the map %s is distributed, bounded, and tolerates no child that could not catch its own failure',
    (name) => {
      expect(asl.States[name]).toMatchObject({
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' } },
        MaxConcurrency: 8,
        ToleratedFailurePercentage: 0,
        ResultPath: null,
      });
    },
  );
});

describe('endings', () => {
  test('published: each stage is given what it needs and no more', async () => {
    const { handlers, calls } = stagesWith();
    const result = await runMachine(asl, handlers, start);
    expect(result.status).toBe('succeeded');
    expect(result.path.at(-1)).toBe('Published');
    expect(calls).toEqual({
      IngestFunction: [start],
      TransformFunction: [0, 1, 2].map((chunk) => ({ manifest: 'the/manifest.json', chunk })),
      ValidateFunction: [{ manifest: 'the/manifest.json', attempt }],
      LoadFunction: [{ manifest: 'the/manifest.json', attempt }],
    });
  });

  test('an object without records has no chunks, and is published all the same', async () => {
    const { handlers, calls } = stagesWith({
      IngestFunction: () => ({ ...planned, chunks: [] }),
    });
    const result = await runMachine(asl, handlers, start);
    expect(result).toMatchObject({ status: 'succeeded', path: expect.arrayContaining(['Published']) });
    expect(calls.TransformFunction).toBeUndefined();
  });

  test('duplicate: succeeds after ingest', async () => {
    const { handlers, calls } = stagesWith({ IngestFunction: () => ({ status: 'duplicate', chunks: [] }) });
    const result = await runMachine(asl, handlers, start);
    expect(result).toMatchObject({ status: 'succeeded', path: ['Ingest', 'What came in?', 'Duplicate'] });
    expect(Object.keys(calls)).toEqual(['IngestFunction']);
  });

  test('rejected: fails as ObjectRejected with the reason as cause', async () => {
    const { handlers } = stagesWith({
      IngestFunction: () => ({ status: 'rejected', chunks: [], reason: 'the header has no field "id"' }),
    });
    expect(await runMachine(asl, handlers, start)).toEqual({
      status: 'failed',
      error: 'ObjectRejected',
      cause: 'the header has no field "id"',
      path: ['Ingest', 'What came in?', 'Object rejected'],
    });
  });

  test('held: fails as HeldByQualityGate with the reason as cause, and loads nothing', async () => {
    const { handlers, calls } = stagesWith({
      ValidateFunction: () => ({ status: 'held', reason: '33 % of the records are rejected' }),
    });
    const result = await runMachine(asl, handlers, start);
    expect(result).toMatchObject({
      status: 'failed',
      error: 'HeldByQualityGate',
      cause: '33 % of the records are rejected',
    });
    expect(calls.LoadFunction).toBeUndefined();
  });

  test.each([
    ['IngestFunction', 'States.NoChoiceMatched'],
    ['ValidateFunction', 'States.NoChoiceMatched'],
  ])('an unknown answer of %s never passes for success', async (stage, error) => {
    const { handlers } = stagesWith({ [stage]: () => ({ status: 'splendid', chunks: [] }) });
    expect(await runMachine(asl, handlers, start)).toMatchObject({ status: 'failed', error });
  });
});

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

describe('the map', () => {
  test('a child that fails for good does not stop the others, and Validate is asked', async () => {
    const { handlers, calls } = stagesWith({
      TransformFunction: (input) => {
        const { chunk } = input as { chunk: number };
        if (chunk === 1) throw new errors.EngineError('out of memory');
        return { n: chunk };
      },
    });
    const result = await runMachine(asl, handlers, start);
    expect(calls.TransformFunction).toHaveLength(3);
    expect(calls.ValidateFunction).toHaveLength(1);
    expect(result.path.filter((state) => state === 'Chunk failed')).toHaveLength(1);
  });

  test('what children answer is cut to their number, whatever they say', async () => {
    const outputs: unknown[] = [];
    const { handlers, calls } = stagesWith({
      TransformFunction: (input) => {
        const { chunk } = input as { chunk: number };
        if (chunk === 1) throw new Error('x'.repeat(50_000));
        return { n: chunk, failed: 'y'.repeat(50_000) };
      },
    });
    const onEvent = (event: MachineEvent) => {
      if (event.type === 'MapIterationSucceeded')
        outputs.push((event as unknown as { output: unknown }).output);
    };
    const result = await runMachine(asl, handlers, start, { onEvent });
    expect(outputs).toEqual([{ n: 0 }, { n: 2 }, { n: 1 }]);
    expect(calls.ValidateFunction).toEqual([{ manifest: 'the/manifest.json', attempt }]);
    expect(JSON.stringify(result.output).length).toBeLessThan(500);
  });

  test('works on as many chunks at once as it is told, never on more than the ASL allows', async () => {
    const most = async (concurrency?: number): Promise<number> => {
      let now = 0;
      let highest = 0;
      const { handlers } = stagesWith({
        IngestFunction: () => ({
          ...planned,
          chunks: Array.from({ length: 20 }, (_, n) => n),
        }),
        TransformFunction: async () => {
          highest = Math.max(highest, ++now);
          await new Promise((done) => setImmediate(done));
          now--;
          return { n: 0 };
        },
      });
      await runMachine(asl, handlers, start, concurrency === undefined ? {} : { concurrency });
      return highest;
    };
    expect([await most(1), await most(3), await most(), await most(100)]).toEqual([1, 3, 8, 8]);
  });
});

describe('the payload limit', () => {
  const big = 'x'.repeat(PAYLOAD_LIMIT);

  test('an answer over 256 KiB ends the execution as on AWS: not retried, not caught', async () => {
    const { handlers, calls } = stagesWith({
      IngestFunction: () => ({ ...planned, chunks: [], big }),
    });
    const result = await runMachine(asl, handlers, start);
    expect(result).toMatchObject({ status: 'failed', error: 'States.DataLimitExceeded', path: ['Ingest'] });
    expect(result.cause).toContain('262144');
    expect(calls.IngestFunction).toHaveLength(1);
  });

  test('an input over 256 KiB does not reach the stage', async () => {
    const { handlers, calls } = stagesWith();
    const result = await runMachine(asl, handlers, { ...start, big });
    expect(result).toMatchObject({ status: 'failed', error: 'States.DataLimitExceeded' });
    expect(calls).toEqual({});
  });

  test('the limit counts bytes, not characters', async () => {
    const text = 'é'.repeat(PAYLOAD_LIMIT / 2);
    const { handlers } = stagesWith({ IngestFunction: () => ({ ...planned, chunks: [], text }) });
    expect(await runMachine(asl, handlers, start)).toMatchObject({ error: 'States.DataLimitExceeded' });
  });

  test('a plan of 1,000 chunks fits', async () => {
    const chunks = Array.from({ length: 1000 }, (_, n) => n);
    const { handlers } = stagesWith({
      IngestFunction: () => ({ ...planned, manifest: 'm'.repeat(1024), chunks }),
    });
    expect(await runMachine(asl, handlers, start)).toMatchObject({ status: 'succeeded' });
  });
});

describe('buckets', () => {
  const parted = (...rounds: number[]) => ({ ...planned, chunks: [0, 1], rounds: roundTask(rounds) });
  const isBucket = (input: unknown) => 'bucket' in (input as object);
  const passed = { status: 'passed', manifest: '' };

  test('are worked on between the chunks and the run as a whole', async () => {
    const { handlers, calls } = stagesWith({
      IngestFunction: () => parted(3),
      ValidateFunction: (input) => (isBucket(input) ? { n: 0, rows: 'y'.repeat(50_000) } : passed),
    });
    const result = await runMachine(asl, handlers, start);
    expect(result.status).toBe('succeeded');
    expect(calls.ValidateFunction).toEqual([
      ...[0, 1, 2].map((bucket) => ({ manifest: 'the/manifest.json', round: 0, bucket })),
      { manifest: 'the/manifest.json', attempt },
    ]);
    expect(JSON.stringify(result.output).length).toBeLessThan(500);
  });

  test('of one round are all done before the next one begins', async () => {
    const now = { working: new Set<number>(), together: new Set<string>() };
    const { handlers, calls } = stagesWith({
      IngestFunction: () => parted(2, 1, 3),
      ValidateFunction: async (input) => {
        if (!isBucket(input)) return passed;
        const { round, bucket } = input as { round: number; bucket: number };
        now.working.add(round);
        await new Promise((done) => setTimeout(done, 5 * bucket));
        now.together.add([...now.working].join());
        if (bucket === [2, 1, 3][round]! - 1) now.working.delete(round);
        return { n: bucket };
      },
    });
    const result = await runMachine(asl, handlers, start);
    expect(calls.ValidateFunction).toEqual([
      ...[0, 1].map((bucket) => ({ manifest: 'the/manifest.json', round: 0, bucket })),
      { manifest: 'the/manifest.json', round: 1, bucket: 0 },
      ...[0, 1, 2].map((bucket) => ({ manifest: 'the/manifest.json', round: 2, bucket })),
      { manifest: 'the/manifest.json', attempt },
    ]);
    expect([...now.together]).toEqual(['0', '1', '2']);
    expect(result.path.filter((state) => state === 'Next round')).toHaveLength(3);
    expect(result.status).toBe('succeeded');
  });

  test.each([{ rounds: roundTask([]) }, {}])('there are none for %j, and no state more', async (answer) => {
    const { handlers } = stagesWith({ IngestFunction: () => ({ ...planned, chunks: [0], ...answer }) });
    const { status, path } = await runMachine(asl, handlers, start);
    expect(status).toBe('succeeded');
    expect(path).not.toContain('Judge buckets');
    expect(path).not.toContain('Next round');
  });

  test('as many as there may be, in more rounds than anybody writes, are far from the limit', () => {
    const most = parted(...Array.from({ length: 20 }, () => 256));
    expect(JSON.stringify(most).length).toBeLessThan(PAYLOAD_LIMIT / 10);
  });

  test('one that fails for good is tried as often as any task, and leaves the verdict to Validate', async () => {
    let tries = 0;
    const { handlers, calls } = stagesWith({
      IngestFunction: () => parted(3, 2),
      ValidateFunction: (input) => {
        if (!isBucket(input)) throw new errors.EngineError('Round 1, bucket 1 of 3 left no result');
        const { round, bucket } = input as { round: number; bucket: number };
        if (round === 0 && bucket === 1) {
          tries++;
          throw new errors.TransientError('not yet');
        }
        return { n: 0 };
      },
    });
    const result = await runMachine(asl, handlers, start, { retryDelays: 0 });
    expect(tries).toBe(4);
    expect(calls.ValidateFunction).toHaveLength(2 + 4 + 2 + 1);
    expect(result).toMatchObject({ status: 'failed', error: 'EngineError' });
    expect(result.path.filter((state) => state === 'Bucket failed')).toHaveLength(1);
  });
});

describe('groups of files', () => {
  const passed = (merges?: number[]) => () => ({
    status: 'passed',
    manifest: 'm',
    ...(merges && { merges }),
  });
  const mergeIn = (input: unknown) => (input as { merge?: number }).merge;
  const loads = { status: 'published', manifest: 'the/manifest.json' };

  test('are met between Validate and Load, and what they answer is not kept', async () => {
    const { handlers, calls } = stagesWith({
      ValidateFunction: passed([0, 1]),
      LoadFunction: (input) => (mergeIn(input) === undefined ? loads : { n: 0, more: 'y'.repeat(50_000) }),
    });
    const result = await runMachine(asl, handlers, start);
    expect(result.status).toBe('succeeded');
    expect(calls.LoadFunction).toEqual([
      ...[0, 1].map((merge) => ({ manifest: 'the/manifest.json', attempt, merge })),
      { manifest: 'the/manifest.json', attempt },
    ]);
    expect(JSON.stringify(result.output).length).toBeLessThan(500);
  });

  test.each([[[]], [undefined]])('there are none for %j, and no state more', async (merges) => {
    const { handlers } = stagesWith({ ValidateFunction: passed(merges) });
    const { path } = await runMachine(asl, handlers, start);
    expect(path.slice(-3)).toEqual(['Did it pass?', 'Load', 'Published']);
  });

  test('there are none of a run that is held, whatever it says', async () => {
    const { handlers, calls } = stagesWith({
      ValidateFunction: () => ({ status: 'held', reason: 'why', merges: [0] }),
    });
    expect(await runMachine(asl, handlers, start)).toMatchObject({ error: 'HeldByQualityGate' });
    expect(calls.LoadFunction).toBeUndefined();
  });

  test.each([
    ['TransientError', 4],
    ['UsageError', 1],
  ])('one that fails by %s is tried %i times, and fails nothing', async (name, times) => {
    const { handlers, calls } = stagesWith({
      ValidateFunction: passed([0, 1, 2]),
      LoadFunction: (input) => (mergeIn(input) === 1 ? failing(name)() : { ...loads, n: 0 }),
    });
    const { status, path } = await runMachine(asl, handlers, start, { retryDelays: 0 });
    expect(status).toBe('succeeded');
    expect(calls.LoadFunction!.filter((input) => mergeIn(input) === 1)).toHaveLength(times);
    expect(path.filter((state) => state === 'Group left')).toHaveLength(1);
  });

  test('a map that cannot be carried out leaves all to Load', async () => {
    const { handlers, calls } = stagesWith({
      ValidateFunction: passed([0]),
      LoadFunction: (input) => (mergeIn(input) === 0 ? failing('UsageError')() : loads),
    });
    const broken = structuredClone(asl) as { States: Record<string, any> };
    delete broken.States['Rewrite files'].ItemProcessor.States['Rewrite group'].Catch;
    const result = await runMachine(broken as unknown as Asl, handlers, start);
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(calls.LoadFunction!.map(mergeIn)).toEqual([0, undefined]);
  });
});
