/** A table replayed up to a version: what the entries of its log, or a checkpoint and those after it, add up to. */

import { z } from 'zod';
import { UsageError } from '../../core/errors.ts';
import type { Committed } from '../ports.ts';
import { parseExact } from './exact-json.ts';
import type { Action, Add, MetaData, Protocol, Remove, Txn } from './log.ts';
import { mergedBy } from './merged-rows.ts';
import { decodePath } from './paths.ts';
import { checkReadable } from './protocol.ts';

/** It grows as later entries are read, and is never handed out. */
export interface TableState {
  version: number;
  protocol: Protocol;
  metaData: MetaData;
  /** The version that last set protocol or metadata. */
  shapedAt: number;
  /** The version that last changed rows; a checkpoint does not tell earlier ones from its own. */
  changedAt: number;
  /** By decoded path: writers may encode the same path differently. */
  readonly files: Map<string, Add>;
  /** Files that were removed, by decoded path. */
  readonly removed: Map<string, Remove>;
  /** The latest of each application id. */
  readonly transactions: Map<string, Txn>;
  /** Every commit with an id since the checkpoint, by `commitKey`. */
  readonly commits: Map<string, KnownCommit>;
  /** The checkpoint that the state begins with, if it does, and the latest version of each application id in it. */
  readonly base: { readonly version: number; readonly transactions: ReadonlyMap<string, number> } | undefined;
}

/** What an entry says of the commit that it is. */
export type KnownCommit = Pick<Committed, 'version' | 'deleted' | 'merged'>;

export const commitKey = (application: string, version: number): string => `${version} ${application}`;

export const emptyState = (): TableState => ({
  version: -1,
  protocol: { minReaderVersion: 0, minWriterVersion: 0 },
  metaData: { id: '', format: { provider: '' }, schemaString: '', partitionColumns: [], configuration: {} },
  shapedAt: -1,
  changedAt: -1,
  files: new Map(),
  removed: new Map(),
  transactions: new Map(),
  commits: new Map(),
  base: undefined,
});

export const copyOf = (state: TableState): TableState => ({
  ...state,
  files: new Map(state.files),
  removed: new Map(state.removed),
  transactions: new Map(state.transactions),
  commits: new Map(state.commits),
});

/** A state that begins with what a checkpoint holds. */
export function stateOfCheckpoint(uri: string, version: number, actions: readonly Action[]): TableState {
  const has = (name: 'protocol' | 'metaData'): boolean => actions.some((action) => action[name]);
  if (!has('protocol') || !has('metaData')) {
    throw new UsageError(`The checkpoint of version ${version} of ${uri} holds no protocol or no metadata.`);
  }
  const state = emptyState();
  replay(uri, state, version, actions);
  const versions = Array.from(state.transactions, ([appId, txn]) => [appId, txn.version] as const);
  return {
    ...state,
    changedAt: version,
    commits: new Map(),
    base: { version, transactions: new Map(versions) },
  };
}

/** Adds the next entry. @throws UsageError if the table is then one that cannot be read. */
export function apply(uri: string, state: TableState, version: number, actions: readonly Action[]): void {
  if (version === 0 && !actions.some((action) => action.protocol || action.metaData)) {
    throw new UsageError(
      `The first log entry of ${uri} holds neither protocol nor metadata; it is no Delta table.`,
    );
  }
  replay(uri, state, version, actions);
}

function replay(uri: string, state: TableState, version: number, actions: readonly Action[]): void {
  for (const { protocol, metaData } of actions) {
    if (protocol) state.protocol = protocol;
    if (metaData) state.metaData = metaData;
  }
  if (actions.some((action) => action.protocol || action.metaData)) {
    state.shapedAt = version;
    checkReadable(uri, state.protocol, state.metaData);
  }
  let deleted = 0;
  for (const { remove } of actions) {
    if (!remove) continue;
    const path = decodePath(remove.path);
    const removed = state.files.get(path);
    if (removed && remove.dataChange) deleted += statsOf(removed).numRecords ?? 0;
    state.files.delete(path);
    state.removed.set(path, remove);
  }
  for (const { add, txn } of actions) {
    if (add) {
      if (add.deletionVector) {
        throw new UsageError(`${add.path} of ${uri} has a deletion vector, which Sluice cannot read.`);
      }
      const path = decodePath(add.path);
      state.files.set(path, add);
      state.removed.delete(path);
    }
    if (txn) {
      state.transactions.set(txn.appId, txn);
      const merged = mergedBy(actions);
      state.commits.set(commitKey(txn.appId, txn.version), {
        version,
        deleted: merged?.deleted ?? deleted,
        merged,
      });
    }
  }
  if (actions.some(({ add, remove }) => add?.dataChange || remove?.dataChange)) state.changedAt = version;
  state.version = version;
}

const bounds = z.record(z.string(), z.unknown()).nullish();
const statsSchema = z.object({
  numRecords: z.int().min(0).optional(),
  minValues: bounds,
  maxValues: bounds,
  nullCount: bounds,
});

export function statsOf(add: Add): z.output<typeof statsSchema> {
  try {
    return statsSchema.parse(parseExact(add.stats ?? '{}'));
  } catch {
    // Statistics are a hint: ones that cannot be read are as good as none.
    return {};
  }
}
