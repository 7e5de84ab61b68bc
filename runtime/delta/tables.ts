/** Tables of the lake as Delta Lake tables: reader version 1, writer version 2, over any store with a conditional write. */

import type { Files, Tables } from '../ports.ts';
import { checkChange, commitChange } from './commit.ts';
import { recentTables } from './recent.ts';
import { snapshotOf } from './snapshot.ts';

/**
 * Delta tables whose log and data are kept in `files`, which must honour `onlyIfAbsent`: every guarantee rests on it.
 * Besides the errors of the port, both calls throw UsageError for a table that cannot be read: a protocol or feature
 * that is not known here, a log that needs a checkpoint, an entry that is missing or damaged.
 */
export function deltaTables(files: Files): Tables {
  const read = recentTables(files);
  return Object.freeze({
    async snapshot(uri: string) {
      const state = await read(uri);
      return state && snapshotOf(uri, state);
    },
    commit: (uri, change) => commitChange(files, read, uri, change),
    check: (uri, change) => checkChange(read, uri, change),
  } satisfies Tables);
}
