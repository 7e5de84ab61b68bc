/** The doctor on tables that hold more than one pipeline's runs, or whose log tells less or more than the runs did. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeCheckpoint } from '../../../runtime/delta/checkpoint.ts';
import { readState } from '../../../runtime/delta/read-state.ts';
import { examine, type Diagnosis } from '../../../runtime/doctor.ts';
import { runObject } from '../../../runtime/local/run.ts';
import type { LocalWorld } from '../../../runtime/local/world.ts';
import { commandId } from '../../../runtime/table/command-id.ts';
import { restoreTable } from '../../../runtime/table/restore.ts';
import { inEngine } from '../../../runtime/world.ts';
import { change, dataFile } from '../../support/conformance/tables.ts';
import { actionsOf, entryPath, rewrite } from '../../support/delta-log.ts';
import { makeEnvironment, type Environment } from '../../support/environment.ts';
import { people } from '../../support/people.ts';

let environment: Environment;
beforeAll(async () => {
  environment = await makeEnvironment();
});
afterAll(() => environment.close());

const diagnose = (world: LocalWorld): Promise<Diagnosis> =>
  examine(world, {
    isGone: world.executions.isGone,
    leftovers: async () => [],
    call: (...words) => words.join(' '),
  });
const said = async (world: LocalWorld): Promise<string[]> =>
  (await diagnose(world)).findings.map(({ what }) => what);

/** The log says that the files of a version have no rows. */
async function lose(uri: string, version: number): Promise<void> {
  const without = (action: Record<string, any>): object =>
    'add' in action ? { add: { ...action['add'], stats: '{"numRecords":0}' } } : action;
  await rewrite(uri, version, (await actionsOf(uri, version)).map(without));
}

test.each([
  ['all', 2],
  ['those before a checkpoint', 1],
])(
  'a run whose entry was cleaned up, with %s, is not accused of what nobody can see',
  async (_what, upTo) => {
    const world = await environment.copy();
    const uri = world.layout.table('people');
    const state = (await readState(world.files, uri))!;
    await writeCheckpoint((work) => inEngine(world, work), world.files, uri, state, world.now());
    for (let version = 0; version <= upTo; version++) await rm(entryPath(uri, version));
    expect(await diagnose(world)).toMatchObject({ findings: [], tables: 1, rows: 3 });
  },
);

test('of two tables, one that is gone has no rows to count, and no run is missed in the other', async () => {
  const world = await environment.copy();
  await world.tables.commit(world.layout.table('other'), change('r1', [dataFile('a.parquet', 5)]));
  await writeFile(join(world.layout.table('other'), 'a.parquet'), Buffer.alloc(105));
  expect(await diagnose(world)).toMatchObject({ findings: [], tables: 2, rows: 8 });
  await rm(world.layout.table('people'), { recursive: true });
  const { findings, ...counted } = await diagnose(world);
  expect(findings.map(({ what }) => what)).toEqual(['The table is gone, with 3 rows of 2 runs.']);
  expect(counted).toMatchObject({ tables: 1, rows: 5 });
});

test('a run gives way to a later one of its own pipeline alone', async () => {
  const world = await environment.copy();
  const others = { ...people('csv'), name: 'others' };
  const { uri } = environment.runs.other.objects[0]!;
  for (const again of [false, true]) {
    expect((await runObject(world, others, { uri, again })).status).toBe('published');
  }
  expect(await diagnose(world)).toMatchObject({ findings: [], rows: 4 });
});

test('a run that took the place of another is judged as such: its own rows and those that it removed', async () => {
  const world = await environment.copy();
  const { run } = environment.runs.again;
  await lose(world.layout.table('people'), 1);
  expect(await said(world)).toEqual([`Run ${run} says it wrote 2 rows; its commit has 0.`]);
});

test('also where a merge later removed what it had removed before', async () => {
  const world = await environment.copy();
  const uri = world.layout.table('people');
  const { run } = environment.runs.again;
  const { back } = await restoreTable(world, uri, 0);
  const { schema } = (await world.tables.snapshot(uri))!;
  const merged = { inserted: 0, updated: 0, unchanged: 0, deleted: 2, absent: 0, outdated: 0 };
  const remove = back.map(({ path }) => path);
  await world.tables.commit(uri, change('MERGE', [], { id: commandId(), schema, remove, merged }));
  expect(await said(world)).toEqual([]);
  await lose(uri, 1);
  expect(await said(world)).toEqual([`Run ${run} says it wrote 2 rows; its commit has 0.`]);
});

test('a file that left the table may be gone, and whose it was is no matter', async () => {
  const world = await environment.copy();
  const uri = world.layout.table('people');
  const [left] = (await world.tables.snapshot(uri, 0))!.files;
  await rm(join(uri, left!.path));
  const run = 'people-20250101T000000Z-12345678';
  const { schema } = (await world.tables.snapshot(uri))!;
  const stranger = dataFile(`${run}/0a1b2c-0.parquet`, 4);
  const id = { application: `sluice/${run}`, version: 1 };
  await world.tables.commit(uri, change('APPEND', [stranger], { id, schema }));
  const remove = [stranger.path];
  await world.tables.commit(uri, change('REMOVE', [], { id: commandId(), schema, remove }));
  expect(await said(world)).toEqual([]);
});

test('what another writer removed, and a person brought back, is there', async () => {
  const world = await environment.copy();
  const uri = world.layout.table('people');
  const { schema, files } = (await world.tables.snapshot(uri))!;
  const remove = files.map(({ path }) => path);
  await world.tables.commit(uri, change('other', [], { schema, remove }));
  expect(await said(world)).toHaveLength(2);
  await restoreTable(world, uri, 2);
  expect(await said(world)).toEqual([]);
});

test('what is no report lies among reports without being one', async () => {
  const world = await environment.copy();
  await writeFile(join(world.layout.report('people', 'x'), '..', 'notes.txt'), 'Seen.');
  expect(await said(world)).toEqual([]);
});
