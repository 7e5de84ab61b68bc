/** Tables of the lake as Delta Lake tables: reader version 1, writer version 2, over any store with a conditional write. */

import type { Files, Tables } from '../ports.ts';
import type { InEngine } from './checkpoint.ts';
import { cleanLog } from './clean-log.ts';
import { checkChange, commitChange } from './commit.ts';
import { readState } from './read-state.ts';
import { recentTables } from './recent.ts';
import { snapshotOf } from './snapshot.ts';

export interface DeltaOptions {
  /**
   * Opens an engine to read and write checkpoints with. Without it none are written, and a log that cannot be read
   * without one is refused.
   */
  readonly inEngine?: InEngine;
}

/**
 * Delta tables whose log and data are kept in `files`, which must honour `onlyIfAbsent`: every guarantee rests on it.
 * Besides the errors of the port, all calls throw UsageError for a table that cannot be read: a protocol or feature
 * that is not known here, a checkpoint of a kind that is not, an entry that is missing or damaged.
 */
export function deltaTables(files: Files, { inEngine }: DeltaOptions = {}): Tables {
  const read = recentTables(files, inEngine);
  const options = { files, read, inEngine };
  return Object.freeze({
    async snapshot(uri, version) {
      const state = await (version === undefined ? read(uri) : readState(files, uri, { inEngine, version }));
      return state === undefined ? undefined : snapshotOf(uri, state);
    },
    commit: (uri, change) => commitChange(options, uri, change),
    check: (uri, change) => checkChange(read, uri, change),
    cleanLog: (uri, how) => cleanLog(files, inEngine, uri, how),
  } satisfies Tables);
}
