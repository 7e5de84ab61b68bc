/** The relation by which the engine reads a prepared chunk: told everything, left to guess nothing. */

import type { Dialect } from '../formats/format.ts';
import { literal } from '../sql.ts';

const MB = 1024 * 1024;
/** A thread that starts inside of so long a row may lose its way to the next. */
const LONG_ROW = MB;

/**
 * `read_csv(…)` over one prepared file: every column is text, an empty field is the empty text and never NULL, and a
 * file that is not strictly regular is an error. Line ends in quotes forbid reading with several threads: a thread that
 * starts inside such a field may take its lines for records, and the engine then fails the file.
 * @param path of the file; characters that the engine would take for a pattern are taken as they are.
 * @param types of columns that were found to hold nothing but such values.
 */
export function readCsv(
  path: string,
  dialect: Dialect,
  columns: readonly string[],
  types: Readonly<Record<string, string>> = {},
): string {
  const list = columns
    .filter((column) => types[column] === undefined)
    .map((column) => literal(column))
    .join(', ');
  const line = Math.max(2 * MB, dialect.longestRow + 1);
  // Not strict_mode=true: strict is the default, and spelling it out makes the engine join records that end with CRLF.
  const options = [
    'auto_detect=false',
    'header=false',
    `delim=${literal(dialect.delimiter)}`,
    `quote=${literal(dialect.quote)}`,
    `escape=${literal(dialect.quote)}`,
    `comment=''`,
    `new_line='${dialect.newline === '\n' ? '\\n' : '\\r\\n'}'`,
    `compression='none'`,
    `encoding='utf-8'`,
    `columns={${columns.map((column) => `${literal(column)}: ${literal(types[column] ?? 'VARCHAR')}`).join(', ')}}`,
    `force_not_null=[${list}]`,
    `max_line_size=${line}`,
    // A thread takes a buffer at a time: with the engine's own 32 MiB a chunk would keep one of two threads waiting.
    `buffer_size=${Math.max(4 * MB, line)}`,
    ...(dialect.newlinesInQuotes || dialect.longestRow > LONG_ROW ? ['parallel=false'] : []),
  ];
  return `read_csv(${literal(path.replaceAll(/[[*?]/g, '[$&]'))}, ${options.join(', ')})`;
}
