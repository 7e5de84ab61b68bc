/** Upserts beside other writers, again, on tables that others made or changed: what is counted, and what is refused. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { definePipeline, format, sink, z, type Pipeline } from '../../../core/vocabulary.ts';
import { examine } from '../../../runtime/doctor.ts';
import { runObject } from '../../../runtime/local/run.ts';
import type { Progress, Tables } from '../../../runtime/ports.ts';
import { withQuery } from '../../../runtime/query/query.ts';
import { compactTable } from '../../../runtime/table/compact.ts';
import { independentReader } from '../../support/deltalake.ts';
import {
  appendingOrders,
  countsOf,
  linesOf,
  orders,
  readOrders,
  type Order,
  type OrdersOptions,
} from '../../support/orders.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const order = (id: number, at = 1, more: Partial<Order> = {}): Order => ({
  id,
  at,
  day: '2026-01-01',
  text: 'a',
  op: 'I',
  ...more,
});
const load = async (rows: readonly Order[], options: OrdersOptions = {}, again = false) =>
  box.run(orders(options), `${randomUUID()}.jsonl`, linesOf(rows), again);
const uri = (): string => box.world.layout.table('orders');
const files = async () => (await box.world.tables.snapshot(uri()))!.files;
const ids = async () => (await readOrders(box.world)).map(({ id }) => id);
const findings = async () =>
  (await examine(box.world, { isGone: async () => true, leftovers: async () => [], call: String })).findings;

describe('runs on one table at once', () => {
  /** Between what a run read of the table and its commit, another one comes in between. */
  const interrupted = (between: () => Promise<unknown>, times = 1): Tables => {
    let left = times;
    const { tables } = box.world;
    return {
      ...tables,
      async commit(at, change) {
        if (at === uri() && left-- > 0) await between();
        return tables.commit(at, change);
      },
    };
  };
  const loadIn = async (tables: Tables, rows: readonly Order[]) => {
    const at = `${box.folder}/${randomUUID()}.jsonl`;
    await box.world.files.write(at, Buffer.from(linesOf(rows)));
    return runObject({ ...box.world, tables }, orders(), { uri: at, retryDelays: 0 });
  };

  test('an update that another came before is made again on what that left, and counts what it did there', async () => {
    await load([order(1), order(2)]);
    const tables = interrupted(() => load([order(1, 3, { text: 'other' }), order(4)]));
    const run = await loadIn(tables, [
      order(1, 2, { text: 'mine' }),
      order(2, 2, { text: 'mine' }),
      order(4, 1),
    ]);
    // On the version that it read first it would have updated two and inserted one.
    expect(countsOf(run)).toMatchObject({
      loaded: 2,
      deduplicated: 1,
      inserted: 0,
      updated: 1,
      unchanged: 1,
    });
    expect((await readOrders(box.world)).map(({ id, text }) => [id, text])).toEqual([
      [1, 'other'],
      [2, 'mine'],
      [4, 'a'],
    ]);
    expect(await findings()).toEqual([]);
    // What the first try had put in place is not left behind.
    const named = new Set((await files()).map(({ path }) => `${uri()}/${path}`));
    const lying = (await Array.fromAsync(box.world.files.list(`${uri()}/${run.run}/`))).map(
      (file) => file.uri,
    );
    expect(lying.filter((file) => !named.has(file))).toEqual([]);
  });

  test('a compaction in between moves the rows, and nothing is lost', async () => {
    await load([order(1)]);
    await load([order(2)]);
    const tables = interrupted(() => compactTable(box.world, uri()));
    const run = await loadIn(tables, [order(1, 2), order(3)]);
    expect(countsOf(run)).toMatchObject({ inserted: 1, updated: 1 });
    expect(await ids()).toEqual([1, 2, 3]);
  });

  test('without looking at the version that was read, an update would be lost', async () => {
    await load([order(1), order(2)]);
    const blind: Tables = {
      ...box.world.tables,
      async commit(at, { readVersion: _readVersion, remove: _remove, ...change }) {
        return box.world.tables.commit(at, change);
      },
    };
    await loadIn(blind, [order(1, 2)]);
    expect(await ids()).toEqual([1, 1, 2, 2]);
  });

  test('counts that the log has lost are told as lost, and what the version added is not taken for left behind', async () => {
    await load([order(1)]);
    const forgetful: Tables = {
      ...box.world.tables,
      async commit(at, change) {
        const { version, repeated, deleted } = await box.world.tables.commit(at, change);
        return { version, repeated, deleted, added: undefined };
      },
    };
    const run = await loadIn(forgetful, [order(1, 2), order(2)]);
    expect(run).toMatchObject({ status: 'published', records: { read: 2, loaded: 2 } });
    expect(run.warnings.join()).toContain(
      'Version 1 of orders does not say any more what became of the rows',
    );
    expect(await ids()).toEqual([1, 2]);
  });

  test('it is made again as often as another comes before', async () => {
    await load([order(1)]);
    let at = 1;
    const run = await loadIn(
      interrupted(() => load([order(1, ++at)]), 3),
      [order(1, 9, { text: 'mine' })],
    );
    expect(countsOf(run)).toMatchObject({ updated: 1 });
    expect((await readOrders(box.world)).map((row) => [row.at, row.text])).toEqual([[9, 'mine']]);
    expect((await box.world.tables.snapshot(uri()))!.version).toBe(4);
  });
});

