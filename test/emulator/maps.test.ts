/** The two Maps beside that over chunks, on S3 and DynamoDB: rows in buckets, and files of a table met in groups. */

import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { afterAll, expect, test } from 'vitest';
import { definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import { runObject } from '../../runtime/local/run.ts';
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

/** The newest of each order, and of these the first of each text: two rounds, as the two have no column in common. */
const inRounds = definePipeline({
  name: 'orders',
  owner: 'test',
  description: 'Orders that meet by other columns in turn.',
  row: z.object({ id: z.int(), day: z.iso.date(), at: z.int(), text: z.string(), op: z.string() }),
  sources: (source) => [source.files({ prefix: 'orders/', format: format.jsonl() })],
  transform: (rows) =>
    rows.latest((o) => ({ per: [o.id], by: o.at })).dedupe((o) => ({ per: [o.text], keep: 'first' })),
  gate: { rejected: { atMost: 0 } },
  sinks: () => [sink.lake({ table: 'orders', write: 'append' })],
  sla: { latency: '10 minutes' },
}) as unknown as Pipeline;

test('rows that meet by other columns in turn come to what they are in one piece, round by round', async () => {
  const rows = Array.from({ length: 300 }, (_, i) => ({ ...order(i % 120, i), text: `text ${i % 70}` }));
  const uri = join(sandbox.folder, 'rounds.jsonl');
  await writeFile(uri, linesOf(rows));
  const whole = await runObject(sandbox.world, inRounds, { uri });
  const world = await emulatedWorld(join(sandbox.folder, 'aws'), { chunkBytes: 5000, bucketBytes: 5000 });
  const landing = await newBucket({ versioned: true });
  await world.files.write(`${landing}/orders/rounds.jsonl`, Buffer.from(linesOf(rows)));
  const { record, path } = await runIn(world, inRounds, 'e-rounds', `${landing}/orders/rounds.jsonl`);
  expect(path.filter((state) => state === 'Judge buckets').length).toBe(2);
  expect(record.status).toBe('published');
  expect(countsOf(record)).toEqual(countsOf(whole));
  expect(record.records.deduplicated).toBeGreaterThan(200);
  expect(await readOrders(world)).toEqual(await readOrders(sandbox.world));
});
