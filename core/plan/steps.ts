/** The steps of a transform as layers of SQL, each a SELECT over the one before. */

import { DefinitionError } from '../errors.ts';
import { REASONS_TYPE } from '../reasons.ts';
import { columnsOf, type Column } from '../row.ts';
import type { Step } from '../rows.ts';
import { quote, type Sql } from '../sql.ts';
import { reasonSql } from './reason.ts';

/**
 * A relation with the columns of a row and the marks that say where each row stands: "_reasons" (NULL unless rejected),
 * "_filtered" and "_deduplicated" (BOOLEAN), and in set-wise layers "_n" (the record's number in the run, from 0).
 */
export interface Layer {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** TRUE for a row that is still on its way to the table. */
export const LIVE = '("_reasons" IS NULL AND NOT "_filtered" AND NOT "_deduplicated")';

/** Applies steps in order. @throws DefinitionError for a column that is not there at that step. */
export function applySteps(layer: Layer, steps: readonly Step[], where: string): Layer {
  return steps.reduce((below, step) => apply(below, step, where), layer);
}

/** Whether a step must see all rows of a run at once. */
export const isSetwise = (step: Step): boolean => step.kind === 'latest';

function apply(below: Layer, step: Step, where: string): Layer {
  switch (step.kind) {
    case 'skip':
      return below;
    case 'where':
      known(step.that, below.columns, `${where}, where()`);
      return keep(below, step.that);
    case 'derive':
      return derive(below, step.columns, where);
    case 'latest':
      return latest(below, step.per, step.by);
  }
}

/** An expression that fails gives NULL under TRY, and so is told apart from one that is not TRUE. */
function keep(below: Layer, that: Sql): Layer {
  const verdict = `CASE WHEN ${LIVE} THEN TRY(CASE WHEN (${that.text}) THEN 1 ELSE 0 END) ELSE 1 END`;
  const failed = reasonSql(
    null,
    'expression',
    'expected an expression of where() to work on this row, it failed',
  );
  return {
    columns: below.columns,
    sql: `SELECT * EXCLUDE ("_w") REPLACE (CASE WHEN "_w" IS NULL THEN [${failed}] ELSE "_reasons" END AS "_reasons",
  "_filtered" OR coalesce("_w" = 0, FALSE) AS "_filtered")
FROM (SELECT *, ${verdict} AS "_w"
FROM (${below.sql}))`,
  };
}

function derive(below: Layer, derived: Extract<Step, { kind: 'derive' }>['columns'], where: string): Layer {
  const made = columnsOf(
    Object.fromEntries(Object.entries(derived).map(([n, d]) => [n, d.type])),
    `${where}, derive()`,
  );
  const personal = new Set(below.columns.filter((c) => c.pii).map((c) => c.name));
  const values: string[] = [];
  const faults: string[] = [];
  const columns = made.map((column, i) => {
    const { as } = derived[column.name]!;
    known(as, below.columns, `${where}, derive(${column.name})`);
    const cast = `CAST((${as.text}) AS ${column.sql})`;
    const value = quote(`_d${i}`);
    values.push(`CASE WHEN ${LIVE} THEN TRY(${cast}) END AS ${value}`);
    // Only where there is no value is the expression asked again, whether it failed or gave NULL.
    const missing = `${LIVE} AND ${value} IS NULL`;
    const failed = `CASE WHEN ${missing} THEN TRY((${cast}) IS NULL) IS NULL ELSE FALSE END`;
    const says = (message: string) => reasonSql(column.name, 'expression', message);
    const none = says('expected a value, the expression gave none (declare the column nullable if it may)');
    faults.push(
      `CASE WHEN ${failed} THEN ${says('expected the expression to work on this row, it failed')}` +
        (column.nullable ? '' : ` WHEN ${missing} THEN ${none}`) +
        ' END',
    );
    return { ...column, pii: column.pii || as.columns.some((name) => personal.has(name)) };
  });
  const kept = below.columns.filter((c) => !(c.name in derived));
  const names = [
    ...kept.map((c) => quote(c.name)),
    ...columns.map((c, i) => `${quote(`_d${i}`)} AS ${quote(c.name)}`),
  ];
  const hidden = [...columns.map((_, i) => quote(`_d${i}`)), ...below.columns.map((c) => quote(c.name))];
  // Most rows have all their values: only the others are looked at more closely.
  const suspect = columns.map((_, i) => `${quote(`_d${i}`)} IS NULL`).join(' OR ');
  const reasons = `nullif(list_filter([${faults.join(', ')}], lambda r: r IS NOT NULL), []::${REASONS_TYPE})`;
  return {
    columns: [...kept, ...columns],
    sql: `SELECT ${names.join(', ')}, * EXCLUDE (${hidden.join(', ')})
  REPLACE (CASE WHEN ${LIVE} AND (${suspect}) THEN ${reasons} ELSE "_reasons" END AS "_reasons")
FROM (SELECT *, ${values.join(',\n  ')}
FROM (${below.sql}))`,
  };
}

function latest(below: Layer, per: readonly string[], by: string): Layer {
  const keys = per.map(quote);
  const absent = reasonSql(per.join(', '), 'key', 'expected a value in every column of the key, found none');
  return {
    columns: below.columns,
    sql: `SELECT * EXCLUDE ("_rank") REPLACE ("_deduplicated" OR (${LIVE} AND "_rank" > 1) AS "_deduplicated")
FROM (SELECT *, row_number() OVER (PARTITION BY ${keys.join(', ')}, ${LIVE}
  ORDER BY ${quote(by)} DESC NULLS LAST, "_n" DESC) AS "_rank"
FROM (SELECT * REPLACE (CASE WHEN ${LIVE} AND (${keys.map((k) => `${k} IS NULL`).join(' OR ')})
  THEN [${absent}] ELSE "_reasons" END AS "_reasons")
FROM (${below.sql})))`,
  };
}

/** @throws DefinitionError if an expression names a column that the rows do not have where it stands. */
export function known(expression: Sql, columns: readonly Column[], where: string): void {
  const names = new Set(columns.map((c) => c.name));
  const lost = expression.columns.find((name) => !names.has(name));
  if (lost !== undefined) {
    throw new DefinitionError(
      `${where} names ${quote(lost)}, which is not a column there; there are ${[...names].join(', ')}.`,
    );
  }
}
