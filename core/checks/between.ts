/** Check `between`: a number lies within bounds. */

import { DefinitionError } from '../errors.ts';
import { sql, type ColumnRef } from '../sql.ts';
import type { RowCheck, Severity } from './check.ts';

/** A number lies within bounds, both included; a null passes. By default a row that does not is rejected. */
export function between(
  column: ColumnRef<number | bigint | null | undefined>,
  bounds: { readonly min?: number; readonly max?: number; readonly severity?: Severity },
): RowCheck {
  const { min, max } = bounds;
  if (min === undefined && max === undefined) {
    throw new DefinitionError(`check.between(${column.column}) needs a min, a max or both.`);
  }
  const below = min === undefined ? sql`FALSE` : sql`${column} < ${min}`;
  const above = max === undefined ? sql`FALSE` : sql`${column} > ${max}`;
  const words = [min === undefined ? '' : `at least ${min}`, max === undefined ? '' : `at most ${max}`]
    .filter((part) => part !== '')
    .join(' and ');
  return Object.freeze({
    name: 'between',
    scope: 'row',
    columns: [column.column],
    severity: bounds.severity ?? 'reject',
    words: `${column.column} ${words}`,
    violates: sql`(${below} OR ${above})`,
    setwise: false,
    message: `expected ${words}, found a number outside`,
  });
}
