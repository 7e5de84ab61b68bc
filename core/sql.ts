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
 * @throws DefinitionError if a value has no literal (NaN, infinity, `undefined`, a function, text with a NUL character), or
 * stands where its literal would be read as something else: in quotes, in a comment, against a letter.
 */
export function sql(parts: TemplateStringsArray, ...values: readonly Piece[]): Sql {
  const columns: string[] = [];
  const text = parts.reduce((made, part, i) => {
    if (i >= values.length) return made + part;
    const piece = values[i];
    checkPlace(made + part, parts[i + 1] ?? '', piece);
    return made + part + render(piece, columns, made + part);
  }, '');
  return Object.freeze({ text, columns: Object.freeze(columns) });
}

/** An identifier, quoted. */
export function quote(name: string): string {
  checkText(name, 'name');
  return `"${name.replaceAll('"', '""')}"`;
}

/** A literal of DuckDB for a plain value. */
export function literal(value: string | number | bigint | boolean | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    checkText(value, 'text');
    return `'${value.replaceAll("'", "''")}'`;
  }
  if (typeof value === 'number' && Number.isFinite(value)) return number(value);
  if (typeof value === 'bigint' && value >= -MOST && value <= MOST) return String(value);
  const shown = typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a ${typeof value}`;
  throw new DefinitionError(
    `${shown} has no literal in SQL; use a finite number, a text, a boolean or null.`,
  );
}

/** A list of literals in parentheses, for IN. */
export const literals = (values: readonly (string | number | bigint | boolean)[]): string =>
  `(${values.map(literal).join(', ')})`;

/** The most that 128 bits hold: a longer whole number would become a double. */
const MOST = 2n ** 127n - 1n;

/** The engine reads digits around a point as a decimal, and of more than 15 of them may make another double. */
const number = (value: number): string =>
  Number.isInteger(value) || Number(value.toPrecision(15)) === value ? String(value) : value.toExponential();

/** The engine would end a text at a NUL, and put another character in the place of half a surrogate pair. */
function checkText(text: string, what: string): void {
  if (typeof text !== 'string')
    throw new DefinitionError(`A ${what} in SQL is a ${typeof text}; give a text.`);
  if (text.includes('\0')) throw new DefinitionError(`A ${what} in SQL holds a NUL character; remove it.`);
  if (!text.isWellFormed())
    throw new DefinitionError(`A ${what} in SQL holds half of a surrogate pair; remove it.`);
}

/** What is whole: texts and names in quotes, comments. What is left of a quote or a comment then is open. */
const WHOLE =
  /\b[eE]'(?:[^'\\]|\\.|'')*'|(?<!\b[eE])'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|--[^\n\r]*[\n\r]|\/\*.*?\*\//gs;
const OPEN = /'|"|\$\w*\$|--|\/\*/;

function checkPlace(before: string, after: string, piece: Piece | undefined): void {
  const refuse = (where: string): never => {
    throw new DefinitionError(
      `\${…} stands ${where} in a sql\`…\` expression, after ${JSON.stringify(before.slice(-30))}: it would not be read as a value ` +
        'or a column. Leave quotes out, they are put around it, and write a space where it ends.',
    );
  };
  if (OPEN.test(before.replaceAll(WHOLE, ' '))) refuse('inside quotes or a comment');
  if (piece !== null && typeof piece === 'object' && !('column' in piece)) return;
  if (/[\p{L}\p{N}_$'"]$/u.test(before) || /^[\p{L}\p{N}_$'"]/u.test(after))
    refuse('against a letter, a digit or a quote');
}

function render(piece: Piece | undefined, columns: string[], before: string): string {
  if (piece === undefined) {
    throw new DefinitionError(
      `undefined stands in a sql\`…\` expression, after ${JSON.stringify(before.slice(-40))}; give a column that is there, a value or null.`,
    );
  }
  if (piece !== null && typeof piece === 'object') {
    if ('column' in piece) {
      columns.push(piece.column);
      return quote(piece.column);
    }
    if (typeof piece.text !== 'string' || !Array.isArray(piece.columns)) {
      throw new DefinitionError(
        `${Object.prototype.toString.call(piece)} stands in a sql\`…\` expression; give a column, a plain value, null or sql\`…\`.`,
      );
    }
    columns.push(...(piece.columns as readonly string[]));
    return piece.text;
  }
  const text = literal(piece);
  // Behind a minus a second one would make a comment of what follows, and ** binds tighter than a sign.
  return text.startsWith('-') ? `(${text})` : text;
}
