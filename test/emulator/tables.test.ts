/** What people do with tables, on S3 and DynamoDB: checkpoints, history, compaction beside runs, restore, vacuum. */

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { literal } from '../../core/sql.ts';
import { checkpointUri, entryUri } from '../../runtime/delta/paths.ts';
import { compactTable } from '../../runtime/table/compact.ts';
import { describeTable } from '../../runtime/table/describe.ts';
import { findTable } from '../../runtime/table/find-table.ts';
import { tableHistory } from '../../runtime/table/history.ts';
import { restoreTable } from '../../runtime/table/restore.ts';
import { vacuumTable } from '../../runtime/table/vacuum.ts';
import type { World } from '../../runtime/world.ts';
import { change, field } from '../support/conformance/tables.ts';
import { emulatedWorld } from '../support/emulated-world.ts';
import { openEngine } from '../support/engine.ts';
import { queriedRows } from '../support/comparable-rows.ts';

const engine = await openEngine();
afterAll(() => engine.close());

const newWorld = (): Promise<World> => emulatedWorld(join(engine.folder, crypto.randomUUID()));

const schema = { fields: [field('id', 'long')], partitionBy: [], description: 'Numbers.' };

async function write(world: World, uri: string, run: string, id: number): Promise<void> {
  const local = join(engine.folder, `${run}.parquet`);
  await engine.run(`COPY (SELECT ${id}::BIGINT AS id) TO ${literal(local)} (FORMAT parquet)`);
  const path = `${run}/0a1b2c-0.parquet`;
  await world.files.upload(local, `${uri}/${path}`);
  const { size } = (await world.files.stat(`${uri}/${path}`))!;
  const stats = { minValues: { id }, maxValues: { id }, nullCount: { id: 0 } };
  const file = { path, size, records: 1, partitionValues: {}, stats };
  const named = { id: { application: `sluice/${run}`, version: 1 }, schema, at: world.now() };
  await world.tables.commit(uri, change(run, [file], named));
}

test('a table on S3 is looked after as one on a disk is', async () => {
  const world = await newWorld();
  const uri = world.layout.table('numbers');
  const run = (n: number) => `numbers-20261121T1000${String(n).padStart(2, '0')}Z-aaaaaaa${n % 10}`;
  for (let n = 0; n <= 10; n++) await write(world, uri, run(n), n);

  // The tenth version has a checkpoint, and is all that is needed.
  expect(await world.files.stat(checkpointUri(uri, 10))).toBeDefined();
  for (let version = 0; version < 10; version++) await world.files.remove(entryUri(uri, version));
  const ids = (all: readonly number[]) => all.map((id) => JSON.stringify({ id: String(id) })).sort();
  const eleven = Array.from({ length: 11 }, (_, n) => n);
  expect(await queriedRows(world, 'FROM numbers')).toEqual(ids(eleven));

  // A run that may take the place of an earlier one keeps both out of a compaction.
  await write(world, uri, run(11), 11);
  const at = world.now();
  const object = { uri: `${world.layout.root}/in`, version: '1', bytes: 1 };
  const registration = {
    pipeline: 'numbers',
    sha256: 'a'.repeat(64),
    definition: 'd',
    at,
    again: true,
    object,
  };
  await world.ledger.register({ ...registration, run: run(11), owner: 'execution' });
  expect(await findTable(world, 'numbers')).toBe(uri);
  const { version, before, after } = await compactTable(world, uri);
  expect({ version, before: before.length, after: after.map(({ records }) => records) }).toEqual({
    version: 12,
    before: 11,
    after: [11],
  });
  expect(before.map(({ path }) => path)).not.toContain(`${run(11)}/0a1b2c-0.parquet`);
  expect(await describeTable(world, uri)).toMatchObject({ rows: 12, files: 2, checkpoint: 10 });

  await restoreTable(world, uri, 11);
  expect(await queriedRows(world, 'FROM numbers')).toEqual(ids([...eleven, 11]));
  expect((await tableHistory(world, uri)).map(({ operation }) => operation)).toEqual([
    'RESTORE 11',
    'COMPACT',
    `APPEND`,
  ]);
  const old = await Array.fromAsync(vacuumTable(world, uri, { retainMs: 0, dryRun: false }));
  expect(old.map((one) => one.uri)).toEqual([`${uri}/${after[0]!.path}`]);
  expect(await queriedRows(world, 'FROM numbers')).toEqual(ids([...eleven, 11]));
});
