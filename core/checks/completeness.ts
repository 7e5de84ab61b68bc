/** Check `completeness`: enough rows have a value in a column. */

import { DefinitionError } from '../errors.ts';
import { sql, type ColumnRef } from '../sql.ts';
import type { RunCheck } from './check.ts';

/**
 * The share of accepted rows that have a value in a column, from 0 to 1, is at least this. By default the run is held
 * if it is not; a run without rows passes.
 */
export function completeness(
  column: ColumnRef,
  rule: { readonly atLeast: number; readonly severity?: 'fail' | 'warn' },
): RunCheck {
  const { atLeast } = rule;
  if (!(atLeast >= 0 && atLeast <= 1)) {
    throw new DefinitionError(
      `check.completeness(${column.column}): atLeast is ${atLeast}; give a share from 0 to 1.`,
    );
  }
  return Object.freeze({
    name: 'completeness',
    scope: 'run',
    columns: [column.column],
    severity: rule.severity ?? 'fail',
    words: `${column.column} complete in at least ${percent(atLeast)}`,
    measures: { present: sql`count(${column})`, rows: sql`count(*)` },
    judge({ present = 0, rows = 0 }) {
      const share = rows === 0 ? 1 : present / rows;
      return {
        passed: share >= atLeast,
        message: `${column.column} has a value in ${percent(share)} of ${rows} rows, expected at least ${percent(atLeast)}`,
      };
    },
  });
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;
