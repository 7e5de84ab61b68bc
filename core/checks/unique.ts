/** Check `unique`: no two rows of a run share these values. */

import { DefinitionError } from '../errors.ts';
import { quote, type ColumnRef } from '../sql.ts';
import type { RowCheck, Severity } from './check.ts';

interface UniqueOptions {
  readonly severity?: Severity;
}

/**
 * No two rows of a run share the values of these columns; rows with a null among them are not compared. By default all
 * but the first, in record order, are rejected.
 */
export function unique(
  ...given: readonly [ColumnRef, ...ColumnRef[]] | readonly [ColumnRef, ...ColumnRef[], UniqueOptions]
): RowCheck {
  const columns = given.flatMap((piece) => ('column' in piece ? [piece.column] : []));
  const options = given.find((piece) => !('column' in piece)) as UniqueOptions | undefined;
  if (columns.length === 0) throw new DefinitionError('check.unique() needs at least one column.');
  const names = columns.map(quote);
  const present = names.map((name) => `${name} IS NOT NULL`).join(' AND ');
  return Object.freeze({
    name: 'unique',
    scope: 'row',
    columns,
    severity: options?.severity ?? 'reject',
    words: `${columns.join(', ')} unique`,
    violates: {
      text: `(${present}) AND row_number() OVER (PARTITION BY ${names.join(', ')}, "_live" ORDER BY "_n") > 1`,
      columns,
    },
    setwise: true,
    meets: columns,
    message: 'expected a value that no earlier record has, found it again',
  });
}