describe('the same content again', () => {
  test('meets its own rows, and changes what another definition makes of them', async () => {
    const rows = [order(1), order(2)];
    await load(rows);
    const same = await load(rows, {}, true);
    expect(countsOf(same)).toMatchObject({ loaded: 2, unchanged: 2, inserted: 0, updated: 0 });
    const snapshot = await box.world.tables.snapshot(uri());
    expect(snapshot!.files).toHaveLength(1);
    expect(await findings()).toEqual([]);
  });

  test('of a table that appends where an upsert put rows of many runs together is refused, with the way out', async () => {
    const plain = definePipeline({
      name: 'orders',
      owner: 'test',
      description: 'Orders, for tests.',
      row: z.object({
        id: z.int().nullable(),
        at: z.int().nullable(),
        day: z.iso.date().nullable(),
        text: z.string(),
        op: z.string(),
      }),
      sources: (source) => [source.files({ prefix: 'orders/', format: format.jsonl() })],
      gate: { rejected: { atMost: 1 } },
      sinks: (o) => [sink.lake({ table: 'orders', write: 'append', partitionBy: [o.day] })],
      sla: { latency: '10 minutes' },
    }) as unknown as Pipeline;
    const content = linesOf([order(1)]);
    await box.run(plain, 'a.jsonl', content);
    await load([order(1, 2)]);
    const again = await box.run(plain, 'a.jsonl', content, true);
    expect(again).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
    expect(again.error!.message).toMatch(/an upsert put rows of many runs.*`write: 'replace'`/);
    expect((await readOrders(box.world)).map(({ at }) => at)).toEqual([2]);
  });
});

