/** Puts the rows of many small files of a table into few large ones, in one version that changes no row. */

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommitConflictError, UsageError } from '../../core/errors.ts';
import { agree } from '../../core/gate/reconcile.ts';
import { copySql } from '../../core/plan/write.ts';
import { literal } from '../../core/sql.ts';
import { atOnce, TRANSFERS } from '../at-once.ts';
import { decodePath } from '../delta/paths.ts';
import type { Engine } from '../engine.ts';
import { COMPACTED, RUNS_TAG, runsOfFile } from '../layout.ts';
import { inLanes } from '../in-lanes.ts';
import type { DataFile, TableSchema } from '../ports.ts';
import { measureFiles } from '../table-files.ts';
import { inEngine, type World } from '../world.ts';
import { busyRuns } from './busy-runs.ts';
import { commandId } from './command-id.ts';
import { stampOf } from './compacted-at.ts';

/** What a compacted file should come to; a file of three quarters of it is large enough as it is. */
const TARGET_BYTES = 128 * 1024 * 1024;
/** Bytes that one engine merges: opening one takes as long as merging small files, and it has its time and its disk. */
const IN_ONE_ENGINE = 1024 * 1024 * 1024;
/** Races that a compaction may lose before it gives up. */
const TRIES = 5;

export interface Compacted {
  /** The version that the table has now. */
  readonly version: number;
  readonly before: readonly DataFile[];
  readonly after: readonly DataFile[];
}

/**
 * Files of runs that are being worked on stay as they are.
 * @throws CommitConflictError after losing five races; ReconciliationError if a row would be lost.
 */
export async function compactTable(
  world: World,
  uri: string,
  targetBytes: number = TARGET_BYTES,
): Promise<Compacted> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryCompact(world, uri, targetBytes);
    } catch (error) {
      if (!(error instanceof CommitConflictError) || tries === TRIES) throw error;
    }
  }
}

async function tryCompact(world: World, uri: string, targetBytes: number): Promise<Compacted> {
  const snapshot = await world.tables.snapshot(uri);
  if (snapshot === undefined) throw new UsageError(`There is no table at ${uri}.`);
  const groups = groupsOf(snapshot.files, (await busyRuns(world, uri)).all, targetBytes);
  const before = groups.flat();
  if (before.length === 0) return { version: snapshot.version, before, after: [] };
  const after: DataFile[] = [];
  try {
    const own = `${stampOf(world.now())}-${randomBytes(3).toString('hex')}`;
    for (const some of packsOf(groups)) {
      const from = after.length;
      const nameOf = (i: number): string => `${COMPACTED}/${own}-${from + i}.parquet`;
      await inEngine(world, async (engine) => {
        after.push(...(await mergeAll(world, engine, uri, snapshot.schema, some, nameOf)));
      });
    }
    // A run that began meanwhile may be about to take the place of one whose rows were put together with others.
    const { all } = await busyRuns(world, uri);
    const touched = before.find((file) => runsOf(file).some((run) => all.has(run)));
    if (touched) {
      throw new CommitConflictError(
        `A run that is at work may take the place of rows in ${touched.path} of ${uri}. Compact it when the run is settled.`,
      );
    }
    const { version } = await world.tables.commit(uri, {
      id: commandId(),
      schema: snapshot.schema,
      write: 'append',
      add: after,
      remove: before.map(({ path }) => path),
      dataChange: false,
      supersedes: [],
      operation: 'COMPACT',
      at: world.now(),
    });
    return { version, before, after };
  } catch (error) {
    // After another error the commit may have been made: a vacuum finds what was not.
    if (error instanceof CommitConflictError) {
      for (const { path } of after) await world.files.remove(`${uri}/${path}`);
    }
    throw error;
  }
}

const runsOf = ({ path, tags }: DataFile): string[] => runsOfFile(decodePath(path), tags);

/** Small files of a partition, as many as make one of the wanted size; one alone stays. */
function groupsOf(files: readonly DataFile[], busy: ReadonlySet<string>, targetBytes: number): DataFile[][] {
  const small = files
    .filter((file) => file.size < 0.75 * targetBytes && !runsOf(file).some((run) => busy.has(run)))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const groups: DataFile[][] = [];
  for (const some of Map.groupBy(small, (file) => keyOf(file.partitionValues)).values()) {
    let group: DataFile[] = [];
    let bytes = 0;
    for (const file of some) {
      group.push(file);
      bytes += file.size;
      if (bytes < targetBytes) continue;
      groups.push(group);
      [group, bytes] = [[], 0];
    }
    groups.push(group);
  }
  return groups.filter((group) => group.length > 1);
}

function packsOf(groups: readonly DataFile[][]): DataFile[][][] {
  const packs: DataFile[][][] = [];
  let bytes = Infinity;
  for (const group of groups) {
    const more = group.reduce((sum, { size }) => sum + size, 0);
    if (bytes + more > IN_ONE_ENGINE) {
      packs.push([]);
      bytes = 0;
    }
    packs.at(-1)!.push(group);
    bytes += more;
  }
  return packs;
}

const keyOf = (values: DataFile['partitionValues']): string =>
  JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));

async function mergeAll(
  { files }: World,
  engine: Engine,
  uri: string,
  { fields, partitionBy }: TableSchema,
  groups: readonly (readonly DataFile[])[],
  nameOf: (i: number) => string,
): Promise<DataFile[]> {
  const paths = await inLanes(engine, [...groups.entries()], (lane, [i, group]) =>
    mergeGroup(lane, i, group),
  );
  const inFile = fields.filter(({ name }) => !partitionBy.includes(name));
  const measured = await measureFiles(engine, paths, inFile);
  return atOnce([...groups.entries()], TRANSFERS, async ([i, group]) => {
    const { size, records, stats } = measured[i]!;
    const path = nameOf(i);
    const rows = group.reduce((sum, file) => sum + file.records, 0);
    agree(`${uri}/${path}`, { of: 'the log', count: rows }, { of: 'the compacted file', count: records });
    await files.upload(paths[i]!, `${uri}/${path}`);
    const { partitionValues } = group[0]!;
    const runs = [...new Set(group.flatMap(runsOf))].sort();
    return { path, size, records, partitionValues, stats, tags: { [RUNS_TAG]: runs.join(',') } };
  });

  /** Names of this group alone: an engine may remember what it read under a name. */
  async function mergeGroup(lane: Engine, i: number, group: readonly DataFile[]): Promise<string> {
    const small = group.map((_, n) => join(engine.folder, `${i}-${n}.parquet`));
    await atOnce([...group.entries()], TRANSFERS, ([n, { path }]) =>
      files.download(`${uri}/${decodePath(path)}`, small[n]!),
    );
    const merged = join(engine.folder, `${i}.parquet`);
    const from = `read_parquet([${small.map(literal).join(', ')}], union_by_name = true)`;
    await lane.run(copySql(`SELECT * FROM ${from}`, merged));
    for (const path of small) await rm(path, { force: true });
    return merged;
  }
}
