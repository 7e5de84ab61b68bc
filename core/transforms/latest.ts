/** Step `latest`: one row for each key, the one with the highest value of a column, of equal ones the last record. */

import { DefinitionError } from '../errors.ts';
import { known, LIVE, withKeys } from '../layer.ts';
import { quote } from '../sql.ts';
import type { Step } from './step.ts';

/** Without `by` it is the last record. @throws DefinitionError without a column in `per`. */
export function latest(per: readonly string[], by?: string): Step {
  if (per.length === 0) throw new DefinitionError('latest() needs at least one column in `per`.');
  const order = [...(by === undefined ? [] : [`${quote(by)} DESC NULLS LAST`]), '"_n" DESC'];
  return Object.freeze({
    word: 'latest',
    options: { per, ...(by === undefined ? {} : { by }) },
    says: `latest per ${per.join(', ')} by ${by ?? 'record'}`,
    setwise: true,
    meets: per,
    makes: [],
    leaves: (shape) => shape,
    apply(below, where) {
      known({ columns: by === undefined ? per : [...per, by] }, below.columns, `${where}, latest()`);
      return {
        columns: below.columns,
        sql: `SELECT * EXCLUDE ("_rank") REPLACE ("_deduplicated" OR (${LIVE} AND "_rank" > 1) AS "_deduplicated")
FROM (SELECT *, row_number() OVER (PARTITION BY ${per.map(quote).join(', ')}, ${LIVE}
  ORDER BY ${order.join(', ')}) AS "_rank"
FROM (${withKeys(below, per).sql}))`,
      };
    },
  } satisfies Step);
}
