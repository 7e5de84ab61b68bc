/** The engine's type for a column of a Delta table. */

import { UsageError } from '../../core/errors.ts';
import type { DeltaType } from '../../core/row.ts';
import { quote } from '../../core/sql.ts';

const plain: ReadonlyMap<string, string> = new Map(
  Object.entries({
    string: 'VARCHAR',
    long: 'BIGINT',
    integer: 'INTEGER',
    short: 'SMALLINT',
    byte: 'TINYINT',
    double: 'DOUBLE',
    float: 'FLOAT',
    boolean: 'BOOLEAN',
    binary: 'BLOB',
    date: 'DATE',
    timestamp: 'TIMESTAMPTZ',
    timestamp_ntz: 'TIMESTAMP',
  }),
);

/** @throws UsageError for a type that is not known here. */
export function engineType(type: DeltaType): string {
  if (typeof type !== 'string') {
    if (type.type === 'array') return `${engineType(type.elementType)}[]`;
    return `STRUCT(${type.fields.map((field) => `${quote(field.name)} ${engineType(field.type)}`).join(', ')})`;
  }
  const found = plain.get(type) ?? (/^decimal\(\d+, ?\d+\)$/.test(type) ? type.toUpperCase() : undefined);
  if (found === undefined) {
    throw new UsageError(`A column has Delta's type ${JSON.stringify(type)}, which Sluice cannot query.`);
  }
  return found;
}
