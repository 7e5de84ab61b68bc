/** Rows as a relation of the engine: their columns, and the marks that say where each row stands. */

import { DefinitionError } from './errors.ts';
import { reasonSql } from './plan/reason.ts';
import type { Column } from './row.ts';
import { quote, type Sql } from './sql.ts';

/**
 * A relation with the columns of a row and the marks that say where each row stands: "_reasons" (NULL unless rejected),
 * "_filtered" and "_deduplicated" (BOOLEAN), and in set-wise layers "_n" (the record's number in the run, from 0).
 */
export interface Layer {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** TRUE for a row that is still on its way to the table. */
export const LIVE = '("_reasons" IS NULL AND NOT "_filtered" AND NOT "_deduplicated")';

/** The layer with rows rejected by the code `key` that have a null in one of these columns. */
export function withKeys(below: Layer, keys: readonly string[]): Layer {
  if (keys.length === 0) return below;
  const absent = reasonSql(keys.join(', '), 'key', 'expected a value in every column of the key, found none');
  const lacking = keys.map((key) => `${quote(key)} IS NULL`).join(' OR ');
  return {
    columns: below.columns,
    sql: `SELECT * REPLACE (CASE WHEN ${LIVE} AND (${lacking}) THEN [${absent}] ELSE "_reasons" END AS "_reasons")
FROM (${below.sql})`,
  };
}

/** @throws DefinitionError if an expression names a column that the rows do not have where it stands. */
export function known(
  expression: Pick<Sql, 'columns'>,
  columns: readonly Pick<Column, 'name'>[],
  where: string,
): void {
  const names = new Set(columns.map((c) => c.name));
  const lost = expression.columns.find((name) => !names.has(name));
  if (lost !== undefined) {
    throw new DefinitionError(
      `${where} names ${quote(lost)}, which is not a column there; there are ${[...names].join(', ')}.`,
    );
  }
}

/** Whether a value made of these columns is personal. */
export const isPersonal = (columns: readonly Column[], names: readonly string[]): boolean =>
  columns.some((column) => column.pii && names.includes(column.name));
