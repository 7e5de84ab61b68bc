/** The two Maps beside that over chunks, on S3 and DynamoDB: rows in buckets, and files of a table met in groups. */

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { newBucket } from '../support/emulated-aws.ts';
import { emulatedWorld, runIn } from '../support/emulated-world.ts';
import { countsOf, linesOf, orders, readOrders, sorted, upsertInto, type Order } from '../support/orders.ts';
import { openSandbox } from '../support/sandbox.ts';

const sandbox = await openSandbox();
afterAll(() => sandbox.close());

const order = (id: number, at: number, op = 'I'): Order => ({
  id,
  day: `2026-01-0${1 + (id % 5)}`,
  at,
  text: `order ${id} at ${at}`,
  op,
});

test('upserts come to the table of a plain map, through both of them', async () => {
  const world = await emulatedWorld(join(sandbox.folder, 'aws'), {
    chunkBytes: 2000,
    bucketBytes: 2000,
    mergeBytes: 1,
  });
  const landing = await newBucket({ versioned: true });
  const expected = new Map<number, Order>();
  const runs = [
    Array.from({ length: 200 }, (_, i) => order(i % 90, i)),
    Array.from({ length: 120 }, (_, i) => order(i * 2, 300 + (i % 7), i % 10 === 0 ? 'D' : 'I')),
  ];
  const paths: (readonly string[])[] = [];
  for (const [n, rows] of runs.entries()) {
    const uri = `${landing}/orders/${n}.jsonl`;
    await world.files.write(uri, Buffer.from(linesOf(rows)));
    const { record, path } = await runIn(world, orders(), `e-${n}`, uri);
    const counts = upsertInto(expected, rows);
    expect(record).toMatchObject({ status: 'published', warnings: [] });
    expect(countsOf(record)).toEqual(counts);
    paths.push(path);
  }
  for (const path of paths) expect(path).toContain('Judge bucket');
  expect(paths.map((path) => path.includes('Rewrite files'))).toEqual([false, true]);
  expect(await readOrders(world)).toEqual(sorted(expected));
  const left = await Array.fromAsync(world.files.list(world.layout.work('orders', '')));
  expect(left).toEqual([]);
});
