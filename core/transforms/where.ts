/** Step `where`: keeps the rows for which an expression is TRUE. */

import { known, LIVE } from '../layer.ts';
import { reasonSql } from '../plan/reason.ts';
import type { Sql } from '../sql.ts';
import type { Step } from './step.ts';

/** An expression that fails gives NULL under TRY, and so is told apart from one that is not TRUE. */
export const where = (that: Sql): Step =>
  Object.freeze({
    word: 'where',
    options: { that },
    says: `where ${that.text}`,
    setwise: false,
    makes: [],
    filters: true,
    leaves: (shape) => shape,
    apply(below, place) {
      known(that, below.columns, `${place}, where()`);
      const verdict = `CASE WHEN ${LIVE} THEN TRY(CASE WHEN (${that.text}) THEN 1 ELSE 0 END) ELSE 1 END`;
      return {
        columns: below.columns,
        sql: `SELECT * EXCLUDE ("_w") REPLACE (CASE WHEN "_w" IS NULL THEN [${failed(that)}] ELSE "_reasons" END AS "_reasons",
  "_filtered" OR coalesce("_w" = 0, FALSE) AS "_filtered")
FROM (SELECT *, ${verdict} AS "_w"
FROM (${below.sql}))`,
      };
    },
    expressions: (columns) => [{ place: 'where()', sql: that, columns, gives: 'BOOLEAN' }],
  } satisfies Step);

/** A row has no other sign of which `where` it was. */
const failed = ({ columns }: Sql): string =>
  reasonSql(
    null,
    'expression',
    `expected where(${[...new Set(columns)].join(', ')}) to work on this row, it failed`,
  );
