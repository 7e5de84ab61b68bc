/** Every data file that any version of a table's log names, live or not, and which commits added and removed it. */

import { z } from 'zod';
import { UsageError } from '../../core/errors.ts';
import type { Files } from '../ports.ts';
import { readEntry, type Action } from './log.ts';
import { decodePath, entryUri, entryVersion, logFolder } from './paths.ts';

export interface NamedFile {
  /** As the file lies in the table's folder. */
  readonly path: string;
  readonly size: number;
  /** Null if the log does not say. */
  readonly records: number | null;
  readonly added: NamedBy;
  /** The removal of its rows, if they were removed; a file that was only rewritten still counts. */
  readonly removed?: NamedBy;
  /** Whether the newest version holds it. */
  readonly live: boolean;
}

/** A version, and the application that committed it, if it said so. */
export interface NamedBy {
  readonly version: number;
  readonly application: string | undefined;
}

/**
 * By path; undefined where there is no log.
 * @throws UsageError for a log that is not whole from version 0 on, and for an entry that cannot be read.
 */
export async function namedFiles(
  files: Files,
  table: string,
): Promise<ReadonlyMap<string, NamedFile> | undefined> {
  const listed = new Set<number>();
  let isThere = false;
  for await (const { uri } of files.list(logFolder(table))) {
    isThere = true;
    const version = entryVersion(uri.slice(logFolder(table).length));
    if (version !== undefined) listed.add(version);
  }
  if (!isThere) return undefined;
  const named = new Map<string, NamedFile>();
  const last = Math.max(-1, ...listed);
  for (let version = 0; ; version++) {
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

function name(named: Map<string, NamedFile>, version: number, actions: readonly Action[]): void {
  const by: NamedBy = { version, application: actions.find(({ txn }) => txn)?.txn?.appId };
  for (const { remove } of actions) {
    const file = remove && named.get(decodePath(remove.path));
    if (!file?.live) continue;
    named.set(file.path, { ...file, live: false, ...(remove?.dataChange ? { removed: by } : {}) });
  }
  for (const { add } of actions) {
    if (!add) continue;
    const path = decodePath(add.path);
    named.set(path, { path, size: add.size, records: recordsIn(add.stats), added: by, live: true });
  }
}

const statsSchema = z.object({ numRecords: z.int().min(0) });

function recordsIn(stats: string | null | undefined): number | null {
  try {
    return statsSchema.parse(JSON.parse(stats ?? '')).numRecords;
  } catch {
    return null;
  }
}
