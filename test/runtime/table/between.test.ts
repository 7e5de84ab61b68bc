/** What comes between the looks of a command and its commit: it gives way, or says what happened, and takes nothing away. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommitConflictError, TransientError, UsageError } from '../../../core/errors.ts';
import { runsOfFile } from '../../../runtime/layout.ts';
import type { Tables } from '../../../runtime/ports.ts';
import { compactTable } from '../../../runtime/table/compact.ts';
import { describeTable } from '../../../runtime/table/describe.ts';
import { tableHistory } from '../../../runtime/table/history.ts';
import { restoreTable } from '../../../runtime/table/restore.ts';
import { vacuumTable } from '../../../runtime/table/vacuum.ts';
import { entryPath, actionsOf, rewrite } from '../../support/delta-log.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { keptRegistration as registration, keptTable } from '../../support/kept-table.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

test('where there is no table, each command says so', async () => {
  const { world } = await keptTable(engine);
  const uri = world.layout.table('none');
  const none = new UsageError(`There is no table at ${uri}.`);
  await expect(compactTable(world, uri)).rejects.toThrow(none);
  await expect(describeTable(world, uri)).rejects.toThrow(none);
  await expect(restoreTable(world, uri, 0)).rejects.toThrow(none);
});

describe('compact', () => {
  test('a run that begins meanwhile keeps its files as they are, and what was made of them is taken back', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    const begun = 'numbers-20261121T100000Z-aaaaaaaa';
    for (const run of [begun, 'r1', 'r2']) await table.write(run, [1]);
    let uploads = 0;
    const files = {
      ...world.files,
      async upload(from: string, to: string) {
        if (uploads++ === 0) await world.ledger.register(registration(begun, world.now()));
        return world.files.upload(from, to);
      },
    };
    const { version, after } = await compactTable({ ...world, files }, uri);
    expect([version, uploads]).toEqual([3, 2]);
    expect(after.map(({ path, tags }) => runsOfFile(path, tags))).toEqual([['r1', 'r2']]);
    expect(await Array.fromAsync(world.files.list(`${uri}/compacted/`))).toHaveLength(1);
    expect(await table.read()).toEqual([1, 1, 1]);
  });

  test('a file that is large enough stays as it is', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    await table.write(
      'large',
      Array.from({ length: 2000 }, (_, i) => 2 * i),
    );
    for (const run of ['r1', 'r2']) await table.write(run, [2]);
    const { size } = (await world.tables.snapshot(uri))!.files[0]!;
    const { before } = await compactTable(world, uri, Math.floor(size / 0.75));
    expect(before.map(({ path }) => runsOfFile(path))).toEqual([['r1'], ['r2']]);
  });

  test('a ledger that does not answer is no damaged one', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    for (const run of ['numbers-20261121T100000Z-aaaaaaaa', 'r2']) await table.write(run, [1]);
    const down = new TransientError('The ledger does not answer.');
    let asked = 0;
    const ledger = {
      ...world.ledger,
      unsettled(): AsyncGenerator<never> {
        asked++;
        throw down;
      },
    };
    await expect(compactTable({ ...world, ledger }, uri)).rejects.toBe(down);
    expect(asked).toBe(1);
  });
});

describe('restore', () => {
  test('gives up after five lost races', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    for (const run of ['r1', 'r2']) await table.write(run, [1]);
    const lost = new CommitConflictError('Another one came before.');
    let tries = 0;
    const commit = async (): Promise<never> => {
      if (++tries > 5) throw new Error('It goes on.');
      throw lost;
    };
    await expect(restoreTable({ ...world, tables: { ...world.tables, commit } }, uri, 0)).rejects.toBe(lost);
    expect(tries).toBe(5);
    const down = new TransientError('not now');
    const broken = async (): Promise<never> => {
      tries++;
      throw down;
    };
    const tables = { ...world.tables, commit: broken };
    await expect(restoreTable({ ...world, tables }, uri, 0)).rejects.toBe(down);
    expect(tries).toBe(6);
  });

  test.each([
    ['comes', (version: number | undefined) => version === undefined],
    ['goes', (version: number | undefined) => version !== undefined],
  ])('a table that %s meanwhile is not there', async (_what, isThere) => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    await table.write('r1', [1]);
    const snapshot: Tables['snapshot'] = async (at, version) =>
      isThere(version) ? world.tables.snapshot(at, version) : undefined;
    const restoring = restoreTable({ ...world, tables: { ...world.tables, snapshot } }, uri, 0);
    await expect(restoring).rejects.toThrow(new UsageError(`There is no table at ${uri}.`));
  });

  test('what a vacuum took meanwhile is said, with the version to go back to', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    await table.write('r1', [1]);
    await table.write('r2', [3], { write: 'replace' });
    const commit: Tables['commit'] = async (at, change) => {
      const committed = await world.tables.commit(at, change);
      for (const { path } of change.add) await rm(join(uri, path));
      return committed;
    };
    const { path } = (await world.tables.snapshot(uri, 0))!.files[0]!;
    await expect(restoreTable({ ...world, tables: { ...world.tables, commit } }, uri, 0)).rejects.toThrow(
      new UsageError(
        `A vacuum removed ${path} of ${uri} while version 0 was restored (as version 2). Go back at once: restore version 1.`,
      ),
    );
  });
});

test('a vacuum leaves what only its second look finds', async () => {
  const table = await keptTable(engine);
  const { world, uri } = table;
  await table.write('r1', [1]);
  table.pass(40);
  const path = (n: number): string => `${uri}/compacted/20261121T100000Z-0a1b2c-${n}.parquet`;
  await world.files.write(path(0), Buffer.from('x'));
  let looks = 0;
  const files = {
    ...world.files,
    async *list(prefix: string) {
      if (prefix === `${uri}/` && ++looks === 2) await world.files.write(path(1), Buffer.from('x'));
      yield* world.files.list(prefix);
    },
  };
  const removed = await Array.fromAsync(
    vacuumTable({ ...world, files }, uri, { retainMs: 0, dryRun: false }),
  );
  expect([looks, removed.map((one) => one.uri)]).toEqual([2, [path(0)]]);
  expect((await world.files.stat(path(1)))?.size).toBe(1);
});

describe('history', () => {
  test('of a log with a hole is refused', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    for (const run of ['r1', 'r2', 'r3']) await table.write(run, [1]);
    await rm(entryPath(uri, 1));
    await expect(tableHistory(world, uri)).rejects.toThrow(
      new UsageError(`The log of ${uri} has no version 1; restore it from a backup.`),
    );
  });

  test('says nothing of rows that the log does not count', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    for (const run of ['r1', 'r2']) await table.write(run, [1]);
    const actions = await actionsOf(uri, 1);
    const { add } = actions.find((action) => 'add' in action)! as { add: object };
    const gone = { path: 'gone.parquet', dataChange: true };
    await rewrite(uri, 1, [{ add: { ...add, stats: null } }, { remove: gone }]);
    const { added, removed } = (await tableHistory(world, uri))[0]!;
    expect([added, removed]).toEqual([
      { files: 1, rows: null },
      { files: 1, rows: null },
    ]);
  });
});
