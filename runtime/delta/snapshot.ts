/** What the entries of a Delta log add up to: the columns, the files and the commits of a table at a version. */

import { z } from 'zod';
import { UsageError } from '../../core/errors.ts';
import type { DataFile, Files, Snapshot } from '../ports.ts';
import { parseExact } from './exact-json.ts';
import { readEntry, type Action, type Add, type MetaData, type Protocol } from './log.ts';
import { decodePath, entryUri, entryVersion, logFolder } from './paths.ts';
import { checkReadable } from './protocol.ts';
import { schemaOf } from './schema.ts';

/** Entries read at a time. */
const AHEAD = 16;

/** A table replayed up to a version. It grows as later entries are read, and is never handed out. */
export interface TableState {
  version: number;
  protocol: Protocol;
  metaData: MetaData;
  /** The version that last set protocol or metadata. */
  shapedAt: number;
  /** By decoded path: writers may encode the same path differently. */
  readonly files: Map<string, Add>;
  /** The latest version of each application id. */
  readonly transactions: Map<string, number>;
  /** Every commit with an id, by `commitKey`. */
  readonly commits: Map<string, { readonly version: number; readonly deleted: number }>;
}

export const commitKey = (application: string, version: number): string => `${version} ${application}`;

/**
 * Reads a table's whole log. Undefined where there is no table.
 * @throws UsageError for a table that cannot be read; the message says why.
 */
export async function readState(files: Files, uri: string): Promise<TableState | undefined> {
  const { versions, checkpoint } = await listLog(files, uri);
  const last = versions.at(-1);
  if (last === undefined && checkpoint === undefined) return undefined;
  if (last === undefined || (versions[0] !== 0 && checkpoint !== undefined)) {
    throw new UsageError(
      `The log of ${uri} starts with a checkpoint (${checkpoint}), which Sluice cannot read yet. ` +
        'Give the sink another table name, or keep the whole log from version 0 on.',
    );
  }
  const listed = new Set(versions);
  const state = emptyState();
  for (let from = 0; from <= last; from += AHEAD) {
    const some = Array.from({ length: Math.min(AHEAD, last + 1 - from) }, (_, i) => from + i);
    // A listing may miss an entry that was written while it ran: only the entry itself says that it is not there.
    const entries = await Promise.all(
      some.map(async (version) =>
        listed.has(version) || (await files.stat(entryUri(uri, version))) !== undefined
          ? readEntry(files, uri, version)
          : undefined,
      ),
    );
    entries.forEach((actions, i) => {
      if (actions === undefined) {
        throw new UsageError(
          `The log of ${uri} has version ${last} but not version ${some[i]!} (${entryUri(uri, some[i]!)}). ` +
            'The table cannot be read until that entry is restored.',
        );
      }
      apply(uri, state, some[i]!, actions);
    });
  }
  return state;
}

/** Reads the entries that were added since; the state becomes the newest version. */
export async function advance(files: Files, uri: string, state: TableState): Promise<void> {
  for (;;) {
    const next = state.version + 1;
    if ((await files.stat(entryUri(uri, next))) === undefined) return;
    apply(uri, state, next, await readEntry(files, uri, next));
  }
}

export function snapshotOf(uri: string, state: TableState): Snapshot {
  return Object.freeze({
    version: state.version,
    schema: schemaOf(uri, state.metaData),
    files: Object.freeze(Array.from(state.files.values(), (add) => dataFile(uri, add))),
    transactions: Object.freeze(Object.fromEntries(state.transactions)),
  });
}

/** @throws UsageError if the log does not say how many rows a file has: no count could be trusted without. */
export function recordsOf(uri: string, add: Add): number {
  const records = statsOf(add).numRecords;
  if (records !== undefined) return records;
  throw new UsageError(
    `The log of ${uri} does not say how many rows ${add.path} has (no numRecords in its statistics). ` +
      'Another writer added it so; rewrite that file with statistics, or give the sink another table name.',
  );
}

const bounds = z.record(z.string(), z.unknown()).nullish();
const statsSchema = z.object({
  numRecords: z.int().min(0).optional(),
  minValues: bounds,
  maxValues: bounds,
  nullCount: bounds,
});

function statsOf(add: Add): z.output<typeof statsSchema> {
  try {
    return statsSchema.parse(parseExact(add.stats ?? '{}'));
  } catch {
    // Statistics are a hint: ones that cannot be read are as good as none.
    return {};
  }
}

function dataFile(uri: string, add: Add): DataFile {
  const { minValues, maxValues, nullCount } = statsOf(add);
  const plainCounts = Object.entries(nullCount ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return Object.freeze({
    path: add.path,
    size: add.size,
    records: recordsOf(uri, add),
    partitionValues: Object.freeze(add.partitionValues),
    stats: Object.freeze({
      minValues: minValues ?? {},
      maxValues: maxValues ?? {},
      nullCount: Object.fromEntries(plainCounts),
    }),
  });
}

async function listLog(files: Files, uri: string): Promise<{ versions: number[]; checkpoint?: string }> {
  const folder = logFolder(uri);
  const versions: number[] = [];
  let checkpoint: string | undefined;
  for await (const file of files.list(folder)) {
    const name = file.uri.slice(folder.length);
    const version = entryVersion(name);
    if (version !== undefined) versions.push(version);
    else if (name === '_last_checkpoint' || /^\d{20}\.checkpoint\./.test(name)) checkpoint ??= name;
  }
  return checkpoint === undefined ? { versions } : { versions, checkpoint };
}

const emptyState = (): TableState => ({
  version: -1,
  protocol: { minReaderVersion: 0, minWriterVersion: 0 },
  metaData: { id: '', format: { provider: '' }, schemaString: '', partitionColumns: [], configuration: {} },
  shapedAt: -1,
  files: new Map(),
  transactions: new Map(),
  commits: new Map(),
});

function apply(uri: string, state: TableState, version: number, actions: readonly Action[]): void {
  const shaped = actions.some((action) => action.protocol || action.metaData);
  for (const { protocol, metaData } of actions) {
    if (protocol) state.protocol = protocol;
    if (metaData) state.metaData = metaData;
  }
  if (shaped) {
    state.shapedAt = version;
    checkReadable(uri, state.protocol, state.metaData);
  } else if (version === 0) {
    throw new UsageError(
      `The first log entry of ${uri} holds neither protocol nor metadata; it is no Delta table.`,
    );
  }
  let deleted = 0;
  for (const { remove } of actions) {
    if (!remove) continue;
    const path = decodePath(remove.path);
    const removed = state.files.get(path);
    if (removed) deleted += statsOf(removed).numRecords ?? 0;
    state.files.delete(path);
  }
  for (const { add, txn } of actions) {
    if (add) {
      if (add.deletionVector) {
        throw new UsageError(`${add.path} of ${uri} has a deletion vector, which Sluice cannot read.`);
      }
      state.files.set(decodePath(add.path), add);
    }
    if (txn) {
      state.transactions.set(txn.appId, txn.version);
      state.commits.set(commitKey(txn.appId, txn.version), { version, deleted });
    }
  }
  state.version = version;
}
