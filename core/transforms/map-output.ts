/** What a function of `map` gave, from texts to values: read as strictly as the text of a field. */

import type { Column } from '../row.ts';
import { partsOf } from '../schema.ts';
import { quote } from '../sql.ts';
import { typeOf } from '../types/index.ts';

export interface Outputs {
  /** Layers over `_texts`, each over the one before. */
  readonly layers: readonly (readonly (readonly [name: string, sql: string])[])[];
  /** The value of each column. */
  readonly values: readonly string[];
  /** Where a text is not of its column's type. */
  readonly faults: readonly { readonly column: Column; readonly when: string; readonly expects: string }[];
  /** Columns that nobody needs afterwards. */
  readonly hidden: readonly string[];
}

export function outputsOf(columns: readonly Column[], where: string): Outputs {
  /** With a hole where no column has a stage that deep, which is passed over. */
  const layers: [string, string][][] = [[]];
  const values: string[] = [];
  const faults: Outputs['faults'][number][] = [];
  for (const [i, column] of columns.entries()) {
    const parts = partsOf(column.schema, where);
    const type = typeOf(parts, where);
    const reading = { parts, rule: {}, where };
    const text = `_t${i}`;
    layers[0]!.push([text, `"_texts"[${i + 1}]`]);
    let value = quote(text);
    for (const [depth, stage] of type.decode(reading).entries()) {
      const next = stage(value, quote(text));
      if (next === value) continue;
      const name = `_v${i}_${depth}`;
      (layers[depth + 1] ??= []).push([name, next]);
      value = quote(name);
    }
    if (value !== quote(text)) {
      const when = `${quote(text)} IS NOT NULL AND ${value} IS NULL`;
      faults.push({ column, when, expects: type.expects(reading) });
    }
    const read = type.nested === undefined ? value : type.nested.read(value, parts, where);
    values.push(`(${type.final === undefined ? read : type.final(read)})::${column.sql}`);
  }
  return {
    layers,
    values,
    faults,
    hidden: ['_m', '_texts', '_found', ...layers.flatMap((layer) => layer.map(([name]) => name))],
  };
}
