/** A layer with its columns made anew: each by an expression over those of the layer below, in this order. */

import type { Layer } from '../layer.ts';
import type { Column } from '../row.ts';
import { quote } from '../sql.ts';

export interface Selected {
  readonly column: Column;
  readonly sql: string;
}

/** The marks of the rows stay; `replace` is the words of a REPLACE for some of them. */
export function selected(below: Layer, columns: readonly Selected[], replace = ''): Layer {
  const made = columns.map(({ column, sql }) => `${sql} AS ${quote(column.name)}`);
  const hidden = below.columns.map(({ name }) => quote(name));
  return {
    columns: columns.map(({ column }) => column),
    sql: `SELECT ${made.join(', ')}, * EXCLUDE (${hidden.join(', ')})${replace}
FROM (${below.sql})`,
  };
}
