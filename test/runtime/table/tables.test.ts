/** What people do with tables: history, restore, compact and vacuum, also beside runs and readers. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommitConflictError, UsageError } from '../../../core/errors.ts';
import { checkpointUri, entryUri } from '../../../runtime/delta/paths.ts';
import { runsOfFile } from '../../../runtime/layout.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { Tables } from '../../../runtime/ports.ts';
import { compactTable } from '../../../runtime/table/compact.ts';
import { describeTable } from '../../../runtime/table/describe.ts';
import { findTable } from '../../../runtime/table/find-table.ts';
import { tableHistory } from '../../../runtime/table/history.ts';
import { restoreTable } from '../../../runtime/table/restore.ts';
import { vacuumTable } from '../../../runtime/table/vacuum.ts';
import { field } from '../../support/conformance/tables.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import {
  keptRegistration as registration,
  keptSchema,
  keptTable,
  type KeptTable,
} from '../../support/kept-table.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const WEEK = 7 * 24 * 60 * 60 * 1000;
const vacuum = ({ world, uri }: KeptTable, retainMs = WEEK, dryRun = false) =>
  Array.fromAsync(vacuumTable(world, uri, { retainMs, dryRun }));

describe('history and describe', () => {
  test('tell each version with its run and its rows, and which can be restored', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    await table.write('r1', [1, 2, 3]);
    await table.write('r2', [4], { write: 'replace', operation: 'REPLACE r2' });
    table.pass(8);
    await compactTable(world, uri);
    await restoreTable(world, uri, 0);
    await vacuum(table, 0);
    const told = await tableHistory(world, uri);
    expect(
      told.map(({ version, operation, run, added, removed, restorable }) => [
        version,
        operation,
        run,
        added,
        removed,
        restorable,
      ]),
    ).toEqual([
      [2, 'RESTORE 0', null, { files: 2, rows: 3 }, { files: 1, rows: 1 }, true],
      [1, 'REPLACE', 'r2', { files: 1, rows: 1 }, { files: 2, rows: 3 }, false],
      [0, 'APPEND', 'r1', { files: 2, rows: 3 }, { files: 0, rows: 0 }, true],
    ]);
    expect(told.at(-1)?.at).toBe('2026-11-21T10:00:01.000Z');
    expect(await describeTable(world, uri)).toMatchObject({
      rows: 3,
      files: 2,
      partitionBy: ['odd'],
      versions: { oldest: 0, newest: 2 },
      checkpoint: null,
      protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    });
    await expect(findTable(world, 'number')).rejects.toThrow('There are: numbers.');
  });
});

describe('restore', () => {
  test('brings back the rows of a version and takes out later ones; a version that is gone says so', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    await table.write('r1', [1, 2]);
    await table.write('r2', [3]);
    await table.write('r3', [9], { write: 'replace' });
    const { version, back, gone } = await restoreTable(world, uri, 1);
    expect({ version, back: back.length, gone: gone.length }).toEqual({ version: 3, back: 3, gone: 1 });
    expect(await table.read()).toEqual([1, 2, 3]);
    expect(await restoreTable(world, uri, 1)).toMatchObject({ version: 3, back: [], gone: [] });
    await rm(join(uri, gone[0]!.path));
    await expect(restoreTable(world, uri, 2)).rejects.toThrow(/Version 2 of .* is gone: a vacuum removed/);
    await expect(restoreTable(world, uri, 7)).rejects.toThrow('has no version 7; its newest is 3');
    expect(await table.read()).toEqual([1, 2, 3]);
  });

  test('columns and description of the version come back too, also where no row differs', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    await table.write('r1', [1]);
    const schema = {
      ...keptSchema,
      description: 'Told anew.',
      fields: [...keptSchema.fields, field('note', 'string')],
      configuration: { 'sluice.key': '["id"]' },
    };
    await table.write('r2', [], { schema });
    expect((await world.tables.snapshot(uri))?.schema).toEqual(schema);
    expect(await restoreTable(world, uri, 0)).toEqual({ version: 2, isNew: true, back: [], gone: [] });
    expect((await world.tables.snapshot(uri))?.schema).toEqual(keptSchema);
    await table.write('r3', [3], { schema: { ...keptSchema, partitionBy: [] }, write: 'replace', add: [] });
    await restoreTable(world, uri, 1);
    expect(await world.tables.snapshot(uri)).toMatchObject({ version: 4, schema });
    expect(await table.read()).toEqual([1]);
    // Another writer's columns come between: the restore begins again and gives way to nothing.
    let commits = 0;
    const tables: Tables = {
      ...world.tables,
      async commit(at, change) {
        const more = [...schema.fields, field('more', 'string')];
        if (commits++ === 0) await table.write('r4', [], { schema: { ...schema, fields: more } });
        return world.tables.commit(at, change);
      },
    };
    await restoreTable({ ...world, tables }, uri, 0);
    expect(commits).toBe(2);
    expect((await world.tables.snapshot(uri))?.schema).toEqual(keptSchema);
  });

  test('a commit that comes between is taken out too; without the guard its rows would stay', async () => {
    for (const guarded of [true, false]) {
      const table = await keptTable(engine);
      const { world, uri } = table;
      await table.write('r1', [1]);
      await table.write('r2', [2]);
      let commits = 0;
      const tables: Tables = {
        ...world.tables,
        async commit(at, { readVersion, ...change }) {
          if (commits++ === 0) await table.write('r3', [3]);
          return world.tables.commit(at, guarded ? { ...change, readVersion: readVersion! } : change);
        },
      };
      await restoreTable({ ...world, tables }, uri, 0);
      expect(await table.read()).toEqual(guarded ? [1] : [1, 3]);
      expect(commits).toBe(guarded ? 2 : 1);
    }
  });
});

describe('compact', () => {
  test('one file for each partition, the same rows, statistics and runs; nothing to do the second time', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    for (let i = 0; i < 4; i++) await table.write(`r${i}`, [2 * i, 2 * i + 1]);
    const { version, before, after } = await compactTable(world, uri);
    expect({ version, before: before.length, after: after.length }).toEqual({
      version: 4,
      before: 8,
      after: 2,
    });
    expect(await table.read()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const { files } = (await world.tables.snapshot(uri))!;
    expect(files.map(({ path, tags }) => runsOfFile(path, tags))).toEqual([
      ['r0', 'r1', 'r2', 'r3'],
      ['r0', 'r1', 'r2', 'r3'],
    ]);
    expect(files.find(({ partitionValues }) => partitionValues['odd'] === 'true')).toMatchObject({
      records: 4,
      stats: { minValues: { id: 1 }, maxValues: { id: 7 }, nullCount: { id: 0, text: 0 } },
    });
    expect(await compactTable(world, uri)).toEqual({ version: 4, before: [], after: [] });
    expect(await table.read(3)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('a run whose rows lie with those of others is not superseded in silence', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    await table.write('r1', [1]);
    await table.write('r1b', [3]);
    await table.write('r2', [2]);
    await compactTable(world, uri);
    const again = table.write('r1-2', [1], { supersedes: ['r1'] });
    await expect(again).rejects.toThrow(UsageError);
    await expect(again).rejects.toThrow(/rows of run r1 cannot be taken out .* beside those of other runs/);
    expect(await table.read()).toEqual([1, 2, 3]);
    // Where all runs of the file give way, or the file is of one run alone, nothing is in doubt.
    await table.write('r1-3', [1, 3], { supersedes: ['r1', 'r1b'] });
    await table.write('r2-2', [2], { supersedes: ['r2'] });
    expect(await table.read()).toEqual([1, 2, 3]);
  });

  test('files of a run at work, and of those whose place it may take, stay; a lost race is tried again', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    const held = 'numbers-20261121T100000Z-aaaaaaaa';
    await world.ledger.register(registration(held, world.now()));
    await table.write(held, [1]);
    for (const run of ['r1', 'r2']) await table.write(run, [1]);
    const { after } = await compactTable(world, uri);
    expect(after.map(({ path, tags }) => runsOfFile(path, tags))).toEqual([['r1', 'r2']]);

    for (const run of ['r3', 'r4', 'r5']) await table.write(run, [2]);
    let tries = 0;
    const tables = {
      ...world.tables,
      async commit(...[at, change]: Parameters<typeof world.tables.commit>) {
        if (tries++ === 0) await table.write('r3-2', [2], { supersedes: ['r3'] });
        return world.tables.commit(at, change);
      },
    };
    await compactTable({ ...world, tables }, uri);
    expect(tries).toBe(2);
    expect(await table.read()).toEqual([1, 1, 1, 2, 2, 2]);
    const conflict = { ...tables, commit: () => Promise.reject(new CommitConflictError('Again.')) };
    await table.write('r6', [2]);
    await expect(compactTable({ ...world, tables: conflict }, uri)).rejects.toThrow(CommitConflictError);
    const left = await Array.fromAsync(world.files.list(`${uri}/compacted/`));
    expect(left).toHaveLength(2);
  });
});

test('where the ledger cannot be read, nobody can tell what is in use, and nothing is touched', async () => {
  const table = await keptTable(engine);
  const { world, uri } = table;
  const run = 'numbers-20261121T100000Z-aaaaaaaa';
  await world.ledger.register(registration(run, world.now()));
  await table.write(run, [1]);
  await table.write('r2', [2], { write: 'replace' });
  await table.write('r3', [4]);
  const entry = `${world.layout.ledger}/numbers/contents/${'a'.repeat(64)}/1.json`;
  await world.files.write(entry, Buffer.from('{'));
  table.pass(8);
  for (const work of [() => compactTable(world, uri), () => vacuum(table)]) {
    await expect(work()).rejects.toThrow('nobody can tell which files are in use');
  }
  expect([await table.read(), await table.read(0)]).toEqual([[2, 4], [1]]);
});

describe('vacuum', () => {
  test('removes what left the table before the retention, says it, and a dry run only says it', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    await table.write('r1', [1]);
    await table.write('r2', [2], { write: 'replace' });
    table.pass(6);
    await table.write('r3', [3], { write: 'replace' });
    expect(await vacuum(table)).toEqual([]);
    table.pass(2);
    const said = await vacuum(table, WEEK, true);
    expect(said).toEqual([expect.objectContaining({ why: 'left the table 2026-11-21' })]);
    expect(await table.read(0)).toEqual([1]);
    expect(await vacuum(table)).toEqual(said);
    expect(await table.read()).toEqual([3]);
    expect(await table.read(1)).toEqual([2]);
    await expect(restoreTable(world, uri, 0)).rejects.toThrow(
      'is gone: a vacuum removed files that it needs',
    );
  });

  test('never takes a file of an attempt that is not settled, nor one that nobody can date', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    const open = 'numbers-20261121T100000Z-aaaaaaaa';
    await world.ledger.register(registration(open, world.now()));
    await table.write(open, [1]);
    await table.write('r2', [2], { write: 'replace' });
    const put = (path: string) => world.files.write(`${uri}/${path}`, Buffer.from('x'));
    const mine = 'compacted/20261121T100000Z-0a1b2c-0.parquet';
    for (const path of ['part-0.parquet', 'r7/0a1b2c-0.parquet', mine]) await put(path);
    table.pass(0.5);
    expect(await vacuum(table, 0)).toEqual([]);
    table.pass(40);
    expect(await vacuum(table)).toEqual([
      { uri: `${uri}/${mine}`, bytes: 1, why: 'of a compaction that was not committed' },
    ]);
    expect(await table.read(0)).toEqual([1]);
  });

  test('the log goes only behind a checkpoint that can be read, and after thirty days', async () => {
    const table = await keptTable(engine);
    const { world, uri } = table;
    const stat = async (version: number) => (await localFiles().stat(entryUri(uri, version))) !== undefined;
    for (let i = 0; i <= 21; i++) await table.write(`r${i}`, [i]);
    expect(await vacuum(table, 0)).toEqual([]);
    table.pass(31);
    await table.write('new', [100]);
    const before = await table.read();
    await world.files.write(checkpointUri(uri, 20), Buffer.from('PAR1'));
    const removed = await vacuum(table);
    expect(removed.map(({ why }) => why)).toEqual(Array(10).fill('log of versions that are gone'));
    expect([await stat(9), await stat(10)]).toEqual([false, true]);
    await rm(checkpointUri(uri, 20));
    expect(await table.read()).toEqual(before);
    expect((await tableHistory(world, uri)).map(({ version }) => version)).toEqual(
      Array.from({ length: 12 }, (_, i) => 22 - i),
    );
    // What was committed before is known, by the checkpoint.
    await table.write('r3', [3]);
    expect((await world.tables.snapshot(uri))?.version).toBe(22);
    await expect(world.tables.snapshot(uri, 4)).rejects.toThrow('Version 4');
  });
});
