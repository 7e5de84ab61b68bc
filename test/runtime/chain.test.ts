/** A pipeline that reads the table of another: each version is an object, its rows are the records, none twice. */

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { ingest } from '../../runtime/ingest.ts';
import { compactTable } from '../../runtime/table/compact.ts';
import { restoreTable } from '../../runtime/table/restore.ts';
import { ids, numbers, orders, sales, type OrderLine } from '../support/chain.ts';
import { openChain } from '../support/chain-runs.ts';

const chain = openChain();
const { entry, order, read, asked, sold } = chain;

describe('rows that versions add', () => {
  test('come exactly as the table holds them, once, whatever their type, partition and number of files', async () => {
    await order('a', ids(0, 999));
    await order('b', ids(1000, 1009));
    const [first, second] = [await read(0), await read(1)];
    expect(first).toMatchObject({
      status: 'published',
      records: { read: 1000, loaded: 1000, quarantined: 0 },
      objects: [{ uri: entry(0), bytes: (await readFile(entry(0))).length }],
      warnings: [],
    });
    expect(second).toMatchObject({ status: 'published', records: { read: 10, loaded: 10 } });
    const same = `id AS "order", shop, total::DECIMAL(14,3) AS amount, weight, serial, paid, "day", "at", clock, note, lines, _run AS run, _record AS line`;
    const theirs = await asked(`SELECT ${same} FROM orders ORDER BY id`);
    const ours = await asked(
      `SELECT "order", shop, amount, weight, serial, paid, "day", "at", clock, note, lines, run, line FROM sales ORDER BY "order"`,
    );
    expect(theirs).toHaveLength(1010);
    expect(ours).toEqual(theirs);
    expect(
      await asked('SELECT count(*) AS n FROM sales WHERE never IS NULL AND "month" = \'2026-11-01\''),
    ).toEqual([{ n: 1010 }]);
    // Each file was read in its order, and each record has its number.
    expect(
      await asked(
        "SELECT sum(_record) AS n, count(DISTINCT _record) AS d FROM sales WHERE run LIKE '%' AND _file LIKE '%0.json'",
      ),
    ).toEqual([{ n: 500_500, d: 1000 }]);
  });

  test('are a duplicate the second time, and with --again take the place of themselves', async () => {
    await order('a', ids(1, 5));
    const first = await read(0);
    expect(await read(0)).toMatchObject({
      status: 'duplicate',
      warnings: [`The same content was published by run ${first.run}; nothing was loaded.`],
    });
    expect(await read(0, sales(), true)).toMatchObject({
      status: 'published',
      rows: { inserted: 5, deleted: 5 },
    });
    expect(await sold()).toEqual(numbers(1, 5));
  });

  test('one that does not pass goes to quarantine as its line of JSON, and its value is masked', async () => {
    await order('a', [...ids(1, 2), { id: 3, shop: 'x' }]);
    const record = await read(0);
    expect(record).toMatchObject({
      status: 'published-with-rejects',
      records: { read: 3, loaded: 2, quarantined: 1 },
      reasons: [{ column: 'shop', code: 'too_small', example: { value: expect.not.stringMatching(/^x$/) } }],
    });
    const [rejected] = await chain.box.quarantine();
    expect(JSON.parse(rejected!.text)).toMatchObject({
      id: 3,
      shop: 'x',
      total: 3.05,
      _run: expect.any(String),
    });
  });

  test('none: a compaction and a run without rows end as duplicates that say so, and load nothing', async () => {
    await order('a', ids(1, 4));
    await order('b', ids(5, 8));
    await order('none', []);
    await compactTable(chain.box.world, chain.box.world.layout.table('orders'));
    const records = await Promise.all([2, 3].map((version) => read(version)));
    for (const [i, record] of records.entries()) {
      expect(record).toMatchObject({ status: 'duplicate', records: { loaded: 0 }, tables: [] });
      expect(record.warnings).toEqual([expect.stringContaining(`Version ${i + 2} of orders adds no rows`)]);
    }
    expect(await chain.box.table('sales')).toBeNull();
    // The rows of before are still those of their own versions.
    await read(0);
    await read(1);
    expect(await sold()).toEqual(numbers(1, 8));
  });

  test('a version that takes rows out is rejected, and says what to do; nothing comes twice', async () => {
    await order('a', ids(1, 3));
    await read(0);
    await order('a', ids(1, 3), undefined, true);
    const record = await read(1);
    expect(record).toMatchObject({ status: 'rejected', error: { name: 'ObjectRejectedError' } });
    expect(record.error!.message).toMatch(
      /^object\.format: Version 1 of orders takes rows out \(\d files\): APPEND orders-.*read: 'whole'/,
    );
    expect(await sold()).toEqual(numbers(1, 3));
    // The way out that it names.
    await read(1, sales({ read: 'whole', write: 'replace' }));
    expect(await sold()).toEqual(numbers(1, 3));
    const [{ run }] = (await asked('SELECT DISTINCT run FROM sales')) as [{ run: string }];
    expect(run).toMatch(/-2$/);
  });
});

