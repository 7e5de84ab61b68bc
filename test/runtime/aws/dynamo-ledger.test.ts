import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { TransientError, UsageError } from '../../../core/errors.ts';
import { dynamoLedger } from '../../../runtime/aws/dynamo-ledger.ts';
import type { AttemptKey, Decision, Ledger } from '../../../runtime/ports.ts';
import type { RunRecord } from '../../../runtime/result.ts';
import { ledgerConformance, registration, settled, SHA } from '../../support/conformance/ledger.ts';
import {
  cancelled,
  dynamoError,
  fakeDynamo,
  type DynamoFault,
  type FakeDynamo,
} from '../../support/fake-dynamo.ts';
import { aReason } from '../../support/records.ts';

const key: AttemptKey = { pipeline: 'orders', sha256: SHA, attempt: 1 };
const decision: Decision = { outcome: 'publish', by: 'x', conclusion: 's3://work/c.json' };

function newLedger(fault?: DynamoFault): { ledger: Ledger; dynamo: FakeDynamo } {
  const dynamo = fakeDynamo();
  if (fault) dynamo.fault = fault;
  return { dynamo, ledger: dynamoLedger(dynamo.client, 'ledger') };
}

/** The fault for the first calls of that command. */
const first = (command: string, ...faults: readonly ReturnType<DynamoFault>[]): DynamoFault => {
  let seen = 0;
  return (name) => (name === command ? faults[seen++] : undefined);
};

/** Text that cannot be packed, the same at each call. */
const noise = (seed: number): string =>
  Array.from({ length: 12 }, (_, i) => createHash('sha384').update(`${seed}/${i}`).digest('base64')).join('');

const longRecord = (owner: string, message: (i: number) => string, attempt = 1): RunRecord =>
  settled(owner, 'published-with-rejects', attempt, {
    reasons: Array.from({ length: 1000 }, (_, i) => aReason({ message: message(i), records: 1000 - i })),
    warnings: ['the first warning'],
  });

describe('the ledger in DynamoDB', () => {
  ledgerConformance(async () => {
    const { client } = fakeDynamo();
    return { ledger: dynamoLedger(client, 'ledger'), other: dynamoLedger(client, 'ledger') };
  });

  test('is four kinds of items; only the history expires, and what is settled is no longer open', async () => {
    const { client, items } = fakeDynamo();
    const ledger = dynamoLedger(client, 'ledger', { now: () => Date.parse('2026-11-21T10:00:00Z') });
    await ledger.register(registration('x'));
    await ledger.register(registration('y', { sha256: 'b'.repeat(64) }));
    await ledger.settle(settled('x', 'published'));
    await ledger.settle(settled('z', 'duplicate'));
    const expires = Date.parse('2027-12-26T10:00:00Z') / 1000;
    expect([...items.values()].map(({ pk, expires }) => [pk, expires]).toSorted()).toEqual([
      [`orders#content#${SHA}`, undefined],
      [`orders#content#${'b'.repeat(64)}`, undefined],
      ['orders#history', expires],
      ['orders#history', expires],
      ['orders#lines', expires],
      ['orders#open', undefined],
    ]);
  });

  test('every read is consistent: one that is not could miss what was published a moment ago', async () => {
    const reads: unknown[] = [];
    const { ledger } = newLedger((command, input) => {
      if (/^(Get|Query)$/.test(command)) reads.push((input as { ConsistentRead?: boolean }).ConsistentRead);
      if (command === 'BatchGet') {
        reads.push(
          (input as { RequestItems: { ledger: { ConsistentRead?: boolean } } }).RequestItems.ledger
            .ConsistentRead,
        );
      }
      return undefined;
    });
    await ledger.register(registration('x'));
    await ledger.decide(key, decision);
    await ledger.decide(key, decision);
    await Array.fromAsync(ledger.unsettled('orders'));
    await ledger.settle(settled('x', 'published'));
    await ledger.history('orders', 5);
    expect(reads.length).toBeGreaterThan(5);
    expect(new Set(reads)).toEqual(new Set([true]));
  });

  test('an execution that is gone leaves its attempt at once', async () => {
    const { client } = fakeDynamo();
    const gone = new Set<string>();
    const ledger = dynamoLedger(client, 'ledger', { isGone: async (_, owner) => gone.has(owner) });
    await ledger.register(registration('x'));
    await expect(ledger.register(registration('y'))).rejects.toThrow(TransientError);
    gone.add('x');
    expect(await ledger.register(registration('y'))).toMatchObject({
      status: 'unfinished',
      attempt: { owner: 'x' },
    });
  });
});

