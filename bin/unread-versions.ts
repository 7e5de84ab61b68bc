/** Of the versions of tables that were found in a folder those that are still to be read; what is left out is said. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import type { Pipeline } from '../core/pipeline.ts';
import { takenByPath } from '../core/sources/taken-by.ts';
import { parseEntry } from '../runtime/delta/log.ts';
import type { World } from '../runtime/world.ts';
import { counted } from './text.ts';

export interface Unread {
  readonly objects: readonly string[];
  /** Sentences. */
  readonly said: readonly string[];
}

/** @param named paths that are run whatever was read before. */
export async function unreadVersions(
  world: Pick<World, 'ledger'>,
  pipeline: Pipeline,
  found: readonly string[],
  named: ReadonlySet<string>,
): Promise<Unread> {
  const objects: string[] = [];
  const left = new Map<string, { before: number; empty: number }>();
  for (const path of found) {
    const [source] = takenByPath(pipeline.sources, dirname(path).split(sep).join('/'), basename(path));
    const versions = pipeline.sources[source!]?.versions;
    if (versions === undefined || named.has(path)) {
      objects.push(path);
      continue;
    }
    const counts = left.get(versions.table) ?? { before: 0, empty: 0 };
    left.set(versions.table, counts);
    const entry = await readFile(path);
    if (await wasRead(world, pipeline, entry)) counts.before++;
    else if (versions.read === 'added' && !changesRows(entry, path)) counts.empty++;
    else objects.push(path);
  }
  const said = Array.from(left).flatMap(([table, { before, empty }]) => [
    ...(before === 0 ? [] : [`${counted(before, 'version')} of ${table} read before.`]),
    ...(empty === 0 ? [] : [`${counted(empty, 'version')} of ${table} without rows of their own.`]),
  ]);
  return { objects, said };
}

async function wasRead(
  { ledger }: Pick<World, 'ledger'>,
  pipeline: Pipeline,
  entry: Buffer,
): Promise<boolean> {
  const sha256 = createHash('sha256').update(entry).digest('hex');
  const attempts = await ledger.attempts(pipeline.name, sha256);
  return attempts.some(({ record }) => record?.status.startsWith('published'));
}

const changesRows = (entry: Buffer, path: string): boolean =>
  parseEntry(entry.toString('utf8'), path).some(({ add, remove }) => add?.dataChange || remove?.dataChange);
