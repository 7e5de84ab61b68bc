/** Marks the rows that take their key's row out of the table, as the sink's `deleteWhen` says. */

import { DELETE_COLUMN, type Sink } from '../sinks/sink.ts';
import { quote } from '../sql.ts';
import { reasonSql } from './reason.ts';
import { LIVE, type Layer } from '../layer.ts';

/** An expression that fails on a row rejects it: nobody can say what was meant to become of it. */
export function markDeletes(below: Layer, { deleteWhen }: Sink): Layer {
  if (deleteWhen === null) return below;
  const verdict = `CASE WHEN ${LIVE} THEN TRY(CASE WHEN (${deleteWhen.text}) THEN 1 ELSE 0 END) ELSE 0 END`;
  const failed = reasonSql(
    null,
    'expression',
    'expected the expression of deleteWhen to work on this row, it failed',
  );
  return {
    columns: below.columns,
    sql: `SELECT * EXCLUDE ("_w") REPLACE (CASE WHEN "_w" IS NULL THEN [${failed}] ELSE "_reasons" END AS "_reasons"),
  coalesce("_w" = 1, FALSE) AS ${quote(DELETE_COLUMN)}
FROM (SELECT *, ${verdict} AS "_w"
FROM (${below.sql}))`,
  };
}
