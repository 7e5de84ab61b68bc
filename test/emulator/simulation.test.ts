/** The simulation over S3 and DynamoDB: the same faults, the same judge, fewer seeds. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { dynamoLedger } from '../../runtime/aws/dynamo-ledger.ts';
import { s3Files } from '../../runtime/aws/s3-files.ts';
import { layoutOf } from '../../runtime/layout.ts';
import { ledgerInTurns, type Place } from '../simulation/place.ts';
import { scenarioOf } from '../simulation/scenario.ts';
import { openBench, simulate, type Bench } from '../simulation/simulate.ts';
import { withAll } from '../simulation/mechanisms.ts';
import { clients, newBucket, newTable } from '../support/emulated-aws.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function awsPlace(): Promise<Place> {
  const [bucket, table] = await Promise.all([newBucket(), newTable()]);
  const files = s3Files(clients.s3);
  return {
    layout: layoutOf(bucket),
    files,
    ledgerOf: ({ call, isGone }) => ledgerInTurns(dynamoLedger(clients.dynamo, table, { isGone }), call),
    async contents() {
      const kept = new Map<string, Uint8Array>();
      for await (const { uri } of files.list(`${bucket}/`)) {
        kept.set(uri, Buffer.concat(await Array.fromAsync(files.read(uri))));
      }
      return kept;
    },
    canBeExamined: false,
  };
}

const SEEDS = 15;
const FIRST = Number(process.env['SLUICE_SEED'] ?? 0);

test(`${SEEDS} seeds from ${FIRST} on`, { timeout: 600_000 }, async () => {
  let faults = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const { violations, happened } = await simulate(bench, scenarioOf(seed), withAll, await awsPlace());
    expect(violations, `seed ${seed}`).toEqual([]);
    for (const n of happened.values()) faults += n;
  }
  expect(faults).toBeGreaterThan(SEEDS / 2);
});
