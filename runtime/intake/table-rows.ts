/** The rows of a table's files as JSON objects: the columns that are asked for, with those that the log alone knows. */

import { join } from 'node:path';
import { ObjectRejectedError } from '../../core/errors.ts';
import type { DeltaField, DeltaType } from '../../core/row.ts';
import type { OfferedColumn, Versions } from '../../core/sources/source.ts';
import { literal, quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { Asked } from './converter.ts';
import { nestedType, type NestedType } from './nested-type.ts';

export interface VersionRows {
  /** A SELECT of one line for each row of a file, in its order; `file_row_number` is at its disposal. */
  of(path: string, partitionValues: Readonly<Record<string, string | null>>): string;
}

/**
 * @param fields the columns of the table at the version.
 * @throws ObjectRejectedError for a column that the table had not, or had with other values.
 */
export async function rowsOf(
  engine: Engine,
  said: string,
  fields: readonly DeltaField[],
  columns: readonly Asked[],
  { columns: offered }: Versions,
): Promise<VersionRows> {
  const asked = new Map<string, { readonly column: Asked; readonly offer: OfferedColumn }>();
  for (const column of columns) {
    const offer = offered.find(({ name }) => name === column.from);
    if (offer === undefined) continue;
    checkField(said, offer, fields);
    asked.set(column.from, { column, offer });
  }
  // A file that is older than a column has none of it: the empty file says what it would be.
  const shape = join(engine.folder, 'shape.parquet');
  const nothing = Array.from(asked.values(), ({ offer }) => `NULL::${offer.sql} AS ${quote(offer.name)}`);
  await engine.run(
    `COPY (SELECT ${[...nothing, 'NULL::BOOLEAN AS "_"'].join(', ')} WHERE FALSE) TO ${literal(shape)} (FORMAT parquet)`,
  );
  return {
    of(path, partitionValues) {
      const parts = Array.from(asked.values(), ({ column, offer }) => {
        const value =
          offer.name in partitionValues
            ? `CAST(nullif(${literal(partitionValues[offer.name] ?? null)}, '') AS ${offer.sql})`
            : `CAST(${quote(offer.name)} AS ${offer.sql})`;
        return partOf(column, value, offer.sql);
      });
      const files = `[${literal(shape)}, ${literal(path)}]`;
      return `SELECT '{' || concat_ws(',', ${['NULL', ...parts].join(',\n  ')}) || '}' AS line
FROM read_parquet(${files}, union_by_name = true, hive_partitioning = false, file_row_number = true)`;
    },
  };
}

function partOf(column: Asked, value: string, sql: string): string {
  const key = literal(`${JSON.stringify(column.from)}:`);
  const given = `${key} || ${jsonOf(value, sql)}`;
  return column.omitsNull ? given : `coalesce(${given}, ${key} || 'null')`;
}

/** A value of a type that tables have as JSON, NULL for a null. */
function jsonOf(value: string, sql: string): string {
  switch (sql) {
    case 'BIGINT':
    case 'BOOLEAN':
      return `${value}::VARCHAR`;
    case 'DOUBLE':
      // What is no number is told as a text, which a number is not: it is rejected with its column.
      return `CASE WHEN isfinite(${value}) THEN ${value}::VARCHAR ELSE '"' || ${value}::VARCHAR || '"' END`;
    case 'TIMESTAMPTZ':
      return `'"' || replace((${value} AT TIME ZONE 'UTC')::VARCHAR, ' ', 'T') || 'Z"'`;
    case 'DATE':
      return `to_json(${value}::VARCHAR)::VARCHAR`;
    default:
      // The engine leaves the zero before the point out where the type has no room for one.
      if (sql.startsWith('DECIMAL')) return `regexp_replace(${value}::VARCHAR, '^(-?)\\.', '\\10.')`;
      return `to_json(${value})::VARCHAR`;
  }
}

function checkField(
  said: string,
  { name, sql, nullable }: OfferedColumn,
  fields: readonly DeltaField[],
): void {
  const field = fields.find((one) => one.name === name);
  if (field === undefined && nullable) return;
  if (field === undefined) {
    throw new ObjectRejectedError(
      'object.header',
      `${said} has no column ${name}, which its definition has; it has ${fields.map((one) => one.name).join(', ')}. ` +
        'Run its pipeline by its definition as it is now; the versions that come then have it.',
    );
  }
  const differs = difference(name, field.type, nestedType(sql));
  if (differs === undefined) return;
  throw new ObjectRejectedError(
    'object.format',
    `${said} has the column ${differs.place} as ${differs.found}, and its definition says ${differs.says}. ` +
      'Run its pipeline by its definition as it is now; the versions that come then have it so.',
  );
}

interface Difference {
  readonly place: string;
  readonly found: string;
  readonly says: string;
}

/** The first value that the engine would have to cast, at any depth: it rounds. A field that the table has not yet is null. */
function difference(place: string, type: DeltaType, wanted: NestedType): Difference | undefined {
  if (typeof type === 'object' && type.type === 'array' && wanted.kind === 'list')
    return difference(`${place}[]`, type.elementType, wanted.of);
  if (typeof type === 'object' && type.type === 'struct' && wanted.kind === 'struct') {
    for (const { name, type: inside } of wanted.fields) {
      const field = type.fields.find((one) => one.name === name);
      const differs = field && difference(`${place}.${name}`, field.type, inside);
      if (differs !== undefined) return differs;
    }
    return undefined;
  }
  const found = typeof type === 'string' ? type : 'a nested one';
  const says = wanted.kind === 'leaf' ? wanted.name : 'a nested one';
  const sql = plainTypes[found] ?? found.toUpperCase();
  return sql === says ? undefined : { place, found, says };
}

const plainTypes: Readonly<Record<string, string>> = Object.freeze({
  string: 'VARCHAR',
  long: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMPTZ',
});
