/** Values from inside of a list as columns of their own: a date or a time is a text there, and read as strictly as a field's. */

import { reasonSql } from '../plan/reason.ts';
import { REASONS_TYPE } from '../reasons.ts';
import type { Column } from '../row.ts';
import { partsOf } from '../schema.ts';
import { quote } from '../sql.ts';
import { typeOf } from '../types/index.ts';
import { heldInside } from '../types/nested.ts';
import type { Stage } from '../types/type.ts';
import type { Selected } from './selected.ts';

export interface ElementValues {
  /** A SELECT that has the values, and all that the one below has. */
  readonly sql: string;
  readonly made: readonly Selected[];
  /** The words of a REPLACE that puts a reason against each row of which a value cannot be. */
  readonly replace: string;
  /** Columns that nobody needs afterwards. */
  readonly hidden: readonly string[];
}

/**
 * @param below a SELECT of rows that are all still on their way, over whose columns each value is given as SQL.
 * @throws DefinitionError for a type that no column can have.
 */
export function elementValues(below: string, values: readonly Selected[], where: string): ElementValues {
  /** With a hole where no value has a stage that deep, which is passed over. */
  const layers: string[][] = [[]];
  const hidden: string[] = [];
  const faults: string[] = [];
  const suspect: string[] = [];
  const made = values.map(({ column, sql }, i): Selected => {
    const found = quote(`_u${i}`);
    layers[0]!.push(`${sql} AS ${found}`);
    hidden.push(found);
    const { stages, expects, final } = readingOf(column, where);
    let value = found;
    for (const [depth, stage] of stages.entries()) {
      const next = stage(value, found);
      if (next === value) continue;
      value = quote(`_u${i}_${depth}`);
      (layers[depth + 1] ??= []).push(`${next} AS ${value}`);
      hidden.push(value);
    }
    if (value !== found) {
      const unread = `${found} IS NOT NULL AND ${value} IS NULL`;
      suspect.push(`(${unread})`);
      faults.push(`WHEN ${unread} THEN ${reasonSql(column.name, 'decode', expects, found)}`);
    }
    if (!column.nullable) {
      suspect.push(`${found} IS NULL`);
      faults.push(`WHEN ${found} IS NULL THEN ${reasonSql(column.name, 'expression', NONE)}`);
    }
    return { column, sql: `(${final(value)})::${column.sql}` };
  });
  const reasons = faults.map((fault) => `CASE ${fault} END`).join(', ');
  const list = `nullif(list_filter([${reasons}], lambda r: r IS NOT NULL), []::${REASONS_TYPE})`;
  return {
    sql: layers.reduce((under, layer) => `SELECT *, ${layer.join(',\n  ')}\nFROM (${under})`, below),
    made,
    replace:
      faults.length === 0
        ? ''
        : ` REPLACE (CASE WHEN ${suspect.join(' OR ')} THEN ${list} ELSE "_reasons" END AS "_reasons")`,
    hidden,
  };
}

/** zod has judged the lists that were received, but not those that an expression made. */
const NONE = 'expected a value, the list has none there (declare it nullable if it may)';

interface ElementReading {
  readonly stages: readonly Stage[];
  readonly expects: string;
  final(value: string): string;
}

function readingOf({ schema, name }: Column, where: string): ElementReading {
  const parts = partsOf(schema, `${where}, ${name}`);
  const type = typeOf(parts, `${where}, ${name}`);
  const reading = { parts, rule: {}, where };
  const expects = type.expects(reading);
  const final = (value: string): string => type.final?.(value) ?? value;
  const { sql } = heldInside(parts, where);
  const isTyped = type.typed?.('', sql, reading) !== undefined;
  const stages = isTyped ? [(value: string) => type.typed!(value, sql, reading)!] : type.decode(reading);
  return { stages, expects, final };
}
