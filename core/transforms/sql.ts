/** Step `sql`: rows made by a query of the definition over all rows, each by the number of the record that it is of. */

import { DefinitionError } from '../errors.ts';
import { LIVE, type Layer } from '../layer.ts';
import { columnsOf } from '../row.ts';
import type { Shape } from '../shape.ts';
import { quote, type Sql } from '../sql.ts';
import type { Step } from './step.ts';
import { withValues, type MadeColumn } from './with-values.ts';

/** What a query has at hand: the rows, and in them the number of each one's record. */
export interface Queried {
  readonly rows: Sql;
  readonly record: Sql;
}

export const queried: Queried = Object.freeze({
  rows: Object.freeze({ text: '"_rows"', columns: [] }),
  record: Object.freeze({ text: '"_n"', columns: [] }),
});

export interface Query {
  /** The columns that the query gives, beside the record's number. */
  readonly leaves: Shape;
  readonly query: Sql;
  /** Whether what it gives is personal. Default: if one of the rows' columns is. */
  readonly personal: boolean | undefined;
}

/**
 * A record whose row the query does not give is filtered; one that it gives twice, or that there is not, fails the run: its
 * books do not balance. @throws DefinitionError without a column.
 */
export function sqlStep({ leaves, query, personal }: Query): Step {
  const names = Object.keys(leaves);
  if (names.length === 0) throw new DefinitionError('sql() needs at least one column in `leaves`.');
  return Object.freeze({
    word: 'sql',
    options: { leaves, query, personal: personal ?? null },
    says: `sql ${names.join(', ')}: ${query.text}`,
    setwise: true,
    leaves: () => leaves,
    apply(below, where) {
      const hides = personal ?? below.columns.some(({ pii }) => pii);
      const made = columnsOf(leaves, `${where}, sql()`).map((column, i) => ({
        column: { ...column, pii: column.pii || hides },
        sql: quote(`_q${i}`),
        of: [],
      }));
      const { columns, sql } = withValues(
        { columns: [], sql: meeting(below, query, made) },
        made,
        `${where}, sql()`,
      );
      return { columns, sql: `SELECT * EXCLUDE (${made.map((one) => one.sql).join(', ')})\nFROM (${sql})` };
    },
    queries: (columns) => [{ place: 'sql()', sql: query, columns, leaves: columnsOf(leaves, 'sql()') }],
  } satisfies Step);
}

/** Every row with its marks and what the query gave for it; the query sees the rows that are still on their way. */
function meeting(below: Layer, query: Sql, made: readonly MadeColumn[]): string {
  const columns = below.columns.map(({ name }) => quote(name));
  const given = made.map(({ column, sql }) => `m.${quote(column.name)} AS ${sql}`);
  return `WITH "_below" AS MATERIALIZED (${below.sql}),
  "_rows" AS (SELECT ${[...columns, '"_n"', '"_run_time"'].join(', ')} FROM "_below" WHERE ${LIVE}),
  "_made" AS (${query.text}
)
SELECT ${given.join(', ')}, b.* EXCLUDE (${columns.join(', ')})
  REPLACE (coalesce(b."_n", m."_n") AS "_n", b."_filtered" OR (${LIVE} AND m."_n" IS NULL) AS "_filtered")
FROM "_below" b FULL JOIN "_made" m ON m."_n" = b."_n"`;
}
