/** Values of a result as text, made by the engine: exact, and fast enough for millions of rows. */

import {
  DuckDBArrayType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTypeId as Id,
  type DuckDBType,
} from '@duckdb/node-api';
import { literal, quote } from '../../core/sql.ts';

const numbers: ReadonlySet<Id> = new Set([
  Id.TINYINT,
  Id.SMALLINT,
  Id.INTEGER,
  Id.BIGINT,
  Id.HUGEINT,
  Id.UTINYINT,
  Id.USMALLINT,
  Id.UINTEGER,
  Id.UBIGINT,
  Id.UHUGEINT,
  Id.BIGNUM,
  Id.DECIMAL,
  Id.FLOAT,
  Id.DOUBLE,
]);
const instants: ReadonlySet<Id> = new Set([
  Id.TIMESTAMP,
  Id.TIMESTAMP_S,
  Id.TIMESTAMP_MS,
  Id.TIMESTAMP_NS,
  Id.TIMESTAMP_TZ,
]);
const others: ReadonlySet<Id> = new Set([
  ...instants,
  Id.BOOLEAN,
  Id.DATE,
  Id.TIME,
  Id.TIME_TZ,
  Id.TIME_NS,
  Id.INTERVAL,
  Id.UUID,
  Id.BLOB,
  Id.LIST,
  Id.ARRAY,
  Id.STRUCT,
  Id.MAP,
]);

export const isNumber = ({ typeId }: DuckDBType): boolean => numbers.has(typeId);

/** Whether its text may begin with any character. */
export const isText = ({ typeId }: DuckDBType): boolean => !numbers.has(typeId) && !others.has(typeId);

/**
 * The SQL of a value's text, null for a null: instants by ISO 8601, in UTC where they have a zone; bytes as hexadecimal
 * digits; nested values as JSON.
 */
export function textSql(type: DuckDBType, value: string): string {
  const { typeId } = type;
  if (typeId === Id.BLOB) return `hex(${value})`;
  if (typeId === Id.TIMESTAMP_TZ) {
    return instantSql(value);
  }
  if (instants.has(typeId)) return `replace(${value}::VARCHAR, ' ', 'T')`;
  if (isNested(type)) return `CASE WHEN ${value} IS NOT NULL THEN ${jsonSql(type, value)} END`;
  return `${value}::VARCHAR`;
}

/**
 * The SQL of a value as JSON text, `null` for a null. Numbers keep all their digits; those that JSON has not are the
 * texts NaN, Infinity and -Infinity. A map is a list of its keys and values.
 */
export function jsonSql(type: DuckDBType, value: string, depth = 0): string {
  if (type instanceof DuckDBStructType) {
    const fields = type.entryTypes.map((entry, i) => {
      const name = type.entryNames[i] || String(i + 1);
      return `${literal(`${JSON.stringify(name)}:`)} || ${jsonSql(entry, `struct_extract_at(${value}, ${i + 1})`, depth)}`;
    });
    return orNull(value, `'{' || ${fields.join(` || ',' || `)} || '}'`);
  }
  if (type instanceof DuckDBMapType) {
    const entry = new DuckDBStructType(['key', 'value'], [type.keyType, type.valueType]);
    return orNull(value, listSql(entry, `map_entries(${value})`, depth));
  }
  if (type instanceof DuckDBListType) return orNull(value, listSql(type.valueType, value, depth));
  if (type instanceof DuckDBArrayType) {
    return orNull(value, listSql(type.valueType, `array_slice(${value}, 1, ${type.length})`, depth));
  }
  const { typeId } = type;
  if (typeId === Id.FLOAT || typeId === Id.DOUBLE) {
    return `CASE WHEN ${value} IS NULL THEN 'null' WHEN isfinite(${value}) THEN ${value}::VARCHAR
 WHEN isnan(${value}) THEN '"NaN"' WHEN ${value} > 0 THEN '"Infinity"' ELSE '"-Infinity"' END`;
  }
  if (typeId === Id.BOOLEAN || numbers.has(typeId)) return `coalesce(${value}::VARCHAR, 'null')`;
  if (type.alias === 'JSON') return `coalesce(json(${value})::VARCHAR, 'null')`;
  return `coalesce(to_json(${textSql(type, value)})::VARCHAR, 'null')`;
}

/** One object for each row. @param columns each with its SQL. */
export function jsonLineSql(columns: readonly { name: string; type: DuckDBType; sql: string }[]): string {
  const fields = columns.map(
    ({ name, type, sql }) => `${literal(`${JSON.stringify(name)}:`)} || ${jsonSql(type, sql)}`,
  );
  return `'{' || ${fields.join(` || ',' || `)} || '}'`;
}

/** A cell of RFC 4180 by the SQL of its text: a null is an empty field, an empty text a quoted one. */
export const csvCellSql = (text: string): string =>
  `coalesce(CASE WHEN ${text} = '' OR ${special.map((sql) => `contains(${text}, ${sql})`).join(' OR ')} THEN '"' || replace(${text}, '"', '""') || '"' ELSE ${text} END, '')`;

const special = [`'"'`, `','`, 'chr(10)', 'chr(13)'];

/** A text that a spreadsheet would take for a formula gets an apostrophe in front. */
export const harmlessSql = (text: string): string =>
  `CASE WHEN left(${text}, 1) IN ('=', '+', '-', '@', chr(9), chr(13)) THEN '''' || ${text} ELSE ${text} END`;

/** Parquet has no whole numbers of 128 bits: the engine would write them as doubles. */
export const parquetSql = ({ typeId }: DuckDBType, value: string): string =>
  typeId === Id.HUGEINT || typeId === Id.UHUGEINT ? `${value}::DECIMAL(38,0)` : value;

/** A cast to text asks for the time zone at each value, which takes ten times as long: only odd instants go that way. */
const instantSql = (value: string): string =>
  `CASE WHEN NOT isfinite(${value}) OR ${value} < TIMESTAMPTZ '0001-01-01 00:00:00+00' THEN ${value}::VARCHAR
 WHEN epoch_us(${value}) % 1000000 = 0 THEN strftime(${value}, '%Y-%m-%dT%H:%M:%SZ')
 ELSE rtrim(strftime(${value}, '%Y-%m-%dT%H:%M:%S.%f'), '0') || 'Z' END`;

const isNested = ({ typeId }: DuckDBType): boolean =>
  typeId === Id.LIST || typeId === Id.ARRAY || typeId === Id.STRUCT || typeId === Id.MAP;

const orNull = (value: string, json: string): string =>
  `CASE WHEN ${value} IS NULL THEN 'null' ELSE ${json} END`;

function listSql(type: DuckDBType, list: string, depth: number): string {
  const item = quote(`item ${depth}`);
  return `'[' || array_to_string(list_transform(${list}, lambda ${item}: ${jsonSql(type, item, depth + 1)}), ',') || ']'`;
}
