/**
 * Files of a table that were met and written anew ahead of the load, as its cache: by the paths of files, whose bytes never
 * change. What became of a file holds in every later version that still has it.
 */

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { INTEGER } from '@duckdb/node-api';
import { copySql } from '../../core/plan/write.ts';
import { literal, quote } from '../../core/sql.ts';
import type { DataFile } from '../ports.ts';
import { ROW } from './incoming.ts';
import type { Meeting } from './meeting.ts';
import { addMet, metOnce } from './met.ts';
import type { Rewritten } from './rewrite.ts';
import type { Ahead } from './task.ts';

/** Keeps what was met: `files` by their numbers, and all of the table `met`. @param uri where its lines are put. */
export async function keepAhead(
  meeting: Meeting,
  files: readonly DataFile[],
  rewritten: readonly Rewritten[],
  uri: string,
): Promise<Ahead> {
  const { world, engine, shape } = meeting;
  const [counted] = await engine.rows('SELECT count(*) AS records FROM met');
  const records = counted!['records'] as number;
  if (records > 0) {
    const path = join(engine.folder, `met-${randomBytes(3).toString('hex')}.parquet`);
    await engine.run(copySql('SELECT * FROM met', path));
    await world.files.upload(path, uri);
  }
  return {
    shape,
    files: files.map(({ path }) => path),
    rewritten: rewritten.map(({ remove, add }) => ({ remove: remove.map(({ path }) => path), add })),
    met: records === 0 ? null : { uri, records },
    keys: await keysOf(meeting, 'met'),
  };
}

export interface Used {
  readonly rewritten: readonly Rewritten[];
  /** The files that need not be met again. */
  readonly done: ReadonlySet<DataFile>;
}

/**
 * Takes what was met ahead of those files that are still there, with its lines of `met`. Files that became one are taken
 * together or not at all.
 * @param candidates all files that can hold a key, by their numbers in this meeting.
 */
export async function useAhead(meeting: Meeting, candidates: ReadonlyMap<number, DataFile>): Promise<Used> {
  const numbers = new Map(Array.from(candidates, ([n, { path }]) => [path, n]));
  const rewritten: Rewritten[] = [];
  const done = new Set<DataFile>();
  const there = (path: string): DataFile => candidates.get(numbers.get(path)!)!;
  for (const ahead of meeting.task.ahead) {
    if (ahead.shape !== meeting.shape) continue;
    const broken = new Set<string>();
    const whole = ahead.rewritten.filter(({ remove }) => {
      const isWhole = remove.every((path) => numbers.has(path));
      if (!isWhole) for (const path of remove) broken.add(path);
      return isWhole;
    });
    const usable = ahead.files.flatMap((path, own): (readonly [number, string])[] =>
      numbers.has(path) && !broken.has(path) ? [[own, path]] : [],
    );
    if (!(await takeLines(meeting, ahead, new Map(usable.map(([own, path]) => [own, numbers.get(path)!])))))
      continue;
    for (const [, path] of usable) done.add(there(path));
    for (const { remove, add } of whole) rewritten.push({ remove: remove.map(there), add });
  }
  await metOnce(meeting);
  return { rewritten, done };
}

/** @returns false, having taken nothing, if the lines are not of the rows that are at hand. */
async function takeLines(
  meeting: Meeting,
  { met, keys }: Ahead,
  /** The number here of each file, by its number there. */
  files: ReadonlyMap<number, number>,
): Promise<boolean> {
  if (met === null) return true;
  const { world, engine } = meeting;
  const path = join(engine.folder, `ahead-${randomBytes(3).toString('hex')}.parquet`);
  try {
    await world.files.download(met.uri, path);
    const lines = `read_parquet(${literal(path)})`;
    if ((await keysOf(meeting, lines)) !== keys) return false;
    await engine.run('CREATE OR REPLACE TABLE ahead_files (own INTEGER, n INTEGER)');
    await engine.append('ahead_files', [INTEGER, INTEGER], [[...files.keys()], [...files.values()]]);
    await addMet(
      meeting,
      `SELECT l.* REPLACE (a.n AS file) FROM ${lines} l JOIN ahead_files a ON a.own = l.file`,
    );
    return true;
  } finally {
    await rm(path, { force: true });
  }
}

/** Rows are known by their numbers alone: a sum over their keys shows that the numbers mean the same here and there. */
async function keysOf({ engine, task }: Meeting, lines: string): Promise<string> {
  const key = task.key.map((name) => `i.${quote(name)}`).join(', ');
  const [row] = await engine.rows(
    `SELECT coalesce(sum(hash(${key})::HUGEINT), 0)::VARCHAR AS keys FROM ${lines} l JOIN incoming i USING (${ROW})`,
  );
  return String(row!['keys']);
}
