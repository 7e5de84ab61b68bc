/** What the log of a table says of each of its versions. */

import { UsageError } from '../../core/errors.ts';
import { readCheckpoint } from '../delta/checkpoint.ts';
import { listLog } from '../delta/list-log.ts';
import { committedAt, readEntry, type Action, type Add } from '../delta/log.ts';
import { decodePath } from '../delta/paths.ts';
import { statsOf } from '../delta/state.ts';
import { inEngine, type World } from '../world.ts';

export interface TableVersion {
  readonly version: number;
  /** ISO in UTC; null if the entry does not say. */
  readonly at: string | null;
  readonly operation: string | null;
  /** The run that committed it; null for a command, and for another writer. */
  readonly run: string | null;
  readonly added: Amount;
  readonly removed: Amount;
  /** Whether all of its files are still there, so that it can be restored. */
  readonly restorable: boolean;
}

export interface Amount {
  readonly files: number;
  /** Null if the log does not say. */
  readonly rows: number | null;
}

/** The newest version first; of a log that was cleaned up, those that are left. */
export async function tableHistory(world: World, uri: string): Promise<readonly TableVersion[]> {
  const { files } = world;
  const log = await listLog(files, uri);
  const live = new Map<string, Add>();
  const base = log.checkpoints.find(({ kind }) => kind === 'classic')?.version;
  let from = 0;
  if (log.entries[0] !== 0 && base !== undefined) {
    const state = await readCheckpoint((work) => inEngine(world, work), files, uri, base);
    for (const [path, add] of state.files) live.set(path, add);
    from = base + 1;
  }
  const there = new Set<string>();
  for await (const file of files.list(`${uri}/`)) there.add(file.uri.slice(uri.length + 1));
  const gone = new Set([...live.keys()].filter((path) => !there.has(path)));
  const versions: TableVersion[] = [];
  for (let version = from; version <= (log.entries.at(-1) ?? -1); version++) {
    if (!log.entries.includes(version)) {
      throw new UsageError(`The log of ${uri} has no version ${version}; restore it from a backup.`);
    }
    const actions = await readEntry(files, uri, version);
    const removed: (Add | undefined)[] = [];
    for (const { remove } of actions) {
      if (!remove) continue;
      const path = decodePath(remove.path);
      removed.push(live.get(path));
      live.delete(path);
      gone.delete(path);
    }
    const added = actions.flatMap(({ add }) => add ?? []);
    for (const add of added) {
      const path = decodePath(add.path);
      live.set(path, add);
      if (!there.has(path)) gone.add(path);
    }
    versions.push({
      version,
      ...toldBy(actions),
      added: amountOf(added),
      removed: amountOf(removed),
      restorable: gone.size === 0,
    });
  }
  return versions.toReversed();
}

function toldBy(actions: readonly Action[]): Pick<TableVersion, 'at' | 'operation' | 'run'> {
  const at = committedAt(actions);
  const operation = actions.find(({ commitInfo }) => commitInfo)?.commitInfo?.['operation'];
  const application = actions.find(({ txn }) => txn)?.txn?.appId;
  const run = /^sluice\/([^/]+)$/.exec(application ?? '')?.[1] ?? null;
  const words = typeof operation === 'string' ? operation : null;
  return {
    at: at === undefined ? null : new Date(at).toISOString(),
    // A run's operation ends with its name, which stands beside it.
    operation: run !== null && words?.endsWith(` ${run}`) ? words.slice(0, -run.length - 1) : words,
    run,
  };
}

function amountOf(some: readonly (Add | undefined)[]): Amount {
  const told = some.flatMap((add) => (add && statsOf(add).numRecords) ?? []);
  return { files: some.length, rows: told.length < some.length ? null : told.reduce((a, b) => a + b, 0) };
}