describe('a ledger whose calls fail', () => {
  test('of an answer that was lost the next try finds what it did', async () => {
    const { ledger, dynamo } = newLedger(first('TransactWrite', 'lost'));
    await expect(ledger.register(registration('x'))).rejects.toThrow(TransientError);
    expect(await ledger.register(registration('x'))).toMatchObject({ status: 'started', attempt: 1 });
    dynamo.fault = first('Update', 'lost');
    await expect(ledger.decide(key, decision)).rejects.toThrow(TransientError);
    expect(await ledger.decide(key, { ...decision, outcome: 'fail' })).toEqual(decision);
    dynamo.fault = first('TransactWrite', 'lost');
    await expect(ledger.settle(settled('x', 'published'))).rejects.toThrow(TransientError);
    expect(await ledger.settle(settled('x', 'published'))).toEqual(settled('x', 'published'));
    dynamo.fault = first('TransactWrite', 'lost');
    await expect(ledger.settle(settled('y', 'duplicate'))).rejects.toThrow(TransientError);
    await ledger.settle(settled('y', 'duplicate'));
    expect((await ledger.history('orders', 9)).map(({ run }) => run)).toEqual(['run-of-y', 'run-of-x']);
    expect(await Array.fromAsync(ledger.unsettled('orders'))).toEqual([]);
  });

  test('a transaction that met another is made again', async () => {
    const conflict = () => cancelled('TransactionConflict', 'None');
    const { ledger, dynamo } = newLedger(first('TransactWrite', conflict(), conflict()));
    expect(await ledger.register(registration('x'))).toMatchObject({ status: 'started' });
    dynamo.fault = first('TransactWrite', conflict());
    expect(await ledger.settle(settled('x', 'published'))).toEqual(settled('x', 'published'));
    expect(await ledger.history('orders', 9)).toHaveLength(1);
  });

  test.each([
    ['throttled', dynamoError('ThrottlingException'), TransientError],
    ['out of its capacity', dynamoError('ProvisionedThroughputExceededException'), TransientError],
    ['throttled in a transaction', cancelled('None', 'ThrottlingError'), TransientError],
    ['ill', dynamoError('InternalServerError'), TransientError],
    ['not there', dynamoError('ResourceNotFoundException'), UsageError],
    ['forbidden', dynamoError('AccessDeniedException'), UsageError],
  ])('a table that is %s is told as such', async (_what, fault, type) => {
    const { ledger } = newLedger(() => fault);
    const writing = newLedger((command) => (command === 'TransactWrite' ? fault : undefined)).ledger;
    const calls: Promise<unknown>[] = [
      writing.register(registration('x')),
      writing.settle(settled('x', 'duplicate')),
      ...(fault.name === 'TransactionCanceledException'
        ? []
        : [ledger.attempts('orders', SHA), ledger.history('orders', 1), ledger.decide(key, decision)]),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(type) });
    }
  });

  test('what one answer leaves unprocessed is asked for again, and given up in the end', async () => {
    const { ledger, dynamo } = newLedger();
    const shas = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(64));
    for (const sha256 of shas) await ledger.register(registration('x', { sha256 }));
    dynamo.answered = 2;
    const open = await Array.fromAsync(ledger.unsettled('orders'));
    expect(open.map(({ sha256 }) => sha256).toSorted()).toEqual(shas);
    expect(dynamo.calls.filter((command) => command === 'BatchGet')).toHaveLength(3);
    dynamo.answered = 0;
    await expect(Array.fromAsync(ledger.unsettled('orders'))).rejects.toThrow(
      /left 5 items unread after 8 tries/,
    );
  });
});

