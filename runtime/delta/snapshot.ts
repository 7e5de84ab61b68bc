/** A version of a table as the port hands it out. */

import { UsageError } from '../../core/errors.ts';
import type { DataFile, Snapshot } from '../ports.ts';
import type { Add } from './log.ts';
import { schemaOf } from './schema.ts';
import { statsOf, type TableState } from './state.ts';

export function snapshotOf(uri: string, state: TableState): Snapshot {
  const transactions = Array.from(state.transactions.values(), ({ appId, version }) => [appId, version]);
  return Object.freeze({
    version: state.version,
    schema: schemaOf(uri, state.metaData),
    files: Object.freeze(Array.from(state.files.values(), (add) => dataFile(uri, add))),
    transactions: Object.freeze(Object.fromEntries(transactions)),
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
    ...(add.tags ? { tags: Object.freeze(add.tags) } : {}),
  });
}
