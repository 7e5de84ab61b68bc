/** SQL text made safely: the only place where a value or a name becomes text. */

import { DefinitionError } from './errors.ts';

/** A piece of SQL, and the columns that it names. Made by the `sql` tag only. */
export interface Sql {
  readonly text: string;
  readonly columns: readonly string[];
}

/** A column as a definition names it; `T` is the TypeScript type of its values. */
export interface ColumnRef<T = unknown, N extends string = string> {
  readonly column: N;
  readonly $type?: T;
}

/** What may stand in `${…}` of the `sql` tag: columns and SQL as they are, values as literals. */
export type Piece = ColumnRef | Sql | string | number | bigint | boolean | null;

/**
 * SQL over the columns of a row, in DuckDB's dialect. Columns are given as references, values become
 * literals; nothing that is interpolated is ever read as SQL text.
 * @throws DefinitionError if a value has no literal (NaN, infinity, `undefined`, text with a NUL character).
 */
export function sql(parts: TemplateStringsArray, ...values: readonly Piece[]): Sql {
  const columns: string[] = [];
  const text = parts.reduce(
    (made, part, i) => made + part + (i < values.length ? render(values[i], columns) : ''),
    '',
  );
  return Object.freeze({ text, columns: Object.freeze(columns) });
}

/** An identifier, quoted. */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A literal of DuckDB for a plain value. */
export function literal(value: string | number | bigint | boolean | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new DefinitionError('A text in SQL holds a NUL character; remove it.');
    return `'${value.replaceAll("'", "''")}'`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new DefinitionError(`${value} has no literal in SQL; use a finite number or null.`);
  }
  return String(value);
}

/** A list of literals in parentheses, for IN. */
export const literals = (values: readonly (string | number | bigint | boolean)[]): string =>
  `(${values.map(literal).join(', ')})`;

function render(piece: Piece | undefined, columns: string[]): string {
  if (piece === undefined) {
    throw new DefinitionError('undefined stands in a sql`…` expression; give a column, a value or null.');
  }
  if (piece !== null && typeof piece === 'object') {
    if ('column' in piece) {
      columns.push(piece.column);
      return quote(piece.column);
    }
    columns.push(...piece.columns);
    return piece.text;
  }
  return literal(piece);
}
