/** Step `aggregate`: one row for each key, with what functions make of all its rows. */

import { DefinitionError } from '../errors.ts';
import { known, LIVE } from '../layer.ts';
import type { Derived } from '../shape.ts';
import { quote } from '../sql.ts';
import { selected } from './selected.ts';
import { someColumns } from './some-columns.ts';
import type { Step } from './step.ts';
import { typesOf, windowExpressions, withWindows } from './windows.ts';

/**
 * The first record of a key carries its row; the others are in it too, and counted as deduplicated: so each record still
 * leaves in exactly one way.
 * @throws DefinitionError without a column in `per`.
 */
export function aggregate(per: readonly string[], columns: Readonly<Record<string, Derived>>): Step {
  if (per.length === 0) throw new DefinitionError('aggregate() needs at least one column in `per`.');
  someColumns(columns, 'aggregate', '; for one row of each key write dedupe() or latest()');
  const types = typesOf(columns);
  const both = per.find((name) => name in types);
  if (both !== undefined)
    throw new DefinitionError(`aggregate(): ${both} is in \`per\` and in \`columns\`; leave it out of one.`);
  const windows = {
    per,
    columns,
    order: () => ['"_n"'],
    frame: () => 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING',
  };
  return Object.freeze({
    word: 'aggregate',
    options: { per, columns },
    says: `aggregate per ${per.join(', ')}: ${Object.keys(columns).join(', ')}`,
    setwise: true,
    meets: per,
    makes: Object.keys(types),
    leaves: (shape) => ({ ...Object.fromEntries(per.map((name) => [name, shape[name]!])), ...types }),
    apply(below, where) {
      known({ columns: per }, below.columns, `${where}, aggregate()`);
      const grouped = withWindows(below, windows, `${where}, aggregate()`);
      const group = [...per.map(quote), LIVE].join(', ');
      const carried = {
        columns: grouped.columns,
        sql: `SELECT *, ${LIVE} AND row_number() OVER (PARTITION BY ${group} ORDER BY "_n") > 1 AS "_left"
FROM (${grouped.sql})`,
      };
      const left = grouped.columns.filter(({ name }) => per.includes(name) || name in types);
      const { columns: all, sql } = selected(
        carried,
        left.map((column) => ({ column, sql: quote(column.name) })),
        ' REPLACE ("_deduplicated" OR "_left" AS "_deduplicated")',
      );
      return { columns: all, sql: `SELECT * EXCLUDE ("_left")\nFROM (${sql})` };
    },
    expressions: (before) => windowExpressions('aggregate', columns, before),
  } satisfies Step);
}
