/** A reason as an SQL expression. */

import { literal } from '../sql.ts';

/** A struct in the shape of one element of `REASONS_TYPE`; `value` is an SQL expression for a text. */
export function reasonSql(column: string | null, code: string, message: string, value = 'NULL'): string {
  const fields = [
    `"column": ${column === null ? 'NULL::VARCHAR' : literal(column)}`,
    `code: ${literal(code)}`,
    `message: ${literal(message)}`,
    `"value": (${value})::VARCHAR`,
  ];
  return `{${fields.join(', ')}}`;
}
