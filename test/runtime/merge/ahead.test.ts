/** Files met ahead of the load: what is taken over after a lost race, what is met again, and what each guard is for. */

import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientError } from '../../../core/errors.ts';
import { z, type Pipeline } from '../../../core/vocabulary.ts';
import { examine } from '../../../runtime/doctor.ts';
import { load as loadStage } from '../../../runtime/load.ts';
import { runObject } from '../../../runtime/local/run.ts';
import type { LocalWorld } from '../../../runtime/local/world.ts';
import type { Ahead } from '../../../runtime/merge/task.ts';
import type { Files, Progress, Tables } from '../../../runtime/ports.ts';
import type { RunRecord } from '../../../runtime/result.ts';
import { compactTable } from '../../../runtime/table/compact.ts';
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

const days = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'];
/** An order whose partition follows from its number. */
const order = (id: number, at = 1, more: Partial<Order> = {}): Order => ({
  id,
  at,
  day: days[id % 4]!,
  text: 'a',
  op: 'I',
  ...more,
});
const uri = (): string => box.world.layout.table('orders');
const load = (rows: readonly Order[], options: OrdersOptions = {}) =>
  box.run(orders(options), `${randomUUID()}.jsonl`, linesOf(rows));
const texts = async () => (await readOrders(box.world)).map(({ id, text }) => `${id}${text}`);
const files = async () => (await box.world.tables.snapshot(uri()))!.files;

interface Watched {
  readonly run: RunRecord;
  /** How often each file of the table was read, by its path. */
  readonly reads: Map<string, number>;
  readonly said: Progress[];
}

/** A run whose files are met ahead, each in a group of its own if they are of different partitions. */
async function aheadRun(
  rows: readonly Order[],
  { mergeBytes = 1, ...on }: Partial<LocalWorld> & { mergeBytes?: number } = {},
  pipeline: Pipeline = orders(),
): Promise<Watched> {
  const at = `${box.folder}/${randomUUID()}.jsonl`;
  await writeFile(at, linesOf(rows));
  const reads = new Map<string, number>();
  const said: Progress[] = [];
  const { limits, notifications } = box.world;
  const below = on.files ?? box.world.files;
  const world: LocalWorld = {
    ...box.world,
    ...on,
    limits: { ...limits, mergeBytes },
    notifications: { ...notifications, progress: (event) => void said.push(event) },
    files: {
      ...below,
      async download(from, to) {
        if (from.startsWith(`${uri()}/`)) {
          const path = from.slice(uri().length + 1);
          reads.set(path, (reads.get(path) ?? 0) + 1);
        }
        return below.download(from, to);
      },
    },
  };
  return { run: await runObject(world, pipeline, { uri: at, retryDelays: 0 }), reads, said };
}

/** Something comes in between: before a version is committed, or before the load meets the table. */
const between = (when: 'commit' | 'check', act: () => Promise<unknown>): Partial<LocalWorld> => {
  let left = 1;
  const { tables } = box.world;
  const first = async (at: string) => void (at === uri() && left-- > 0 && (await act()));
  const watched: Tables = {
    ...tables,
    check: async (at, change) => (when === 'check' && (await first(at)), tables.check(at, change)),
    commit: async (at, change) => (when === 'commit' && (await first(at)), tables.commit(at, change)),
  };
  return { tables: watched };
};

/** A store that keeps results of groups otherwise than they were. */
const tampering = (change: (ahead: Ahead) => void): Files => {
  const { files: store } = box.world;
  return {
    ...store,
    async write(at, content, options) {
      if (!/\/ahead\/[^/]+\/\d+\.json$/.test(at)) return store.write(at, content, options);
      const ahead = JSON.parse(Buffer.from(content as Uint8Array).toString()) as Ahead;
      change(ahead);
      return store.write(at, Buffer.from(JSON.stringify(ahead)), options);
    },
  };
};

const eight = Array.from({ length: 8 }, (_, id) => order(id));
const changed = [0, 1, 2, 3].map((id) => order(id, 2, { text: 'mine' }));
const mine = ['0mine', '1mine', '2mine', '3mine', '4a', '5a', '6a', '7a'];

