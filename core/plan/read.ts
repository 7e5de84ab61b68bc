/** The relation by which the engine reads a prepared chunk: told everything, left to guess nothing. */

import type { Dialect } from '../formats/format.ts';
import type { Limits } from '../limits.ts';
import { literal } from '../sql.ts';

const MB = 1024 * 1024;

/**
 * `read_csv(…)` over one prepared file: every column is text, an empty field is the empty text and never NULL, and a
 * file that is not strictly regular is an error. Line ends in quotes forbid reading with several threads: a thread that
 * starts inside such a field may take its lines for records, and the engine then fails the file.
 * @param path of the file; characters that the engine would take for a pattern are taken as they are.
 */
export function readCsv(path: string, dialect: Dialect, columns: readonly string[], limits: Limits): string {
  const list = columns.map((column) => literal(column)).join(', ');
  // In canonical form a record's bytes may double, and each field gains two quotes, a comma and a tag.
  const line = Math.max(2 * MB, 2 * limits.recordBytes + 4 * columns.length + MB);
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
    `columns={${columns.map((column) => `${literal(column)}: 'VARCHAR'`).join(', ')}}`,
    `force_not_null=[${list}]`,
    `max_line_size=${line}`,
    `buffer_size=${Math.max(32 * MB, line)}`,
    ...(dialect.newlinesInQuotes ? ['parallel=false'] : []),
  ];
  return `read_csv(${literal(path.replaceAll(/[[*?]/g, '[$&]'))}, ${options.join(', ')})`;
}
