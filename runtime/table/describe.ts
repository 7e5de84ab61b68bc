/** What a table is now: its columns, what it holds, and what other readers need to know of it. */

import { UsageError } from '../../core/errors.ts';
import { listLog } from '../delta/list-log.ts';
import { readState } from '../delta/read-state.ts';
import { snapshotOf } from '../delta/snapshot.ts';
import type { TableSchema } from '../ports.ts';
import { inEngine, type World } from '../world.ts';

export interface DescribedTable {
  readonly uri: string;
  readonly description: string;
  readonly columns: TableSchema['fields'];
  readonly partitionBy: readonly string[];
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  /** The oldest that the log has, and the newest. */
  readonly versions: { readonly oldest: number; readonly newest: number };
  /** The newest checkpoint; null if there is none. */
  readonly checkpoint: number | null;
  readonly protocol: { readonly minReaderVersion: number; readonly minWriterVersion: number };
}

export async function describeTable(world: World, uri: string): Promise<DescribedTable> {
  const { entries, checkpoints } = await listLog(world.files, uri);
  const state = await readState(world.files, uri, { inEngine: (work) => inEngine(world, work) });
  if (state === undefined) throw new UsageError(`There is no table at ${uri}.`);
  const { schema, files, version } = snapshotOf(uri, state);
  const { minReaderVersion, minWriterVersion } = state.protocol;
  return {
    uri,
    description: schema.description,
    columns: schema.fields,
    partitionBy: schema.partitionBy,
    files: files.length,
    rows: files.reduce((sum, { records }) => sum + records, 0),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    versions: { oldest: entries[0] === 0 ? 0 : (checkpoints[0]?.version ?? version), newest: version },
    checkpoint: checkpoints.at(-1)?.version ?? null,
    protocol: { minReaderVersion, minWriterVersion },
  };
}
