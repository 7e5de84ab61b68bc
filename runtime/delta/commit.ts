/** Makes a change of a table visible: one conditional write of the next log entry, tried again after a lost race. */

import { CommitConflictError, DefinitionError, TransientError, UsageError } from '../../core/errors.ts';
import { runOfFile } from '../layout.ts';
import type { Committed, DataFile, Files, TableChange } from '../ports.ts';
import { entryBytes } from './log.ts';
import { decodePath, entryUri } from './paths.ts';
import { checkWritable, ourProtocol } from './protocol.ts';
import type { ReadTable } from './recent.ts';
import { checkNewSchema, checkSameSchema, schemaOf, schemaString } from './schema.ts';
import { advance, commitKey, recordsOf, type TableState } from './snapshot.ts';

/** Races that one commit may lose: each was won by another writer, so the table as a whole goes on. */
const TRIES = 100;

/**
 * A repeated commit is told from a new one by the pair of application and version, over the table's whole log; it
 * returns the version that holds it and what was deleted there.
 * @throws TransientError after losing a hundred races; UsageError for files that no log entry can hold.
 */
export async function commitChange(
  files: Files,
  read: ReadTable,
  uri: string,
  change: TableChange,
): Promise<Committed> {
  checkFiles(uri, change);
  let state = await read(uri);
  const shapedAt = state?.shapedAt;
  for (let tries = 0; tries < TRIES; tries++) {
    const done = state?.commits.get(keyOf(change));
    if (done) return { ...done, repeated: true };
    if (state && shapedAt !== undefined && state.shapedAt !== shapedAt) {
      throw new CommitConflictError(
        `Another writer changed the columns or the protocol of ${uri} (version ${state.shapedAt}) while this commit ` +
          'was made. Run it again: it is then planned against the table as it is.',
      );
    }
    const { version, actions, deleted } = nextEntry(uri, state, change);
    if (await files.write(entryUri(uri, version), entryBytes(actions), { onlyIfAbsent: true })) {
      return { version, repeated: false, deleted };
    }
    if (state) await advance(files, uri, state);
    else state = await read(uri);
  }
  throw new TransientError(
    `${TRIES} commits of other writers to ${uri} came before this one; try again later.`,
  );
}

/** @throws what `commitChange` would throw for the table as it is now. */
export async function checkChange(read: ReadTable, uri: string, change: TableChange): Promise<void> {
  checkFiles(uri, change);
  const state = await read(uri);
  if (!state?.commits.has(keyOf(change))) nextEntry(uri, state, change);
}

const keyOf = ({ id }: TableChange): string => commitKey(id.application, id.version);

function nextEntry(
  uri: string,
  state: TableState | undefined,
  change: TableChange,
): { version: number; actions: readonly object[]; deleted: number } {
  const replaces = change.write === 'replace';
  const shape = state ? sameShape(uri, state, change) : newShape(uri, change);
  const superseded = new Set(change.supersedes);
  const removed = [...(state?.files.values() ?? [])].filter(
    ({ path }) => replaces || superseded.has(runOfFile(decodePath(path)) ?? ''),
  );
  const at = change.at.getTime();
  const removes = removed.map(({ path, partitionValues, size }) => ({
    remove: {
      path,
      deletionTimestamp: at,
      dataChange: true,
      extendedFileMetadata: true,
      partitionValues,
      size,
    },
  }));
  const adds = change.add.map((file) => ({ add: addOf(file, at) }));
  const { application, version } = change.id;
  return {
    version: (state?.version ?? -1) + 1,
    actions: [
      commitInfo(change, at),
      ...shape,
      { txn: { appId: application, version, lastUpdated: at } },
      ...removes,
      ...adds,
    ],
    deleted: removed.reduce((sum, add) => sum + recordsOf(uri, add), 0),
  };
}

function newShape(uri: string, { schema, at }: TableChange): object[] {
  checkNewSchema(uri, schema);
  const metaData = {
    id: crypto.randomUUID(),
    ...(schema.description === '' ? {} : { description: schema.description }),
    format: { provider: 'parquet', options: {} },
    schemaString: schemaString(schema.fields),
    partitionColumns: schema.partitionBy,
    configuration: {},
    createdTime: at.getTime(),
  };
  return [{ protocol: ourProtocol }, { metaData }];
}

function sameShape(uri: string, state: TableState, change: TableChange): object[] {
  const schema = schemaOf(uri, state.metaData);
  checkSameSchema(uri, schema, change.schema);
  checkWritable(uri, state.protocol, state.metaData, schema, removesFiles(change));
  const twin = change.add.find((file) => state.files.has(decodePath(file.path)));
  if (twin) throw new UsageError(`${twin.path} is in the table ${uri} already; a data file is added once.`);
  return [];
}

const removesFiles = ({ write, supersedes }: TableChange): boolean =>
  write === 'replace' || supersedes.length > 0;

function commitInfo(change: TableChange, timestamp: number): object {
  const { id, operation, schema, write } = change;
  return {
    commitInfo: {
      timestamp,
      operation,
      operationParameters: {
        mode: write === 'append' ? 'Append' : 'Overwrite',
        partitionBy: JSON.stringify(schema.partitionBy),
      },
      isBlindAppend: !removesFiles(change),
      engineInfo: 'sluice',
      run: id.application,
    },
  };
}

/** Empty statistics are left out: a reader may take them for bounds that no value fulfils. */
function addOf({ path, partitionValues, size, records, stats }: DataFile, modificationTime: number): object {
  const given = Object.fromEntries(
    Object.entries(stats).filter(([, values]) => Object.keys(values).length > 0),
  );
  return {
    path,
    partitionValues,
    size,
    modificationTime,
    dataChange: true,
    stats: JSON.stringify({ numRecords: records, ...given }),
  };
}

function checkFiles(uri: string, { add, schema }: TableChange): void {
  const paths = new Set<string>();
  const columns = [...schema.partitionBy].sort().join('\n');
  for (const { path, partitionValues } of add) {
    if (/[^!-~]|[?#]/.test(path)) {
      throw new UsageError(`${JSON.stringify(path)} stands in a commit to ${uri} without being URL-encoded.`);
    }
    const decoded = decodePath(path);
    if (paths.has(decoded)) throw new UsageError(`${path} stands twice in one commit to ${uri}.`);
    paths.add(decoded);
    if (Object.keys(partitionValues).sort().join('\n') !== columns) {
      throw new UsageError(
        `${path} in a commit to ${uri} has values for the partition columns ` +
          `${JSON.stringify(Object.keys(partitionValues))}; the table has ${JSON.stringify(schema.partitionBy)}.`,
      );
    }
    const empty = Object.entries(partitionValues).find(([, value]) => value === '');
    if (empty) {
      throw new DefinitionError(
        `Rows for ${uri} hold the empty text in ${empty[0]}, by which the table is partitioned. Delta reads that back ` +
          'as null: let no row have it (a check), or partition by another column.',
      );
    }
  }
}
