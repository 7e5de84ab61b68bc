/** Step `sessionize`: numbers the sessions of each key; one ends where no row follows for longer than a gap. */

import { z } from 'zod';
import { secondsOf, type Duration } from '../duration.ts';
import { DefinitionError } from '../errors.ts';
import { known, LIVE, withKeys, type Layer } from '../layer.ts';
import { columnsOf } from '../row.ts';
import { quote } from '../sql.ts';
import type { Step } from './step.ts';
import { withValues } from './with-values.ts';

export interface Sessions {
  readonly per: readonly string[];
  /** When a row happened: a date-time or a date. */
  readonly by: string;
  readonly gap: Duration;
  /** The column for the session's number, from 1. */
  readonly as: string;
}

/** @throws DefinitionError for a gap that is no duration. */
export function sessionize({ per, by, gap, as }: Sessions): Step {
  const microseconds = Math.round(secondsOf(gap) * 1e6);
  const made = { [as]: z.int() };
  const group = [...per.map(quote), LIVE].join(', ');
  return Object.freeze({
    word: 'sessionize',
    options: { per, by, gap, as },
    says: `sessionize ${as} per ${per.join(', ') || 'run'} by ${by}, ${gap}`,
    setwise: true,
    ...(per.length > 0 ? { meets: per } : {}),
    makes: [as],
    leaves: (shape) => ({ ...shape, ...made }),
    apply(below, where) {
      known({ columns: [...per, by] }, below.columns, `${where}, sessionize()`);
      const time = below.columns.find(({ name }) => name === by)!;
      if (time.sql !== 'TIMESTAMPTZ' && time.sql !== 'DATE')
        throw new DefinitionError(`${where}, sessionize(): ${by} holds no time; give a date-time or a date.`);
      const at = `epoch_us(${quote(by)}::TIMESTAMPTZ)`;
      const order = `WINDOW key AS (PARTITION BY ${group} ORDER BY ${quote(by)}, "_n")`;
      const numbered: Layer = {
        columns: below.columns,
        sql: `SELECT * EXCLUDE ("_gap"), 1 + count_if("_gap") OVER key AS "_session"
FROM (SELECT *, coalesce(${at} - lag(${at}) OVER key > ${microseconds}, FALSE) AS "_gap"
FROM (${withKeys(below, [...per, by]).sql})
${order})
${order}`,
      };
      const [column] = columnsOf(made, `${where}, sessionize()`);
      const { columns, sql } = withValues(
        numbered,
        [{ column: column!, sql: '"_session"', of: [by] }],
        where,
      );
      return { columns, sql: `SELECT * EXCLUDE ("_session")\nFROM (${sql})` };
    },
  } satisfies Step);
}
