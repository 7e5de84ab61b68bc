/** The adapter around the ASL interpreter, beyond what the batch machine needs of it. */

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runMachine, type Asl } from '../../../runtime/local/machine.ts';

const one = (resource: string, more: object = {}): Asl => ({
  StartAt: 'Only',
  States: { Only: { Type: 'Task', Resource: resource, End: true, ...more } },
});

describe('a resource', () => {
  test.each([
    ['${OtherFunction}', 'a name that no handler has'],
    [
      'arn:aws:lambda:eu-central-1:123456789012:function:f',
      'a real function: nothing must be called over the network',
    ],
  ])('%s is refused (%s)', async (resource) => {
    await expect(runMachine(one(resource), { ThisFunction: () => null }, {})).rejects.toThrow(
      'for which there is no local handler. There are: ThisFunction.',
    );
  });
});

describe('what passes between states', () => {
  test('is JSON, as on AWS: no dates, no undefined, no object that two states share', async () => {
    const given = { at: new Date('2026-01-02T03:04:05Z'), nothing: undefined };
    const result = await runMachine(one('${F}'), { F: (input) => ({ input, nothing: undefined }) }, given);
    expect(result.output).toStrictEqual({ input: { at: '2026-01-02T03:04:05.000Z' } });
  });

  test('an answer of nothing is null', async () => {
    expect((await runMachine(one('${F}'), { F: () => undefined }, {})).output).toBeNull();
  });

  test('the definition is not changed by a run', async () => {
    const asl = one('${F}', { TimeoutSeconds: 900 });
    const before = structuredClone(asl);
    await runMachine(asl, { F: () => null }, {}, { concurrency: 1 });
    expect(asl).toEqual(before);
  });
});

test('the context object names the execution', async () => {
  const asl = one('${F}', { Parameters: { 'name.$': '$$.Execution.Name', 'id.$': '$$.Execution.Id' } });
  const { output } = await runMachine(asl, { F: (input) => input }, {}, { execution: 'movies-1' });
  expect(output).toEqual({ name: 'movies-1', id: expect.stringMatching(/:movies-1$/) });
});

test('a task is not timed out here: its function could not be stopped and would go on beside its retry', async () => {
  const asl = one('${F}', {
    TimeoutSeconds: 1,
    Retry: [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 3 }],
  });
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let calls = 0;
  const slow = async () => {
    calls++;
    await new Promise((done) => setTimeout(done, 3_600_000));
    return 'done';
  };
  const ended = runMachine(asl, { F: slow }, {});
  await vi.advanceTimersByTimeAsync(3_600_001);
  expect(await ended).toMatchObject({ status: 'succeeded', output: 'done' });
  expect(calls).toBe(1);
});

test('two executions at once do not see each other', async () => {
  const asl = one('${F}');
  const results = await Promise.all(
    [1, 2, 3].map((n) => runMachine(asl, { F: (input) => input }, { n }, { execution: `e${n}` })),
  );
  expect(results.map((result) => result.output)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});
