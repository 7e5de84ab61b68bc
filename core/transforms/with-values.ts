/** Columns that are made by expressions: added to a layer, with a reason against each row on which one fails. */

import { isPersonal, LIVE, type Layer } from '../layer.ts';
import { reasonSql } from '../plan/reason.ts';
import { REASONS_TYPE } from '../reasons.ts';
import type { Column } from '../row.ts';
import { quote } from '../sql.ts';
import { valueFaults } from './value-faults.ts';

export interface MadeColumn {
  readonly column: Column;
  /** The expression, over the columns of the layer. */
  readonly sql: string;
  /** The columns that it is made of: if one is personal, so is it. */
  readonly of: readonly string[];
}

/**
 * The layer with these columns in the place of those of the same name, or after the others.
 * @throws DefinitionError for a type with a rule that SQL cannot judge.
 */
export function withValues(below: Layer, made: readonly MadeColumn[], where: string): Layer {
  const values: string[] = [];
  const faults: string[] = [];
  const kept: string[] = [];
  // Most rows have all their values: only the others are looked at more closely.
  const suspect: string[] = [];
  const columns = made.map(({ column, sql, of }, i) => {
    const cast = `CAST((${sql}) AS ${column.sql})`;
    const value = quote(`_d${i}`);
    values.push(`CASE WHEN ${LIVE} THEN TRY(${cast}) END AS ${value}`);
    // Only where there is no value is the expression asked again, whether it failed or gave NULL.
    const missing = `${LIVE} AND ${value} IS NULL`;
    const failed = `CASE WHEN ${missing} THEN TRY((${cast}) IS NULL) IS NULL ELSE FALSE END`;
    const says = (message: string) => reasonSql(column.name, 'expression', message);
    const none = says('expected a value, the expression gave none (declare the column nullable if it may)');
    const wrong = valueFaults(column.schema, value, `${where}, ${column.name}`);
    suspect.push(`${value} IS NULL`, ...wrong.map(({ when }) => `(${when})`));
    faults.push(
      `CASE WHEN ${failed} THEN ${says('expected the expression to work on this row, it failed')}` +
        (column.nullable ? '' : ` WHEN ${missing} THEN ${none}`) +
        ' END',
      ...wrong.map(
        ({ when, code, message }) =>
          `CASE WHEN ${when} THEN ${reasonSql(column.name, code, message, value)} END`,
      ),
    );
    // A value that does not fit is none, as where an expression fails.
    kept.push(
      wrong.length === 0
        ? value
        : `CASE WHEN ${wrong.map(({ when }) => `(${when})`).join(' OR ')} THEN NULL ELSE ${value} END`,
    );
    return { ...column, pii: column.pii || isPersonal(below.columns, of) };
  });
  const replaced = new Set(columns.map(({ name }) => name));
  const others = below.columns.filter(({ name }) => !replaced.has(name));
  const names = [
    ...others.map((c) => quote(c.name)),
    ...columns.map((c, i) => `${kept[i]} AS ${quote(c.name)}`),
  ];
  const hidden = [...columns.map((_, i) => quote(`_d${i}`)), ...below.columns.map((c) => quote(c.name))];
  const reasons = `nullif(list_filter([${faults.join(', ')}], lambda r: r IS NOT NULL), []::${REASONS_TYPE})`;
  return {
    columns: [...others, ...columns],
    sql: `SELECT ${names.join(', ')}, * EXCLUDE (${hidden.join(', ')})
  REPLACE (CASE WHEN ${LIVE} AND (${suspect.join(' OR ')}) THEN ${reasons} ELSE "_reasons" END AS "_reasons")
FROM (SELECT *, ${values.join(',\n  ')}
FROM (${below.sql}))`,
  };
}
