/** The tables that this process has read: read again, only the entries that were added since are fetched. */

import type { Files } from '../ports.ts';
import type { InEngine } from './checkpoint.ts';
import { entryUri } from './paths.ts';
import { advance, readState } from './read-state.ts';
import { copyOf, type TableState } from './state.ts';

/** Reads a table at its newest version, into a state of the caller's own. */
export type ReadTable = (uri: string) => Promise<TableState | undefined>;

/**
 * What is known of a table counts as long as its last known entry is the same object; otherwise (it was removed, or
 * made anew) the log is read. Without this, a thousand runs in one process would read half a million entries.
 */
export function recentTables(files: Files, inEngine?: InEngine): ReadTable {
  const known = new Map<string, { readonly state: TableState; readonly entry: string | undefined }>();
  return async (uri) => {
    const entryOf = async (state: TableState): Promise<string | undefined> =>
      (await files.stat(entryUri(uri, state.version)))?.version;
    const before = known.get(uri);
    let state: TableState | undefined;
    if (before?.entry !== undefined && (await entryOf(before.state)) === before.entry) {
      state = copyOf(before.state);
      await advance(files, uri, state);
    } else {
      state = await readState(files, uri, { inEngine });
    }
    if (state === undefined) known.delete(uri);
    else known.set(uri, { state: copyOf(state), entry: await entryOf(state) });
    return state;
  };
}
