/** Columns that are made by expressions: added to a layer, with a reason against each row on which one fails. */

import { isPersonal, LIVE, type Layer } from '../layer.ts';
import { reasonSql } from '../plan/reason.ts';
import { REASONS_TYPE } from '../reasons.ts';
import type { Column } from '../row.ts';
import { quote } from '../sql.ts';

export interface MadeColumn {
  readonly column: Column;
  /** The expression, over the columns of the layer. */
  readonly sql: string;
  /** The columns that it is made of: if one is personal, so is it. */
  readonly of: readonly string[];
}

/** The layer with these columns in the place of those of the same name, or after the others. */
export function withValues(below: Layer, made: readonly MadeColumn[]): Layer {
  const values: string[] = [];
  const faults: string[] = [];
  const unfit: string[] = [];
  const columns = made.map(({ column, sql, of }, i) => {
    const cast = `CAST((${sql}) AS ${column.sql})`;
    const value = quote(`_d${i}`);
    values.push(`CASE WHEN ${LIVE} THEN TRY(${cast}) END AS ${value}`);
    // Only where there is no value is the expression asked again, whether it failed or gave NULL.
    const missing = `${LIVE} AND ${value} IS NULL`;
    const failed = `CASE WHEN ${missing} THEN TRY((${cast}) IS NULL) IS NULL ELSE FALSE END`;
    const says = (message: string) => reasonSql(column.name, 'expression', message);
    const none = says('expected a value, the expression gave none (declare the column nullable if it may)');
    const bounds = boundsOf[column.type];
    if (bounds !== undefined) unfit.push(`NOT ${bounds.fits(value)}`);
    faults.push(
      `CASE WHEN ${failed} THEN ${says('expected the expression to work on this row, it failed')}` +
        (column.nullable ? '' : ` WHEN ${missing} THEN ${none}`) +
        (bounds === undefined
          ? ''
          : ` WHEN ${LIVE} AND NOT ${bounds.fits(value)} THEN ${reasonSql(column.name, 'expression', bounds.says, value)}`) +
        ' END',
    );
    return { ...column, pii: column.pii || isPersonal(below.columns, of) };
  });
  const replaced = new Set(columns.map(({ name }) => name));
  const others = below.columns.filter(({ name }) => !replaced.has(name));
  const names = [
    ...others.map((c) => quote(c.name)),
    ...columns.map((c, i) => `${kept(c, quote(`_d${i}`))} AS ${quote(c.name)}`),
  ];
  const hidden = [...columns.map((_, i) => quote(`_d${i}`)), ...below.columns.map((c) => quote(c.name))];
  // Most rows have all their values: only the others are looked at more closely.
  const suspect = [...columns.map((_, i) => `${quote(`_d${i}`)} IS NULL`), ...unfit].join(' OR ');
  const reasons = `nullif(list_filter([${faults.join(', ')}], lambda r: r IS NOT NULL), []::${REASONS_TYPE})`;
  return {
    columns: [...others, ...columns],
    sql: `SELECT ${names.join(', ')}, * EXCLUDE (${hidden.join(', ')})
  REPLACE (CASE WHEN ${LIVE} AND (${suspect}) THEN ${reasons} ELSE "_reasons" END AS "_reasons")
FROM (SELECT *, ${values.join(',\n  ')}
FROM (${below.sql}))`,
  };
}

/** The engine's types hold more than zod takes for such a value. */
const boundsOf: Readonly<Record<string, { fits(value: string): string; readonly says: string }>> = {
  int: {
    fits: (value) => `(${value} BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER})`,
    says: `expected a whole number from ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}, the expression gave another`,
  },
  number: {
    fits: (value) => `isfinite(${value})`,
    says: 'expected a finite number, the expression gave another',
  },
};

/** A value that does not fit is none, as where an expression fails. */
function kept({ type }: Column, value: string): string {
  const bounds = boundsOf[type];
  return bounds === undefined ? value : `CASE WHEN ${bounds.fits(value)} THEN ${value} END`;
}
