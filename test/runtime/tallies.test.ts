/** Reasons are counted by what they say; of too many the most frequent are told, and that there are more. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { check, z } from '../../core/vocabulary.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

/** Rejects each record by a reason of its own, and some by a check. */
const many = pipelineOf({
  row: z.object({
    id: z.string().refine((id) => id.startsWith('ok'), { error: (issue) => `not ${String(issue.input)}` }),
    n: z.int(),
  }),
  checks: (o) => [check.between(o.n, { max: 5 }), check.between(o.n, { min: 2 })],
});

const lines = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, i) => `r${from + i},3\n`).join('');
const MORE = 'There are more than 1000 different reasons; only the quarantine has them all.';

describe('as many as a run tells', () => {
  test.each([
    [1000, []],
    [1001, [MORE]],
  ])('%d reasons', async (count, warnings) => {
    const run = await box.run(many, 'a.csv', `id,n\n${lines(count)}`);
    expect(run.records).toMatchObject({ read: count, quarantined: count });
    expect(run.reasons).toHaveLength(1000);
    expect(run.warnings).toEqual(warnings);
    expect(await box.quarantine()).toHaveLength(count);
  });

  test('of several chunks, none of which has so many', async () => {
    const few = await openSandbox({ chunkBytes: 2500 });
    try {
      const run = await few.run(many, 'a.csv', `id,n\n${lines(1200, 1000)}`);
      expect(run.records).toMatchObject({ read: 1200, quarantined: 1200 });
      expect(run.reasons).toHaveLength(1000);
      expect(run.warnings).toEqual([MORE]);
    } finally {
      await few.close();
    }
  });
});

test('those of checks are told however many others there are, each check with its own number', async () => {
  const run = await box.run(many, 'a.csv', `id,n\n${lines(2000)}ok1,1\nok2,2\nok6,6\nok7,7\n`);
  expect(run.records).toMatchObject({ loaded: 1, quarantined: 2003 });
  expect(run.checks.map(({ passed, message }) => [passed, message])).toEqual([
    [false, '2 records rejected by: n at most 5'],
    [false, '1 record rejected by: n at least 2'],
  ]);
  expect(run.reasons).toHaveLength(1002);
});

test('a check of one column says nothing of those of another', async () => {
  const two = pipelineOf({
    row: z.object({ a: z.int(), b: z.int() }),
    checks: (o) => [check.between(o.a, { max: 5 }), check.between(o.b, { max: 5 })],
  });
  const run = await box.run(two, 'a.csv', 'a,b\n1,9\n1,1\n');
  expect(run.checks.map(({ passed }) => passed)).toEqual([true, false]);
});

test('a reason of the schema is not counted as one of a check that has the same words', async () => {
  const words = 'expected at most 5, found a number outside';
  const alike = pipelineOf({
    row: z.object({ id: z.string(), n: z.int().max(9, { error: words }) }),
    checks: (o) => [check.between(o.n, { max: 5 })],
  });
  const run = await box.run(alike, 'a.csv', 'id,n\na,10\nb,3\n');
  expect(run.reasons).toMatchObject([{ column: 'n', code: 'too_big', message: words, records: 1 }]);
  expect(run.checks.map(({ passed, message }) => [passed, message])).toEqual([
    [true, '0 records rejected by: n at most 5'],
  ]);
  const both = await box.run(alike, 'b.csv', 'id,n\na,10\nb,6\nc,7\n');
  expect(both.reasons.map(({ message }) => message)).toEqual([words, words]);
  expect(both.checks.map(({ message }) => message)).toEqual(['2 records rejected by: n at most 5']);
});