/** Nothing is left behind, and the doctor finds nothing. */
async function clean({ run }: RunRecord): Promise<void> {
  const named = new Set((await files()).map(({ path }) => `${uri()}/${path}`));
  const lying = await Array.fromAsync(box.world.files.list(`${uri()}/${run}/`));
  expect(lying.filter((file) => !named.has(file.uri))).toEqual([]);
  const how = { isGone: async () => true, leftovers: async () => [], call: String };
  expect((await examine(box.world, how)).findings).toEqual([]);
}

test('every file is read once, by the group that it is of; how many is said before', async () => {
  await load(eight);
  const { run, reads, said } = await aheadRun([...changed, order(9)]);
  expect(countsOf(run)).toMatchObject({ inserted: 1, updated: 4, unchanged: 0 });
  expect(run.warnings).toEqual([]);
  expect([...reads.values()]).toEqual([1, 1, 1, 1]);
  expect(said.flatMap(({ stage, meets }) => (meets ? [{ stage, ...meets }] : []))).toEqual([
    { stage: 'validate', files: 4, of: 4, groups: 4 },
    { stage: 'load', files: 4, of: 4 },
  ]);
  expect(await texts()).toEqual([...mine, '9a']);
  await clean(run);
});

test('few bytes are met by the load alone, and nothing is planned', async () => {
  await load(eight);
  const { said } = await aheadRun(changed, { mergeBytes: 1024 * 1024 });
  expect(said.flatMap(({ stage, meets }) => (meets ? [stage] : []))).toEqual(['load']);
});

describe('another run comes before', () => {
  const other = () => load([order(2, 5, { text: 'other' })]);
  const after = ['0mine', '1mine', '2other', '3mine', '4a', '5a', '6a', '7a'];

  test.each(['check', 'commit'] as const)(
    'at the %s: only the file that it wrote is met, and what it changed is not lost',
    async (when) => {
      await load(eight);
      const before = new Set((await files()).map(({ path }) => path));
      const { run, reads } = await aheadRun(changed, between(when, other));
      expect(countsOf(run)).toMatchObject({ updated: 3, deduplicated: 1 });
      expect(await texts()).toEqual(after);
      expect([...reads].filter(([path]) => before.has(path)).map(([, times]) => times)).toEqual([1, 1, 1, 1]);
      expect([...reads].filter(([path]) => !before.has(path)).map(([, times]) => times)).toEqual([1]);
      await clean(run);
    },
  );

  test('without what was met ahead, every file is met again', async () => {
    await load(eight);
    const { run, reads } = await aheadRun(changed, { mergeBytes: 2 ** 30, ...between('commit', other) });
    expect(countsOf(run)).toMatchObject({ updated: 3, deduplicated: 1 });
    expect(await texts()).toEqual(after);
    expect([...reads.values()].reduce((sum, times) => sum + times, 0)).toBe(8);
  });

  test('a compaction moves all rows: everything is met again, once', async () => {
    await load(eight);
    await load([order(8), order(9), order(10), order(11)]);
    const { run } = await aheadRun(
      changed,
      between('check', () => compactTable(box.world, uri())),
    );
    expect(countsOf(run)).toMatchObject({ updated: 4, inserted: 0 });
    expect(await texts()).toEqual([...mine, '8a', '9a', '10a', '11a']);
    await clean(run);
  });

  test('a new column of the table makes another shape: nothing is taken over', async () => {
    await load(eight);
    const add = () =>
      box.run(
        appendingOrders({ note: z.string().nullable() }),
        'noted.jsonl',
        JSON.stringify({ ...order(20), note: 'new' }),
      );
    const { run, reads } = await aheadRun(changed, between('check', add));
    expect(countsOf(run)).toMatchObject({ updated: 4 });
    expect([...reads.values()].toSorted()).toEqual([2, 2, 2, 2]);
    expect(await texts()).toEqual([...mine, '20a']);
    await clean(run);
  });
});

