/**
 * The rows of a run met with one version of a table, as a change of that version: files that hold rows which change are
 * written anew without them, what takes their place and what is new is added. Nothing is visible before it is committed.
 */

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { agree } from '../../core/gate/reconcile.ts';
import { copySql } from '../../core/plan/write.ts';
import { DELETE_COLUMN } from '../../core/sinks/sink.ts';
import { literal, quote } from '../../core/sql.ts';
import { evolvedFields } from '../delta/evolve.ts';
import { decodePath } from '../delta/paths.ts';
import type { Engine } from '../engine.ts';
import type { DataFile, MergedRows, TableChange } from '../ports.ts';
import { engineType } from '../query/engine-type.ts';
import { placeLocal } from '../table-files.ts';
import type { World } from '../world.ts';
import { candidateFiles } from './candidates.ts';
import { viewHeld, writeShape, type HeldFile } from './held.ts';
import { filesThatMeet, keptColumn, meet, openMet, ROW, type Meeting } from './meet.ts';
import { rewrite, type Rewriting, type Rewritten } from './rewrite.ts';
import type { MergeTask } from './task.ts';

/** What a change is made of besides what the merge finds. */
export type MergeBase = Pick<TableChange, 'id' | 'schema' | 'operation' | 'at'>;

/** Bytes of a table's files that are in the engine's folder at a time. */
const BATCH_BYTES = 512 * 1024 * 1024;

/** @throws UsageError for a table that has several rows of a key; ReconciliationError if rows would be lost. */
export async function mergeInto(
  world: World,
  engine: Engine,
  uri: string,
  base: MergeBase,
  task: MergeTask,
  onMeeting?: (files: number, of: number) => void,
): Promise<TableChange> {
  const { schema } = base;
  if (task.rows.length === 0) return { ...base, write: 'append', add: [], supersedes: [], merged: nothing };
  const snapshot = await world.tables.snapshot(uri);
  const incoming = await takeIn(world, engine, task);
  const held = snapshot?.schema.fields ?? schema.fields;
  const has = new Set(schema.fields.map(({ name }) => name));
  const meeting: Meeting = {
    task,
    partitionBy: schema.partitionBy,
    wanted: schema.fields,
    kept: held.filter(({ name }) => !has.has(name)),
  };
  // An object of the table may have fields that the definition lacks: rows that only move keep them.
  const becomes = snapshot?.files.length ? evolvedFields(uri, snapshot.schema, schema) : schema.fields;
  const own = becomes.filter(({ name }) => has.has(name));
  const fields = [...own, ...meeting.kept];
  const stored = fields.filter(({ name }) => !schema.partitionBy.includes(name));
  const rewriting: Rewriting = { world, engine, uri, meeting, fields, stored };
  await writeShape(engine, stored);
  await viewHeld(engine, [], fields, schema.partitionBy);
  await openMet(engine, meeting);
  const key = fields.filter(({ name }) => task.key.includes(name));
  const candidates =
    snapshot === undefined ? [] : await candidateFiles(engine, 'incoming', snapshot.files, key);
  onMeeting?.(candidates.length, snapshot?.files.length ?? 0);
  const add: DataFile[] = [];
  const remove: DataFile[] = [];
  for (const batch of batchesOf(candidates)) {
    const rewritten = await meetBatch(rewriting, batch);
    add.push(...rewritten.add);
    remove.push(...rewritten.remove);
  }
  add.push(...(await placeNew(rewriting)));
  const merged = await countMerged(engine, incoming);
  const rows = (files: readonly DataFile[]): number => files.reduce((sum, { records }) => sum + records, 0);
  agree(
    `${task.run}, rows of ${uri}`,
    { of: 'what was inserted less what was deleted', count: merged.inserted - merged.deleted },
    { of: 'the files to add less those to remove', count: rows(add) - rows(remove) },
  );
  return {
    ...base,
    write: 'append',
    add,
    remove: remove.map(({ path }) => path),
    supersedes: [],
    readVersion: snapshot?.version ?? -1,
    merged,
  };
}

const nothing: MergedRows = Object.freeze({
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  absent: 0,
  outdated: 0,
});

