/** Every data file that any version of a table's log names, live or not, and which commits added and removed it. */

import { UsageError } from '../../core/errors.ts';
import type { Files } from '../ports.ts';
import { readCheckpoint, type InEngine } from './checkpoint.ts';
import { listLog } from './list-log.ts';
import { committedAt, readEntry, type Action } from './log.ts';
import { mergedBy } from './merged-rows.ts';
import { decodePath, entryUri } from './paths.ts';
import { statsOf } from './state.ts';

export interface NamedFile {
  /** As the file lies in the table's folder. */
  readonly path: string;
  readonly size: number;
  /** Null if the log does not say. */
  readonly records: number | null;
  /** Its first addition. */
  readonly added: NamedBy;
  /** The removals of its rows; where a file was only rewritten, its rows are still there. */
  readonly removals: readonly NamedBy[];
  /** Whether the newest version holds it. */
  readonly live: boolean;
  /** Whether a later version than one that removed it holds it again. */
  readonly restored: boolean;
  /** When it last left the table, in milliseconds; null if it did not, or the log does not say. */
  readonly leftAt: number | null;
}

/** A version, and the application that committed it, if it said so; a checkpoint does not say for those before it. */
export interface NamedBy {
  readonly version: number;
  readonly application: string | undefined;
  /** Whether rows met those of the table: its files hold rows that others had written. */
  readonly isMerge?: boolean;
}

/**
 * By path; undefined where there is no log. A log that was cleaned up names what its oldest checkpoint does, and later ones.
 * @throws UsageError for a log that is not whole from version 0 or from a checkpoint on, and for what cannot be read.
 */
export async function namedFiles(
  files: Files,
  table: string,
  inEngine?: InEngine,
): Promise<ReadonlyMap<string, NamedFile> | undefined> {
  const log = await listLog(files, table);
  if (!log.isThere) return undefined;
  const named = new Map<string, NamedFile>();
  const base = log.checkpoints.find(({ kind }) => kind === 'classic')?.version;
  let version = 0;
  if (log.entries[0] !== 0 && base !== undefined && inEngine !== undefined) {
    nameCheckpoint(named, await readCheckpoint(inEngine, files, table, base));
    version = base + 1;
  }
  const listed = new Set(log.entries);
  const last = Math.max(version - 1, ...listed);
  for (; ; version++) {
    // An entry may have been written while the log was listed.
    if (!listed.has(version) && (await files.stat(entryUri(table, version))) === undefined) {
      if (version > last && last >= 0) return named;
      throw new UsageError(
        `The log of ${table} is not whole: version ${version} is missing (${entryUri(table, version)}).`,
      );
    }
    name(named, version, await readEntry(files, table, version));
  }
}

function nameCheckpoint(
  named: Map<string, NamedFile>,
  { version, files, removed }: Awaited<ReturnType<typeof readCheckpoint>>,
): void {
  const added: NamedBy = { version, application: undefined };
  for (const [path, add] of files) {
    const records = statsOf(add).numRecords ?? null;
    named.set(path, { path, size: add.size, records, added, ...unchanged, live: true });
  }
  for (const [path, { size, deletionTimestamp }] of removed) {
    const leftAt = deletionTimestamp ?? null;
    named.set(path, { path, size: size ?? 0, records: null, added, ...unchanged, live: false, leftAt });
  }
}

const unchanged = { removals: [], restored: false, leftAt: null } as const;

function name(named: Map<string, NamedFile>, version: number, actions: readonly Action[]): void {
  const application = actions.find(({ txn }) => txn)?.txn?.appId;
  const by: NamedBy = { version, application, isMerge: mergedBy(actions) !== undefined };
  const at = committedAt(actions) ?? null;
  for (const { remove } of actions) {
    const file = remove && named.get(decodePath(remove.path));
    if (!file?.live) continue;
    const removals = remove?.dataChange ? [...file.removals, by] : file.removals;
    named.set(file.path, { ...file, live: false, leftAt: remove?.deletionTimestamp ?? at, removals });
  }
  for (const { add } of actions) {
    if (!add) continue;
    const path = decodePath(add.path);
    const records = statsOf(add).numRecords ?? null;
    const before = named.get(path);
    named.set(path, {
      ...(before ?? { path, added: by, ...unchanged }),
      size: add.size,
      records: records ?? before?.records ?? null,
      restored: before !== undefined && (before.restored || !before.live),
      live: true,
      leftAt: null,
    });
  }
}
