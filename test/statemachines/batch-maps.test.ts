/** The maps of the batch state machine: chunks, buckets in rounds, groups of files, and children that fail. */

import { describe, expect, test } from 'vitest';
import * as errors from '../../core/errors.ts';
import { PAYLOAD_LIMIT, runMachine, type Asl, type MachineEvent } from '../../runtime/local/machine.ts';
import { roundTask } from '../../runtime/rounds.ts';
import { asl, attempt, failing, planned, stagesWith, start } from '../support/batch.ts';

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