test('a record that an item has room for is a text in it', async () => {
  const { ledger, dynamo } = newLedger();
  await ledger.settle(settled('x', 'failed'));
  const line = [...dynamo.items.values()].find(({ pk }) => pk === 'orders#history');
  expect(line!['record']).toBe(JSON.stringify(settled('x', 'failed')));
});

test('a duplicate ends no attempt, though it be called like one', async () => {
  const { ledger } = newLedger();
  await ledger.register(registration('x'));
  const duplicate = { ...settled('y', 'duplicate'), run: 'run-of-x' };
  expect(await ledger.settle(duplicate)).toEqual(duplicate);
  expect((await ledger.attempts('orders', SHA))[0]!.record).toBeUndefined();
});

describe('what an item has no room for', () => {
  test('is packed, and kept whole; as it is the table would refuse it', async () => {
    const { ledger, dynamo } = newLedger();
    const record = longRecord('x', (i) => `${i} `.padEnd(700, '👍'));
    await ledger.register(registration('x'));
    expect(await ledger.settle(record)).toEqual(record);
    expect(await ledger.history('orders', 1)).toEqual([record]);
    expect((await ledger.attempts('orders', SHA))[0]!.record).toEqual(record);
    const line = [...dynamo.items.values()].find(({ pk }) => pk === 'orders#history');
    expect(line).toMatchObject({ run: 'run-of-x', status: 'published-with-rejects' });
    expect(line!['record']).toBeInstanceOf(Uint8Array);
    expect(Buffer.byteLength(JSON.stringify(record))).toBeGreaterThan(400 * 1024);
  });

  test('and cannot be packed is cut after the most frequent reasons, with a warning that says so', async () => {
    const { ledger } = newLedger();
    const record = longRecord('x', noise);
    await ledger.register(registration('x'));
    expect(await ledger.settle(record)).toEqual(record);
    const [cut] = await ledger.history('orders', 1);
    const length = cut!.reasons.length;
    expect(length).toBeGreaterThan(300);
    expect(cut).toEqual({
      ...record,
      reasons: record.reasons.slice(0, length),
      warnings: [
        'the first warning',
        `The ledger holds only ${length} of 1000 reasons and 1 of 1 warnings of this run: an item of DynamoDB has room ` +
          'for 400 KB. All are in /out/report.json.',
      ],
    });
    // Who settles it again has the reasons in hand; another ending of the run is none of its matter.
    expect(await ledger.settle({ ...record, settledAt: '2026-11-21T11:00:00.000Z' })).toEqual(record);
    expect(await ledger.settle(settled('x', 'failed'))).toEqual(cut);
  });
});

describe('what a ledger refuses', () => {
  test('names that could be those of other items', async () => {
    const { ledger } = newLedger();
    await expect(ledger.register(registration('x', { pipeline: 'a#open' }))).rejects.toThrow(
      'not the name of a pipeline',
    );
    await expect(ledger.register(registration('x', { sha256: 'a#b' }))).rejects.toThrow('not a SHA-256');
    await expect(ledger.settle(settled('x', 'failed', 1, { pipeline: 'a/b' }))).rejects.toThrow(UsageError);
  });

  test('an item that is not what it writes, by its key; and a decision about nothing', async () => {
    const { ledger, dynamo } = newLedger();
    const item = { pk: `orders#content#${SHA}`, sk: '000000001' };
    dynamo.items.set('x', { ...item, run: 'r' });
    await expect(ledger.register(registration('y'))).rejects.toThrow(
      /"000000001"\] is no entry of the ledger: .*owner/s,
    );
    dynamo.items.set('x', { pk: 'orders#history', sk: '1', record: 'torn' });
    await expect(ledger.history('orders', 1)).rejects.toThrow('its record is not JSON');
    dynamo.items.clear();
    await expect(ledger.decide(key, decision)).rejects.toThrow('was never registered');
  });
});
