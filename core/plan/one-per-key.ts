/** One row for each key of a run: where the table keeps one row for each, a run has no two to give it. */

import { LIVE, withKeys, type Layer } from '../layer.ts';
import type { Sink } from '../sinks/sink.ts';
import { quote } from '../sql.ts';

/**
 * For an upsert the row with the highest `newest` stands, of equal ones the last record; where the table's rows stand
 * before new ones, the first record. The others are deduplicated; a row with a null in its key is rejected.
 */
export function onePerKey(below: Layer, { key, newest, write }: Sink): Layer {
  const record = write === 'upsert' ? '"_n" DESC' : '"_n"';
  const order = newest === null ? record : `${quote(newest)} DESC NULLS LAST, ${record}`;
  return {
    columns: below.columns,
    sql: `SELECT * EXCLUDE ("_rank") REPLACE ("_deduplicated" OR (${LIVE} AND "_rank" > 1) AS "_deduplicated")
FROM (SELECT *, row_number() OVER (PARTITION BY ${key.map(quote).join(', ')}, ${LIVE} ORDER BY ${order}) AS "_rank"
FROM (${withKeys(below, key).sql}))`,
  };
}
