/** The log entry that a change of a table becomes, on the version that it was planned against. */

import { CommitConflictError, DefinitionError, UsageError } from '../../core/errors.ts';
import { ANY_RUN, runsOfFile } from '../layout.ts';
import type { DataFile, TableChange } from '../ports.ts';
import type { Add } from './log.ts';
import { metricsOfMerge } from './merged-rows.ts';
import { decodePath } from './paths.ts';
import { removesFiles, shapeOf } from './shape.ts';
import { recordsOf } from './snapshot.ts';
import type { TableState } from './state.ts';

export interface NextEntry {
  readonly version: number;
  readonly actions: readonly object[];
  /** Rows that are in the table no more. */
  readonly deleted: number;
}

/**
 * @throws CommitConflictError if the table is not as the change needs it; DefinitionError or UsageError if the table
 * does not take it.
 */
export function nextEntry(uri: string, state: TableState | undefined, change: TableChange): NextEntry {
  const { dataChange = true } = change;
  const shape = shapeOf(uri, state, change);
  const removed = removedFiles(uri, state, change);
  const at = change.at.getTime();
  const removes = removed.map(({ path, partitionValues, size, tags }) => ({
    remove: {
      path,
      deletionTimestamp: at,
      dataChange,
      extendedFileMetadata: true,
      partitionValues,
      size,
      ...(tags ? { tags } : {}),
    },
  }));
  const adds = change.add.map((file) => ({ add: addOf(file, at, dataChange) }));
  const { application, version } = change.id;
  const gone = dataChange ? removed.reduce((sum, add) => sum + recordsOf(uri, add), 0) : 0;
  const deleted = change.merged?.deleted ?? gone;
  return {
    version: (state?.version ?? -1) + 1,
    actions: [
      commitInfo(change, at, removed.length, deleted),
      ...shape,
      { txn: { appId: application, version, lastUpdated: at } },
      ...removes,
      ...adds,
    ],
    deleted,
  };
}

function removedFiles(uri: string, state: TableState | undefined, change: TableChange): Add[] {
  const { readVersion, remove = [] } = change;
  if (readVersion !== undefined && (state?.changedAt ?? -1) > readVersion) {
    throw new CommitConflictError(
      `Rows of ${uri} changed in version ${state!.changedAt}, after version ${readVersion} that this change was made from. ` +
        'Make it again from the newest version.',
    );
  }
  const named = new Set(remove.map(decodePath));
  for (const path of named) {
    if (state?.files.has(path)) continue;
    throw new CommitConflictError(
      `${path} is not in ${uri} any more: another writer removed it. Make this change again from the newest version.`,
    );
  }
  const superseded = new Set(change.supersedes);
  const partitions = new Set(change.overPartitions ? change.add.map(partitionOf) : []);
  return Array.from(state?.files ?? [])
    .filter(
      ([path, add]) =>
        change.write === 'replace' ||
        named.has(path) ||
        partitions.has(partitionOf(add)) ||
        isSuperseded(uri, path, add, superseded),
    )
    .map(([, add]) => add);
}

const partitionOf = ({ partitionValues }: Pick<DataFile, 'partitionValues'>): string =>
  JSON.stringify(Object.entries(partitionValues).sort(([a], [b]) => (a < b ? -1 : 1)));

/** @throws UsageError for a file that holds rows of others too: which of them are whose is not known any more. */
function isSuperseded(uri: string, path: string, add: Add, superseded: ReadonlySet<string>): boolean {
  const runs = runsOfFile(path, add.tags ?? {});
  if (superseded.size > 0 && runs.includes(ANY_RUN)) {
    throw new UsageError(
      `The rows of run ${[...superseded][0]} cannot be told from others in ${uri} any more: an upsert put rows of many runs ` +
        "into one file. Load the content with `write: 'upsert'`, or the whole table with `write: 'replace'`.",
    );
  }
  const some = runs.filter((run) => superseded.has(run));
  if (some.length === 0 || some.length === runs.length) return some.length > 0;
  throw new UsageError(
    `The rows of run ${some[0]} cannot be taken out of ${uri}: a compaction put them into ${path}, beside those of other ` +
      'runs. Restore the version before that compaction (`sluice table history` shows it) and load anew what came after, ' +
      "or load the whole table with `write: 'replace'`.",
  );
}

function commitInfo(change: TableChange, timestamp: number, removed: number, deleted: number): object {
  const { id, operation, schema, write, add, merged } = change;
  return {
    commitInfo: {
      timestamp,
      operation,
      operationParameters: {
        mode: write === 'append' ? 'Append' : 'Overwrite',
        partitionBy: JSON.stringify(schema.partitionBy),
      },
      operationMetrics: {
        numAddedFiles: String(add.length),
        numOutputRows: String(add.reduce((sum, { records }) => sum + records, 0)),
        numRemovedFiles: String(removed),
        numDeletedRows: String(deleted),
        ...(merged ? metricsOfMerge(merged) : {}),
      },
      isBlindAppend: !removesFiles(change),
      engineInfo: 'sluice',
      run: id.application,
    },
  };
}

/** Empty statistics are left out: a reader may take them for bounds that no value fulfils. */
function addOf(file: DataFile, modificationTime: number, dataChange: boolean): object {
  const { path, partitionValues, size, records, stats, tags } = file;
  const given = Object.fromEntries(
    Object.entries(stats).filter(([, values]) => Object.keys(values).length > 0),
  );
  return {
    path,
    partitionValues,
    size,
    modificationTime,
    dataChange,
    stats: JSON.stringify({ numRecords: records, ...given }),
    ...(tags ? { tags } : {}),
  };
}

/** @throws UsageError or DefinitionError for files that no log entry of any table can hold. */
export function checkFiles(uri: string, { add, schema }: TableChange): void {
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
