/** Sink `lake`: a Delta Lake table. */

import { z } from 'zod';
import { secondsOf, type Duration } from '../duration.ts';
import { DefinitionError } from '../errors.ts';
import type { ColumnRef, Sql } from '../sql.ts';
import { sinkSchema, type MetadataColumn, type Sink } from './sink.ts';

interface LakeBase {
  /** The table's name: lower case letters, digits and underscores. */
  readonly table: string;
  /** Columns by whose values the table's files are kept apart. Default: none. */
  readonly partitionBy?: readonly ColumnRef[];
  /** Columns that Sluice adds: the object, the record's number in it, the run, when it started. Default: none. */
  readonly metadata?: readonly MetadataColumn[];
  /**
   * How long versions can be queried and restored: a vacuum keeps their files. Less than seven days could take a version
   * from under a query that reads it, and is refused. Default: seven days.
   */
  readonly retention?: Duration;
}

interface Append {
  /** Adds the rows of each run. */
  readonly write: 'append';
  /**
   * `table`: rows whose key the table has already are counted as deduplicated and not added; of several rows of a run with
   * one key the first record stands. Needs `key`. Default: every row is added.
   */
  readonly dedupe?: 'table';
  readonly key?: readonly ColumnRef[];
}

interface Replace {
  /** Puts the rows of each run in the place of what the table holds. */
  readonly write: 'replace';
  /** `partition`: only in the place of partitions that the run has rows for. Default: of the whole table. */
  readonly scope?: 'table' | 'partition';
}

interface Upsert {
  /** One row for each key, its latest state, across runs. */
  readonly write: 'upsert';
  /** The columns that tell rows apart; a row with a null among them is rejected with the code `key`. */
  readonly key: readonly ColumnRef[];
  /**
   * The column by whose highest value a row stands for its key, in a run and against the table: an older row is counted
   * as deduplicated, never written. A null counts as the lowest. Default: the last record stands.
   */
  readonly newest?: ColumnRef;
  /**
   * Rows for which this is TRUE take their key's row out of the table instead of standing there; they are counted as
   * filtered, the rows that they took out as deleted. An expression that fails rejects the row. Default: none does.
   */
  readonly deleteWhen?: Sql;
}

/** How a table is written. */
export type LakeOptions = LakeBase & (Append | Replace | Upsert);

/** @throws DefinitionError for options that do not fit together, and for a name no table can have. */
export function lake(options: LakeOptions): Sink {
  const { table, write } = options;
  const where = `sink.lake(${JSON.stringify(table)})`;
  const refuse = (why: string): never => {
    throw new DefinitionError(`${where}: ${why}`);
  };
  const given = optionsSchema.safeParse(options);
  if (!given.success) return refuse(z.prettifyError(given.error));
  const { key = [], scope = 'table', dedupe, newest, deleteWhen } = given.data as Given;
  if (write === 'upsert' && key.length === 0) {
    refuse("`write: 'upsert'` needs a `key`: the columns that tell one row from another.");
  }
  if (write !== 'upsert' && (newest !== undefined || deleteWhen !== undefined)) {
    refuse("`newest` and `deleteWhen` belong to `write: 'upsert'`.");
  }
  if (write === 'append' && (dedupe === 'table') !== key.length > 0) {
    refuse("`dedupe: 'table'` and `key` belong together: rows whose key the table has are left out.");
  }
  if (write !== 'append' && dedupe !== undefined) refuse("`dedupe` belongs to `write: 'append'`.");
  if (write === 'replace' && key.length > 0) refuse("`key` has no meaning for `write: 'replace'`.");
  if (write !== 'replace' && scope !== 'table') refuse("`scope` belongs to `write: 'replace'`.");
  const retention = options.retention === undefined ? null : secondsOf(options.retention);
  if (retention !== null && retention < LEAST_RETENTION) {
    refuse(
      `\`retention: ${JSON.stringify(options.retention)}\` is less than seven days; a query may read an older version.`,
    );
  }
  const partitionBy = (options.partitionBy ?? []).map((c) => c.column);
  if (scope === 'partition' && partitionBy.length === 0) {
    refuse("`scope: 'partition'` needs `partitionBy`: the columns by which the table is partitioned.");
  }
  if (new Set(key.map((c) => c.column)).size < key.length) refuse('`key` names a column twice.');
  if (!/^[a-z][a-z0-9_]{0,79}$/.test(table)) {
    refuse("a table's name has lower case letters, digits and underscores, 80 at most.");
  }
  return Object.freeze(
    sinkSchema.parse({
      kind: 'lake',
      table,
      write,
      partitionBy,
      metadata: options.metadata ?? [],
      retention,
      scope,
      key: key.map((c) => c.column),
      newest: newest?.column ?? null,
      deleteWhen: deleteWhen === undefined ? null : { text: deleteWhen.text, columns: deleteWhen.columns },
    }),
  );
}

/** Seven days, in seconds. */
const LEAST_RETENTION = 7 * 86_400;

/** All options of the ways to write; which of them go together is looked at by hand, to say it in words. */
interface Given {
  readonly key?: readonly ColumnRef[];
  readonly scope?: 'table' | 'partition';
  readonly dedupe?: 'table';
  readonly newest?: ColumnRef;
  readonly deleteWhen?: Sql;
}

const ref = z.object({ column: z.string() });
const optionsSchema = z.strictObject({
  table: z.string(),
  write: sinkSchema.shape.write,
  partitionBy: z.array(ref).optional(),
  metadata: sinkSchema.shape.metadata.optional(),
  retention: z.string().optional(),
  key: z.array(ref).optional(),
  scope: z.enum(['table', 'partition']).optional(),
  dedupe: z.enum(['table']).optional(),
  newest: ref.optional(),
  deleteWhen: z.object({ text: z.string(), columns: z.array(z.string()).readonly() }).optional(),
});
