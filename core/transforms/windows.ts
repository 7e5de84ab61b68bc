/** Columns made by functions over the rows of a group: one function each, to which the group and its order are added. */

import { known, LIVE, withKeys, type Layer } from '../layer.ts';
import { columnsOf } from '../row.ts';
import type { Derived } from '../shape.ts';
import { quote } from '../sql.ts';
import type { Expression } from './step.ts';
import { withValues } from './with-values.ts';

export interface Windows {
  readonly per: readonly string[];
  readonly columns: Readonly<Record<string, Derived>>;
  /** The words of ORDER BY for a function, and of its frame. */
  order(text: string): readonly string[];
  frame(text: string): string;
}

export const typesOf = (columns: Windows['columns']) =>
  Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type]));

/** The layer with the columns. @throws DefinitionError for a column that is not there. */
export function withWindows(below: Layer, windows: Windows, where: string): Layer {
  const { per, columns: derived } = windows;
  const group = [...per.map(quote), LIVE].join(', ');
  const made = columnsOf(typesOf(derived), where).map((column, i) => {
    const { as } = derived[column.name]!;
    known(as, below.columns, `${where}, ${column.name}`);
    return { column, as, sql: quote(`_o${i}`), of: as.columns };
  });
  const looked = made.map(({ as, sql }) => {
    const order = windows.order(as.text);
    const sorted = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
    return `${as.text} OVER (PARTITION BY ${group}${sorted} ${windows.frame(as.text)}) AS ${sql}`;
  });
  const layer = {
    columns: below.columns,
    sql: `SELECT *, ${looked.join(',\n  ')}\nFROM (${withKeys(below, per).sql})`,
  };
  const { columns, sql } = withValues(layer, made, where);
  return { columns, sql: `SELECT * EXCLUDE (${made.map((one) => one.sql).join(', ')})\nFROM (${sql})` };
}

/** What the engine has to bind of them. */
export const windowExpressions = (
  word: string,
  derived: Windows['columns'],
  columns: Expression['columns'],
): readonly Expression[] =>
  columnsOf(typesOf(derived), `${word}()`).map((column) => ({
    place: `${word}(${column.name})`,
    sql: derived[column.name]!.as,
    columns,
    gives: column.sql,
    is: 'window',
  }));