/** Makes the table `incoming`. @returns how many rows it has. */
async function takeIn(world: World, engine: Engine, { rows, run }: MergeTask): Promise<number> {
  const paths = rows.map((_, i) => join(engine.folder, `incoming-${i}.parquet`));
  for (const [i, { uri }] of rows.entries()) await world.files.download(uri, paths[i]!);
  await engine.run(
    `CREATE TABLE incoming AS SELECT *, row_number() OVER () AS ${ROW} FROM read_parquet([${paths.map(literal).join(', ')}])`,
  );
  for (const path of paths) await rm(path, { force: true });
  const [counted] = await engine.rows('SELECT count(*) AS records FROM incoming');
  const records = counted!['records'] as number;
  agree(
    `${run}, rows to merge`,
    { of: 'what was staged', count: rows.reduce((sum, file) => sum + file.records, 0) },
    { of: 'the engine', count: records },
  );
  return records;
}

function* batchesOf(files: readonly DataFile[]): Generator<readonly DataFile[]> {
  let batch: DataFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && bytes + file.size > BATCH_BYTES) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(file);
    bytes += file.size;
  }
  if (batch.length > 0) yield batch;
}

async function meetBatch(rewriting: Rewriting, batch: readonly DataFile[]): Promise<Rewritten> {
  const { world, engine, uri, meeting, fields } = rewriting;
  const { task } = meeting;
  const own = randomBytes(3).toString('hex');
  const files = batch.map((file, i): HeldFile => ({
    file,
    path: join(engine.folder, `held-${own}-${i}.parquet`),
  }));
  try {
    for (const { file, path } of files) await world.files.download(`${uri}/${decodePath(file.path)}`, path);
    await viewHeld(engine, files, fields, meeting.partitionBy);
    const meets = await filesThatMeet(engine, task.key);
    const met = files.filter(({ path }) => meets.has(path));
    if (met.length === 0) return { add: [], remove: [] };
    await viewHeld(engine, met, fields, meeting.partitionBy);
    await meet(engine, meeting, uri);
    return await rewrite(rewriting, met);
  } finally {
    for (const { path } of files) await rm(path, { force: true });
  }
}

/** Places the rows that are new, and those that move to another partition. */
async function placeNew(rewriting: Rewriting): Promise<DataFile[]> {
  const { world, engine, uri, meeting, fields } = rewriting;
  const { task } = meeting;
  const path = join(engine.folder, `new-${randomBytes(3).toString('hex')}.parquet`);
  const none = task.deletes ? `NOT i.${quote(DELETE_COLUMN)} AND ` : '';
  const columns = fields.map((field) => {
    const value = meeting.kept.includes(field) ? `m.${keptColumn(field)}` : `i.${quote(field.name)}`;
    return `CAST(${value} AS ${engineType(field.type)}) AS ${quote(field.name)}`;
  });
  await engine.run(
    copySql(
      `SELECT ${columns.join(', ')} FROM incoming i LEFT JOIN met m USING (${ROW})
WHERE (${none}m.verdict IS NULL) OR (m.verdict = 'updated' AND m.moves)`,
      path,
    ),
  );
  const [facts] = await engine.rows(
    `SELECT num_rows AS records FROM parquet_file_metadata(${literal(path)})`,
  );
  if (facts!['records'] === 0) return [];
  return placeLocal(world, engine, [path], { uri, fields, partitionBy: meeting.partitionBy, run: task.run });
}

async function countMerged(engine: Engine, incoming: number): Promise<MergedRows> {
  const deletes = await engine.rows(
    `SELECT count(*) AS n FROM (DESCRIBE incoming) WHERE column_name = ${literal(DELETE_COLUMN)}`,
  );
  const absent = deletes[0]!['n'] === 1 ? `coalesce(i.${quote(DELETE_COLUMN)}, FALSE)` : 'FALSE';
  const of = (verdict: string): string => `count(*) FILTER (m.verdict = ${literal(verdict)}) AS ${verdict}`;
  const [counted] = await engine.rows(
    `SELECT ${['updated', 'unchanged', 'deleted', 'outdated'].map(of).join(', ')},
  count(*) FILTER (m.verdict IS NULL AND NOT ${absent}) AS inserted, count(*) FILTER (m.verdict IS NULL AND ${absent}) AS absent
FROM incoming i LEFT JOIN met m USING (${ROW})`,
  );
  const merged = counted as unknown as MergedRows;
  const { inserted, updated, unchanged, deleted, absent: missing, outdated } = merged;
  agree(
    'the rows of a merge',
    { of: 'what came in', count: incoming },
    { of: 'what became of it', count: inserted + updated + unchanged + deleted + missing + outdated },
  );
  return Object.freeze({ inserted, updated, unchanged, deleted, absent: missing, outdated });
}
