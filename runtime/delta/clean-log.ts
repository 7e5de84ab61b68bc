/** Removes the start of a table's log that no version within a retention needs, behind a checkpoint that was read. */

import { EngineError, UsageError } from '../../core/errors.ts';
import type { CleanLogOptions, FileInfo, Files } from '../ports.ts';
import { lastCheckpoint, readCheckpoint, type InEngine } from './checkpoint.ts';
import { listLog, type ListedLog } from './list-log.ts';
import { committedAt, readEntry } from './log.ts';
import { entryUri } from './paths.ts';

/** @returns what was removed, or would be. Nothing without an engine: whoever has none could not read what is left. */
export async function cleanLog(
  files: Files,
  inEngine: InEngine | undefined,
  uri: string,
  { before, keep, dryRun }: CleanLogOptions,
): Promise<readonly FileInfo[]> {
  if (inEngine === undefined) return [];
  const log = await listLog(files, uri);
  const pointer = (await lastCheckpoint(files, uri)) ?? Infinity;
  const oldest = Math.min(pointer, await oldestNeeded(files, uri, log, before.getTime(), keep));
  const from = await readableCheckpoint(files, inEngine, uri, log, oldest);
  const old: FileInfo[] = log.checkpoints.filter(({ version }) => version < from).map(({ file }) => file);
  for (const version of log.entries) {
    const file = version < from ? await files.stat(entryUri(uri, version)) : undefined;
    if (file) old.push(file);
  }
  // The oldest first, entries last: whoever reads meanwhile finds a log that is whole from some version on.
  if (!dryRun) for (const file of old) await files.remove(file.uri);
  return old;
}

/** The newest version that was the newest at that time, or the first of a commit that must be found again. */
async function oldestNeeded(
  files: Files,
  uri: string,
  { entries }: ListedLog,
  before: number,
  keep: ReadonlySet<string>,
): Promise<number> {
  let needed = -1;
  for (const version of entries) {
    const actions = await readEntry(files, uri, version);
    const at = committedAt(actions);
    // An entry that does not say when it was made may be young.
    if (at === undefined || at > before) break;
    if (actions.some(({ txn }) => txn && keep.has(txn.appId))) break;
    needed = version;
  }
  return needed;
}

/** The newest one up to a version that can be read; -1, behind which nothing lies, where there is none. */
async function readableCheckpoint(
  files: Files,
  inEngine: InEngine,
  uri: string,
  { checkpoints }: ListedLog,
  upTo: number,
): Promise<number> {
  for (const { version, kind } of checkpoints.toReversed()) {
    if (version > upTo || kind !== 'classic') continue;
    try {
      await readCheckpoint(inEngine, files, uri, version);
      return version;
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof EngineError)) throw error;
    }
  }
  return -1;
}
