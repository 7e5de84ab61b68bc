/** Writes to a table of DynamoDB that others write to: which were lost to them, and when that is given up. */

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { TransientError } from '../../../core/errors.ts';
import { dynamoLedger } from '../../../runtime/aws/dynamo-ledger.ts';
import { dynamoTable } from '../../../runtime/aws/dynamo-table.ts';
import { registration, settled, SHA } from '../../support/conformance/ledger.ts';
import { cancelled, dynamoError, fakeDynamo } from '../../support/fake-dynamo.ts';

const { paused } = vi.hoisted(() => ({ paused: [] as number[] }));
/** The pauses between tries, which nobody has to wait for here. */
vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number) => void paused.push(ms),
}));
beforeEach(() => void paused.splice(0));

const item = { pk: 'a', sk: '1' };
/** A write of two items that fails so. */
const outcomeOf = (error: Error): Promise<unknown> => {
  const dynamo = fakeDynamo();
  dynamo.fault = () => error;
  return dynamoTable(dynamo.client, 'ledger')
    .change({ put: item }, { remove: { pk: 'b', sk: '1' } })
    .catch((thrown: unknown) => thrown);
};

describe('a transaction that was cancelled', () => {
  test.each([
    ['a condition', cancelled('None', 'ConditionalCheckFailed')],
    ['another transaction', cancelled('TransactionConflict', 'None')],
    ['both, where an item that was fine has no code', cancelledWith(undefined, 'ConditionalCheckFailed')],
  ])('by %s is a lost race', async (_what, error) => {
    expect(await outcomeOf(error)).toBe(false);
  });

  test.each([
    ['an item that is too large', cancelled('ValidationError', 'None')],
    ['a condition and an item that is too large', cancelled('ConditionalCheckFailed', 'ValidationError')],
    ['nothing that it tells', cancelled('None', 'None')],
    ['reasons that it does not tell', dynamoError('TransactionCanceledException')],
  ])('by %s is none: to try again would not help', async (_what, error) => {
    expect(await outcomeOf(error)).toBe(error);
  });
});

function cancelledWith(...codes: readonly (string | undefined)[]): Error {
  return dynamoError('TransactionCanceledException', {
    CancellationReasons: codes.map((Code) => (Code === undefined ? {} : { Code })),
  });
}

test('what nobody else writes to is written once, and nothing is waited for', async () => {
  const dynamo = fakeDynamo();
  const ledger = dynamoLedger(dynamo.client, 'ledger');
  await ledger.register(registration('x'));
  const key = { pipeline: 'orders', sha256: SHA, attempt: 1 };
  await ledger.decide(key, { outcome: 'publish', by: 'x', conclusion: 's3://work/c.json' });
  await ledger.settle(settled('x', 'published'));
  expect(dynamo.calls).toEqual(['Query', 'TransactWrite', 'Update', 'Query', 'TransactWrite']);
  expect(paused).toEqual([]);
});

describe('a race that is lost again and again', () => {
  test.each([
    [
      'for a content',
      'TransactWrite',
      (ledger) => ledger.register(registration('x')),
      'Other owners keep taking this content of orders; try again later.',
    ],
    [
      'for the end of a run',
      'TransactWrite',
      (ledger) => ledger.settle(settled('x', 'duplicate')),
      'Run run-of-x could not be settled: others keep writing to it. Try again later.',
    ],
    [
      'for a decision',
      'Update',
      (ledger) =>
        ledger.decide(
          { pipeline: 'orders', sha256: SHA, attempt: 1 },
          { outcome: 'publish', by: 'x', conclusion: 's3://work/c.json' },
        ),
      `Attempt 1 at ${SHA} of orders could not be decided: others keep writing to it.`,
    ],
  ] as readonly [string, string, (ledger: ReturnType<typeof dynamoLedger>) => Promise<unknown>, string][])(
    '%s is left to a later try',
    async (_what, command, call, message) => {
      const dynamo = fakeDynamo();
      const ledger = dynamoLedger(dynamo.client, 'ledger');
      if (command === 'Update') await ledger.register(registration('x'));
      dynamo.calls.splice(0);
      dynamo.fault = (name) =>
        name !== command
          ? undefined
          : name === 'Update'
            ? dynamoError('ConditionalCheckFailedException')
            : cancelled('ConditionalCheckFailed', 'None');
      await expect(call(ledger)).rejects.toThrow(new TransientError(message));
      expect(dynamo.calls.filter((name) => name === command)).toHaveLength(10);
      // Each waits longer than the one before, by chance up to half less.
      expect(paused).toHaveLength(10);
      for (const [tries, ms] of paused.entries()) {
        const longest = 20 * 2 ** Math.min(tries, 7);
        expect(ms).toBeGreaterThanOrEqual(longest / 2);
        expect(ms).toBeLessThan(longest);
      }
    },
  );
});
