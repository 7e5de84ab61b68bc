/** The batch state machine: what its document says, every ending, and the limit on what is handed on. */

import aslValidator from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { PAYLOAD_LIMIT, runMachine, type Asl } from '../../runtime/local/machine.ts';
import { asl, attempt, planned, stagesWith, start, transient } from '../support/batch.ts';

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
