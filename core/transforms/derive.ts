/** Step `derive`: adds columns made by expressions, or replaces columns of the same name. */

import { known } from '../layer.ts';
import { columnsOf } from '../row.ts';
import type { Derived } from '../shape.ts';
import { someColumns } from './some-columns.ts';
import type { Step } from './step.ts';
import { withValues } from './with-values.ts';

/** A row on which an expression fails is rejected, and one that gives no value, unless the column is nullable. */
export function derive(derived: Readonly<Record<string, Derived>>): Step {
  someColumns(derived, 'derive');
  const types = Object.fromEntries(Object.entries(derived).map(([name, { type }]) => [name, type]));
  return Object.freeze({
    word: 'derive',
    options: { columns: derived },
    says: `derive ${Object.keys(derived).join(', ')}`,
    setwise: false,
    makes: Object.keys(types),
    leaves: (shape) => ({ ...shape, ...types }),
    apply(below, where) {
      const made = columnsOf(types, `${where}, derive()`).map((column) => {
        const { as } = derived[column.name]!;
        known(as, below.columns, `${where}, derive(${column.name})`);
        return { column, sql: as.text, of: as.columns };
      });
      return withValues(below, made, `${where}, derive()`);
    },
    expressions: (columns) =>
      columnsOf(types, 'derive()').map((column) => ({
        place: `derive(${column.name})`,
        sql: derived[column.name]!.as,
        columns,
        gives: column.sql,
      })),
  } satisfies Step);
}
