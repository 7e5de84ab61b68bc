/** Step `dedupe`: one row for each key, the first or the last in record order; those that differ from it are reported. */

import { DefinitionError } from '../errors.ts';
import { known, LIVE, withKeys } from '../layer.ts';
import { quote } from '../sql.ts';
import type { Step } from './step.ts';

export type Keep = 'first' | 'last';

/** @param at the step's place in the transform, by which its mark is told from others. */
export function dedupe(per: readonly string[], keep: Keep, at: number): Step {
  if (per.length === 0) throw new DefinitionError('dedupe() needs at least one column in `per`.');
  if (keep !== 'first' && keep !== 'last')
    throw new DefinitionError(`dedupe(): keep is ${JSON.stringify(keep)}; write "first" or "last".`);
  const mark = `_c${at}`;
  return Object.freeze({
    word: 'dedupe',
    options: { per, keep },
    says: `dedupe per ${per.join(', ')}, keeping the ${keep}`,
    setwise: true,
    meets: per,
    makes: [],
    notices: [{ mark, says: (rows) => conflicts(rows, per, keep) }],
    leaves: (shape) => shape,
    apply(below, where) {
      known({ columns: per }, below.columns, `${where}, dedupe()`);
      const others = below.columns.filter(({ name }) => !per.includes(name));
      const own = others.map(({ name }, i) => `c${i}: ${quote(name)}`).join(', ');
      const differs = own === '' ? 'FALSE' : `{${own}} IS DISTINCT FROM "_kept"`;
      return {
        columns: below.columns,
        sql: `SELECT * EXCLUDE ("_left", "_kept") REPLACE ("_deduplicated" OR "_left" AS "_deduplicated"),
  "_left" AND ${differs} AS ${quote(mark)}
FROM (SELECT *, ${LIVE} AND row_number() OVER key > 1 AS "_left",
  ${own === '' ? 'NULL' : `first_value({${own}}) OVER key`} AS "_kept"
FROM (${withKeys(below, per).sql})
WINDOW key AS (PARTITION BY ${per.map(quote).join(', ')}, ${LIVE} ORDER BY "_n"${keep === 'last' ? ' DESC' : ''}))`,
      };
    },
  } satisfies Step);
}

function conflicts(rows: number, per: readonly string[], keep: Keep): string {
  const differ = rows === 1 ? '1 of them differs' : `${rows} of them differ`;
  return `dedupe() per ${per.join(', ')} left out all rows of a key but the ${keep}; ${differ} from it in other columns.`;
}
