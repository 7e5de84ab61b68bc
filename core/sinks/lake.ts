/** Sink `lake`: a Delta Lake table. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import type { ColumnRef } from '../sql.ts';
import { sinkSchema, type MetadataColumn, type Sink } from './sink.ts';

interface LakeBase {
  /** The table's name: lower case letters, digits and underscores. */
  readonly table: string;
  /** Columns by whose values the table's files are kept apart. Default: none. */
  readonly partitionBy?: readonly ColumnRef[];
  /** Columns that Sluice adds: the object, the record's number in it, the run, when it started. Default: none. */
  readonly metadata?: readonly MetadataColumn[];
}

/** `append` adds the rows of each run; `replace` puts them in the place of all that the table holds. */
export type LakeOptions = LakeBase &
  (
    | { readonly write: 'append' | 'replace' }
    | { readonly write: 'upsert'; readonly key: readonly ColumnRef[]; readonly newest?: ColumnRef }
  );

/** @throws DefinitionError for `upsert`, which this version does not have, and for a name no table can have. */
export function lake(options: LakeOptions): Sink {
  const { table, write } = options;
  const where = `sink.lake(${JSON.stringify(table)})`;
  if (write === 'upsert') {
    throw new DefinitionError(
      `${where}: \`write: 'upsert'\` is not there yet. Use 'append' with rows.latest(…) for one row per key in each ` +
        "run, or 'replace' where each file holds the whole table.",
    );
  }
  const parsed = sinkSchema.safeParse({
    kind: 'lake',
    table,
    write,
    partitionBy: (options.partitionBy ?? []).map((c) => c.column),
    metadata: options.metadata ?? [],
  });
  if (!parsed.success) throw new DefinitionError(`${where}: ${z.prettifyError(parsed.error)}`);
  if (!/^[a-z][a-z0-9_]{0,79}$/.test(table)) {
    throw new DefinitionError(
      `${where}: a table's name has lower case letters, digits and underscores, 80 at most.`,
    );
  }
  return Object.freeze(parsed.data);
}
