/**
 * The rows of a run met with one version of a table, as a change of that version: files that hold rows which change are
 * written anew without them, what takes their place and what is new is added. Nothing is visible before it is committed.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { agree } from '../../core/gate/reconcile.ts';
import { copySql } from '../../core/plan/write.ts';
import { DELETE_COLUMN } from '../../core/sinks/sink.ts';
import { literal, quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { DataFile, MergedRows, TableChange } from '../ports.ts';
import { engineType } from '../query/engine-type.ts';
import { placeLocal } from '../table-files.ts';
import type { World } from '../world.ts';
import { useAhead } from './ahead.ts';
import { candidateFiles } from './candidates.ts';
import { ROW } from './incoming.ts';
import { meetFiles } from './meet-files.ts';
import type { Meeting } from './meeting.ts';
import { keptColumn } from './met.ts';
import { openMeeting } from './open-meeting.ts';
import type { MergeTask } from './task.ts';

/** What a change is made of besides what the merge finds. */
export type MergeBase = Pick<TableChange, 'id' | 'schema' | 'operation' | 'at'>;

/**
 * Files that were met ahead (`task.ahead`) are met again only if they are gone from the newest version.
 * @param onMeeting is told how many files can hold a key, of how many.
 * @throws UsageError for a table that has several rows of a key; ReconciliationError if rows would be lost.
 */
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
  const meeting = await openMeeting(world, engine, { uri, snapshot, schema }, task);
  const key = meeting.fields.filter(({ name }) => task.key.includes(name));
  const files = snapshot?.files ?? [];
  const candidates = new Map((await candidateFiles(engine, 'incoming', files, key)).entries());
  onMeeting?.(candidates.size, files.length);
  const used = await useAhead(meeting, candidates);
  const left = new Map([...candidates].filter(([, file]) => !used.done.has(file)));
  const rewritten = [...used.rewritten, ...(await meetFiles(meeting, left))];
  const remove = rewritten.flatMap((one) => one.remove);
  const add = [...rewritten.flatMap((one) => one.add ?? []), ...(await placeNew(meeting))];
  const merged = await countMerged(meeting);
  const rows = (some: readonly DataFile[]): number => some.reduce((sum, { records }) => sum + records, 0);
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

/** Places the rows that are new, and those that move to another partition. */
async function placeNew({
  world,
  engine,
  uri,
  task,
  partitionBy,
  fields,
  kept,
}: Meeting): Promise<DataFile[]> {
  const path = join(engine.folder, `new-${randomBytes(3).toString('hex')}.parquet`);
  const none = task.deletes ? `NOT i.${quote(DELETE_COLUMN)} AND ` : '';
  const columns = fields.map((field) => {
    const value = kept.includes(field) ? `m.${keptColumn(field)}` : `i.${quote(field.name)}`;
    return `CAST(${value} AS ${engineType(field.type)}) AS ${quote(field.name)}`;
  });
  await engine.run(
    copySql(
      `SELECT ${columns.join(', ')} FROM incoming i LEFT JOIN met m USING (${ROW})
WHERE (${none}m.verdict IS NULL) OR (m.verdict = 'updated' AND m.moves)`,
      path,
    ),
  );
  return placeLocal(world, engine, [path], { uri, fields, partitionBy, run: task.run });
}

async function countMerged({ engine, task, incoming }: Meeting): Promise<MergedRows> {
  const absent = task.deletes ? `coalesce(i.${quote(DELETE_COLUMN)}, FALSE)` : 'FALSE';
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
