/** A Delta table read without Sluice: its log as the protocol says, for checks that do not trust our own reader. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LiveTable {
  /** The newest version, or null where there is no table. */
  readonly version: number | null;
  /** The data files of that version. */
  readonly files: readonly string[];
}

interface Action {
  readonly add?: { readonly path: string };
  readonly remove?: { readonly path: string };
}

/** Replays a table's whole log; not for tables whose old log entries were cleaned up. */
export function liveFiles(table: string): LiveTable {
  const log = join(table, '_delta_log');
  const commits = existsSync(log)
    ? readdirSync(log)
        .filter((name) => /^\d{20}\.json$/.test(name))
        .sort()
    : [];
  const live = new Set<string>();
  for (const name of commits) {
    for (const line of readFileSync(join(log, name), 'utf8').split('\n').filter(Boolean)) {
      const { add, remove } = JSON.parse(line) as Action;
      if (remove) live.delete(remove.path);
      if (add) live.add(add.path);
    }
  }
  return {
    version: commits.length === 0 ? null : Number.parseInt(commits.at(-1)!, 10),
    files: [...live].map((path) => join(table, decodeURIComponent(path))),
  };
}