describe('what the table holds', () => {
  test('several rows of one key: it is refused, as long as the run has that key', async () => {
    await box.run(appendingOrders(), 'a.jsonl', linesOf([order(1), order(1, 2), order(2)]));
    const run = await load([order(1, 3)]);
    expect(run).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
    expect(run.error!.message).toMatch(/several rows for each of 1 keys \(id\) of this run/);
    expect(countsOf(await load([order(2, 3)]))).toMatchObject({ updated: 1 });
    expect(await ids()).toEqual([1, 1, 2]);
  });

  test('columns that the rows lack keep their values where a row is updated or moves, and are null in new rows', async () => {
    const more = appendingOrders({ note: z.string().nullable() });
    const noted = [order(1), order(2)]
      .map((row) => JSON.stringify({ ...row, note: `note ${row.id}` }))
      .join('\n');
    await box.run(more, 'a.jsonl', noted);
    await load([order(1, 2), order(2, 2, { day: '2026-01-09' }), order(3)]);
    const rows = await withQuery(box.world, 'SELECT id, note FROM orders ORDER BY id', {}, (result) =>
      result.rows(10, 100),
    );
    expect(rows).toEqual([
      ['1', 'note 1'],
      ['2', 'note 2'],
      ['3', null],
    ]);
  });

  test('nested fields that the definition lacks are kept in rows that are not touched', async () => {
    const place = (shape: object) =>
      appendingOrders(
        { place: z.object(shape as never).nullable() },
        {
          sinks: (o) => [
            sink.lake({ table: 'orders', write: 'upsert', key: [o['id']!], partitionBy: [o['day']!] }),
          ],
        },
      );
    const line = (row: Order, city: string) => `${JSON.stringify({ ...row, place: { city, zip: 'z' } })}\n`;
    await box.run(
      place({ city: z.string(), zip: z.string().optional() }) as never,
      'a.jsonl',
      line(order(1), 'A') + line(order(2), 'B'),
    );
    await box.run(place({ city: z.string() }) as never, 'b.jsonl', line(order(1, 2), 'C'));
    const rows = await withQuery(
      box.world,
      'SELECT id, place.city, place.zip FROM orders ORDER BY id',
      {},
      (result) => result.rows(10, 100),
    );
    expect(rows).toEqual([
      ['1', 'C', null],
      ['2', 'B', 'z'],
    ]);
  });

  test('only files that can hold the keys are read, and only those with rows that change are written anew', async () => {
    for (const [i, day] of ['2026-01-01', '2026-01-02', '2026-01-03'].entries())
      await load([order(10 * i, 1, { day }), order(10 * i + 5, 1, { day })]);
    const before = await files();
    const read: string[] = [];
    const said: Progress[] = [];
    const watched = {
      ...box.world,
      notifications: { ...box.world.notifications, progress: (event: Progress) => void said.push(event) },
      files: {
        ...box.world.files,
        download: (from: string, to: string) => {
          if (from.startsWith(`${uri()}/`)) read.push(from);
          return box.world.files.download(from, to);
        },
      },
    };
    const at = `${box.folder}/more.jsonl`;
    // Within the reach of the first and the second file; the first has the key as it is.
    await box.world.files.write(
      at,
      Buffer.from(linesOf([order(0), order(15, 2, { day: '2026-01-02' }), order(17)])),
    );
    await runObject(watched, orders(), { uri: at });
    expect(read).toHaveLength(2);
    expect(said.flatMap(({ meets }) => meets ?? [])).toEqual([{ files: 2, of: 3 }]);
    const after = new Set((await files()).map(({ path }) => path));
    expect(before.map(({ path }) => after.has(path))).toEqual([true, false, true]);
  });

  test('what is read back by others is what we read, with the counts of the merge in the history', async (context) => {
    const reader = await independentReader();
    if (reader.missing) return context.skip(reader.missing);
    await load([order(1), order(2), order(3, 1, { day: null })]);
    await load([order(1, 2, { day: null }), order(2, 2, { op: 'D' }), order(3, 1, { day: null }), order(4)]);
    const seen = await reader.readTable(uri());
    expect(seen.rows.toSorted((a, b) => Number(a['id']) - Number(b['id']))).toEqual(
      (await readOrders(box.world)) as unknown,
    );
    const entry = `${uri()}/_delta_log/00000000000000000001.json`;
    const log = Buffer.concat(await Array.fromAsync(box.world.files.read(entry))).toString();
    expect(log).toMatch(
      /"numSourceRows":"4","numTargetRowsInserted":"1","numTargetRowsUpdated":"1","numTargetRowsDeleted":"1"/,
    );
  });
});

test('rows of more partitions than one statement writes, and of more than a table should have', async () => {
  const partitionBy = [{ column: 'id' }] as never;
  const many = appendingOrders(
    {},
    { sinks: () => [sink.lake({ table: 'orders', write: 'append', partitionBy })] },
  );
  const lines = (n: number): string => linesOf(Array.from({ length: n }, (_, id) => order(id)));
  expect(await box.run(many, 'many.jsonl', lines(600))).toMatchObject({
    status: 'published',
    records: { loaded: 600 },
  });
  expect((await files()).reduce((sum, { records }) => sum + records, 0)).toBe(600);
  expect(new Set((await files()).map(({ partitionValues }) => partitionValues['id'])).size).toBe(600);
  const over = await box.run(many, 'over.jsonl', lines(20_001));
  expect(over).toMatchObject({ status: 'failed', error: { name: 'LimitExceededError' } });
  expect(over.error!.message).toMatch(/20001 different values of id.*such as a day/s);
});
