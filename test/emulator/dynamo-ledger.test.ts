import { createHash } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { dynamoLedger } from '../../runtime/aws/dynamo-ledger.ts';
import { ledgerConformance, registration, settled, SHA } from '../support/conformance/ledger.ts';
import { clients, newTable } from '../support/emulated-aws.ts';
import { aReason } from '../support/records.ts';

describe('the ledger in DynamoDB', () => {
  ledgerConformance(async () => {
    const table = await newTable();
    return { ledger: dynamoLedger(clients.dynamo, table), other: dynamoLedger(clients.dynamo, table) };
  });

  test('only the history may go; what was published is known for ever, and what is settled is no longer open', async () => {
    const table = await newTable();
    const ledger = dynamoLedger(clients.dynamo, table, { now: () => Date.parse('2026-11-21T10:00:00Z') });
    await ledger.register(registration('x'));
    await ledger.settle(settled('x', 'published'));
    await ledger.settle(settled('y', 'duplicate'));
    const { Items = [] } = await clients.dynamo.send(new ScanCommand({ TableName: table }));
    const expires = Date.parse('2027-12-26T10:00:00Z') / 1000;
    expect(Items.map(({ pk, expires }) => [pk, expires]).sort()).toEqual([
      [`orders#content#${SHA}`, undefined],
      ['orders#history', expires],
      ['orders#history', expires],
      ['orders#lines', expires],
    ]);
  });

  test('a record longer than an item is kept whole where it can be packed, and cut with a word where not', async () => {
    const table = await newTable();
    const ledger = dynamoLedger(clients.dynamo, table);
    const reasonsOf = (message: (i: number) => string) =>
      Array.from({ length: 1000 }, (_, i) => aReason({ message: message(i), records: 1000 - i }));
    const packable = settled('x', 'published-with-rejects', 1, {
      reasons: reasonsOf((i) => `${i} `.padEnd(700, '👍')),
    });
    await ledger.register(registration('x'));
    expect(await ledger.settle(packable)).toEqual(packable);
    expect(await ledger.history('orders', 1)).toEqual([packable]);

    const reasons = reasonsOf((i) => noise(i, 700));
    const record = settled('y', 'published-with-rejects', 2, { reasons });
    await ledger.register(registration('y', { again: true }));
    expect(await ledger.settle(record)).toEqual(record);
    const [cut] = await ledger.history('orders', 1);
    expect(cut!.reasons.length).toBeGreaterThan(400);
    expect(cut!.reasons).toEqual(reasons.slice(0, cut!.reasons.length));
    expect(cut!.warnings).toEqual([
      `The ledger holds only ${cut!.reasons.length} of 1000 reasons and 0 of 0 warnings of this run: an item of ` +
        'DynamoDB has room for 400 KB. All are in /out/report.json.',
    ]);
    expect((await ledger.attempts('orders', SHA))[1]!.record).toEqual(cut);
    // Who settles it again has the reasons in hand, which the item has not.
    const again = await ledger.settle({ ...record, settledAt: '2026-11-21T11:00:00.000Z' });
    expect(again).toEqual(record);
  });

  test('more attempts than one request reads are listed while they are open', async () => {
    const ledger = dynamoLedger(clients.dynamo, await newTable());
    const owners = Array.from({ length: 130 }, (_, i) => `x${i}`);
    for (const [i, owner] of owners.entries()) {
      await ledger.register(registration(owner, { sha256: i.toString(16).padStart(64, '0') }));
    }
    const open = await Array.fromAsync(ledger.unsettled('orders'));
    expect(open.map(({ owner }) => owner).toSorted()).toEqual(owners.toSorted());
  });
});

/** Text that cannot be packed, the same at each call. */
const noise = (seed: number, length: number): string =>
  Array.from({ length: Math.ceil(length / 64) }, (_, i) =>
    createHash('sha384').update(`${seed}/${i}`).digest('base64'),
  ).join('');
