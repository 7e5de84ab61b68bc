/** The relation by which the engine reads a prepared chunk: told everything, left to guess nothing. */

import type { Dialect } from '../formats/format.ts';
import { literal } from '../sql.ts';

/**
 * A thread takes a buffer at a time, and several are held: small ones keep all threads busy and the memory low. A line may be
 * as long as a buffer: else threads start inside of buffers too, where the engine may lose its way if rows are long.
 */
const BUFFER = 512 * 1024;
/** Where fields hold line ends only lines were measured, and not rows; one thread reads them, which holds fewer buffers. */
const BUFFER_OF_LINES = 2 * 1024 * 1024;

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
  const least = dialect.newlinesInQuotes ? BUFFER_OF_LINES : BUFFER;
  const buffer = Math.max(least, 2 * dialect.longestRow);
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
    `max_line_size=${buffer}`,
    `buffer_size=${buffer}`,
    ...(dialect.newlinesInQuotes ? ['parallel=false'] : []),
  ];
  return `read_csv(${literal(path.replaceAll(/[[*?]/g, '[$&]'))}, ${options.join(', ')})`;
}