test('rows that a restore brings back are not loaded a second time', async () => {
  await order('a', ids(1, 3));
  await order('b', ids(4, 6));
  for (const version of [0, 1]) await read(version);
  await restoreTable(chain.box.world, chain.box.world.layout.table('orders'), 0);
  await restoreTable(chain.box.world, chain.box.world.layout.table('orders'), 1);
  const words = ['takes rows out (3 files): RESTORE 0', 'brings rows back: RESTORE 1'];
  for (const [i, version] of [2, 3].entries()) {
    const { status, error } = await read(version);
    expect([status, error!.message]).toEqual([
      'rejected',
      expect.stringContaining(`Version ${version} of orders ${words[i]}`),
    ]);
  }
  expect(await sold()).toEqual(numbers(1, 6));
});

test('rows that are left out because their key is there change nothing but what was added', async () => {
  const once = orders('dedupe');
  await order('a', ids(1, 4), once as never);
  await order('b', ids(3, 6), once as never);
  expect(await read(0, sales({ of: once }))).toMatchObject({ status: 'published', records: { read: 4 } });
  expect(await read(1, sales({ of: once }))).toMatchObject({ status: 'published', records: { read: 2 } });
  expect(await sold()).toEqual(numbers(1, 6));
});

describe('a table as a whole', () => {
  const replaced = orders('replace');
  const whole = sales({ of: replaced, read: 'whole', write: 'replace' });
  const put = (name: string, rows: readonly OrderLine[]) => order(name, rows, replaced as never);

  test('is what the newest version holds; older versions give way, in whatever order they come', async () => {
    await put('a', ids(1, 5));
    expect(await read(0, whole)).toMatchObject({ status: 'published', records: { loaded: 5 } });
    await put('b', ids(4, 9));
    await put('c', ids(8, 9));
    expect(await read(2, whole)).toMatchObject({ status: 'published', records: { loaded: 2 } });
    for (const again of [false, true]) {
      expect(await read(1, whole, again)).toMatchObject({
        status: 'duplicate',
        warnings: ['Version 1 of orders gives way to version 2, which has its run; nothing was loaded.'],
      });
    }
    expect(await sold()).toEqual([8, 9]);
  });

  test('of a table that is updated comes with all its rows, also those that the version left alone', async () => {
    const updated = orders('upsert');
    await order('a', ids(1, 6), updated as never);
    await order('b', [{ id: 3, shop: 'another' }], updated as never);
    expect(await read(1, sales({ of: updated, read: 'whole', write: 'upsert' }))).toMatchObject({
      status: 'published',
      records: { read: 6, loaded: 6 },
    });
    expect(await asked("SELECT count(*) AS n FROM sales WHERE shop = 'another'")).toEqual([{ n: 1 }]);
  });

  const start = (version: number) => ({
    pipeline: 'sales',
    execution: `sales-e${version}`,
    objects: [{ uri: entry(version) }],
    again: false,
    startedAt: '2026-11-21T10:00:00Z',
  });

  test('an older version at work is ended by a newer one, and cannot publish after it', async () => {
    await put('a', ids(1, 5));
    const older = await ingest(chain.box.world, whole, start(0));
    expect(older.status).toBe('planned');
    await put('b', ids(7, 9));
    expect((await ingest(chain.box.world, whole, start(1))).status).toBe('planned');
    const [overtaken] = await chain.box.world.ledger.history('sales', 5);
    expect(overtaken).toMatchObject({
      run: older.run,
      status: 'failed',
      error: { name: 'StaleAttemptError', message: expect.stringContaining('overtaken by version 1') },
    });
    const { pipeline, sha256, attempt } = older.attempt!;
    const late = { outcome: 'publish', by: 'sales-e0', conclusion: 'none' } as const;
    expect(await chain.box.world.ledger.decide({ pipeline, sha256, attempt }, late)).toMatchObject({
      outcome: 'fail',
      by: 'sales-e1',
    });
  });

  test('an older version that registers after a newer one came ends itself', async () => {
    await put('a', ids(1, 5));
    const { ledger } = chain.box.world;
    const world = {
      ...chain.box.world,
      ledger: {
        ...ledger,
        register: async (registration: Parameters<typeof ledger.register>[0]) => {
          await put('b', ids(7, 9));
          return ledger.register(registration);
        },
      },
    };
    await expect(ingest(world, whole, start(0))).rejects.toMatchObject({ name: 'StaleAttemptError' });
  });

  test('rows that are added overlap as they like: no version ends another', async () => {
    await order('a', ids(1, 2));
    await order('b', ids(3, 4));
    expect((await ingest(chain.box.world, sales(), start(0))).status).toBe('planned');
    expect((await ingest(chain.box.world, sales(), start(1))).status).toBe('planned');
    expect(await Array.fromAsync(chain.box.world.ledger.unsettled('sales'))).toHaveLength(2);
  });
});
