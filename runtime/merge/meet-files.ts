/** Files of a table met with the rows of a run, some at a time, and written anew where a row changes. */

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { atOnce, TRANSFERS } from '../at-once.ts';
import { decodePath } from '../delta/paths.ts';
import type { DataFile } from '../ports.ts';
import { viewHeld, type HeldFile } from './held.ts';
import type { Meeting } from './meeting.ts';
import { filesThatMeet, meet, metOnce } from './met.ts';
import { rewrite, type Rewritten } from './rewrite.ts';

/** Bytes of a table's files that are in the engine's folder at a time. */
const BATCH_BYTES = 512 * 1024 * 1024;

/**
 * @param files by their numbers in the table `met`, to which lines are added.
 * @throws UsageError for a table that has several rows of a key.
 */
export async function meetFiles(
  meeting: Meeting,
  files: ReadonlyMap<number, DataFile>,
): Promise<Rewritten[]> {
  const rewritten: Rewritten[] = [];
  for (const batch of batchesOf(files)) rewritten.push(...(await meetBatch(meeting, batch)));
  return rewritten;
}

type Numbered = readonly [n: number, file: DataFile];

function* batchesOf(files: Iterable<Numbered>): Generator<readonly Numbered[]> {
  let batch: Numbered[] = [];
  let bytes = 0;
  for (const one of files) {
    const { size } = one[1];
    if (batch.length > 0 && bytes + size > BATCH_BYTES) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(one);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function meetBatch(meeting: Meeting, batch: readonly Numbered[]): Promise<Rewritten[]> {
  const { world, engine, uri, task, fields, partitionBy } = meeting;
  const own = randomBytes(3).toString('hex');
  const files = batch.map(([n, file]): HeldFile => ({
    n,
    file,
    path: join(engine.folder, `held-${own}-${n}.parquet`),
  }));
  try {
    await atOnce(files, TRANSFERS, ({ file, path }) =>
      world.files.download(`${uri}/${decodePath(file.path)}`, path),
    );
    await viewHeld(engine, files, fields, partitionBy);
    const meets = await filesThatMeet(engine, task.key);
    const met = files.filter(({ path }) => meets.has(path));
    if (met.length === 0) return [];
    await viewHeld(engine, met, fields, partitionBy);
    await meet(meeting);
    await metOnce(meeting);
    return await rewrite(meeting, met);
  } finally {
    for (const { path } of files) await rm(path, { force: true });
  }
}