describe('files that became one', () => {
  const both = [order(0, 2, { text: 'mine' }), order(8, 2, { text: 'mine' }), order(1, 2, { text: 'mine' })];

  /** Two files of one partition, which are one group and become one file, beside one of another. */
  async function three(): Promise<number> {
    await load([order(0), order(4), order(1)]);
    await load([order(8), order(12)]);
    const sizes = (await files()).map(({ size, partitionValues }) =>
      partitionValues['day'] === days[0] ? size : 0,
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  test('are taken over together', async () => {
    const { run, reads } = await aheadRun(both, { mergeBytes: await three() });
    expect([...reads.values()]).toEqual([1, 1, 1]);
    expect(await files()).toHaveLength(2);
    expect(await texts()).toEqual(['0mine', '1mine', '4a', '8mine', '12a']);
    await clean(run);
  });

  test('or not at all: where another changed one of them, both are met again', async () => {
    const mergeBytes = await three();
    const other = () => load([order(4, 2, { text: 'other' })]);
    const { run, reads } = await aheadRun(both, { mergeBytes, ...between('check', other) });
    expect(countsOf(run)).toMatchObject({ updated: 3 });
    expect([...reads.values()].toSorted()).toEqual([1, 1, 1, 2]);
    expect(await texts()).toEqual(['0mine', '1mine', '4other', '8mine', '12a']);
    await clean(run);
  });

  test('a result that says less than it did is found by the books', async () => {
    const mergeBytes = await three();
    const { run } = await aheadRun(both, {
      mergeBytes,
      files: tampering((ahead) => {
        for (const one of ahead.rewritten) one.remove.splice(1);
      }),
    });
    expect(run).toMatchObject({ status: 'failed', error: { name: 'ReconciliationError' } });
  });
});

describe('a group without a result', () => {
  test('is met by the load, which says so', async () => {
    await load(eight);
    const [first] = await files();
    let left = 4;
    const { files: store } = box.world;
    const { run } = await aheadRun(changed, {
      files: {
        ...store,
        async download(from, to) {
          if (from.endsWith(first!.path) && left-- > 0) throw new TransientError('not now');
          return store.download(from, to);
        },
      },
    });
    expect(run.status).toBe('published');
    expect(run.warnings.join()).toMatch(
      /1 of 4 groups of files were not met ahead.*group 0: TransientError: not now/,
    );
    expect(await texts()).toEqual(mine);
    await clean(run);
  });

  test('and one that is of rows in another order is not taken', async () => {
    await load(eight);
    const { run, reads } = await aheadRun(changed, {
      files: tampering((ahead) => {
        ahead.keys = '1';
      }),
    });
    expect(countsOf(run)).toMatchObject({ updated: 4 });
    expect([...reads.values()]).toEqual([2, 2, 2, 2]);
    expect(await texts()).toEqual(mine);
    await clean(run);
  });
});

test('keys that a table has twice, in files of different groups, are found', async () => {
  await box.run(appendingOrders(), 'a.jsonl', linesOf([order(1), order(1, 1, { day: days[3]! }), order(2)]));
  const { run } = await aheadRun([order(1, 2)]);
  expect(run).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
  expect(run.error!.message).toContain('several rows for each of 1 keys');
  // Where the table's row stands, one is as good as the other.
  const { run: kept } = await aheadRun([order(1, 2), order(3)], {}, orders({ write: 'append' }));
  expect(countsOf(kept)).toMatchObject({ inserted: 1, deduplicated: 1 });
});

test('a load that comes too late leaves the files that the one before has made visible', async () => {
  await load(eight);
  const { ledger, files: store } = box.world;
  let late: LocalWorld | undefined;
  const { run } = await aheadRun(changed, {
    ledger: {
      ...ledger,
      async decide(key, decision) {
        if (late === undefined) {
          // Its own retry is faster, and comes to the end.
          late = { ...box.world, ledger };
          const manifest = (await Array.fromAsync(store.list(`${box.world.layout.root}/work/orders/`)))
            .map((file) => file.uri)
            .find((at) => at.endsWith('/manifest.json'))!;
          await loadStage(late, orders(), { manifest, attempt: key });
        }
        return ledger.decide(key, decision);
      },
    },
  });
  expect(late).toBeDefined();
  expect(run.status).toBe('published');
  expect(await texts()).toEqual(mine);
  await clean(run);
});
