/** Which type of a Parquet file fits which kind of column, and how its values are told as JSON: all or none of them. */

import type { Asked } from './converter.ts';

/** A column of the file, or a field in one. */
export interface FileColumn {
  /** It, over the file. */
  readonly sql: string;
  /** What the file's schema says of it. */
  readonly facts: string;
  /** What the engine reads it as. */
  readonly type: string;
}

/** Its value as JSON, in SQL, NULL for a null; or why it does not fit. */
export type Telling = { readonly json: string } | { readonly refused: string };

const SMALL = ['TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT', 'UINTEGER'];
const WHOLE: ReadonlySet<string> = new Set([...SMALL, 'BIGINT', 'UBIGINT']);

/** @param cuts whether digits behind the microseconds may be cut off. */
export function telling(column: FileColumn, asked: Asked, cuts: boolean): Telling {
  const { sql, type } = column;
  const shown = { json: `${sql}::VARCHAR` };
  const text = { json: `to_json(${sql}::VARCHAR)::VARCHAR` };
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  switch (asked.type) {
    case 'int':
    case 'bigint':
      if (WHOLE.has(type) || decimal?.[2] === '0') return shown;
      return { refused: 'only whole numbers fit without a change' };
    case 'number':
      if (SMALL.includes(type)) return shown;
      if (type === 'FLOAT' || type === 'DOUBLE') return { json: real(sql) };
      return {
        refused: 'only FLOAT, DOUBLE and whole numbers of up to 32 bits are held exactly by a double',
      };
    case 'decimal': {
      const scale = Number(/,(\d+)\)$/.exec(asked.sql)![1]);
      if (WHOLE.has(type) || (decimal !== null && Number(decimal[2]) <= scale)) return shown;
      return {
        refused: `only whole numbers and decimals of at most ${scale} digits after the point fit without a change`,
      };
    }
    case 'boolean':
      return type === 'BOOLEAN' ? shown : { refused: 'only BOOLEAN fits' };
    case 'date':
      return type === 'DATE'
        ? text
        : { refused: 'only DATE fits; an instant is on different days in different zones' };
    case 'time':
      if (type !== 'TIME') return { refused: 'only TIME fits' };
      return cutOff(column, cuts) ?? text;
    case 'datetime':
      return instant(column, asked, cuts);
    case 'list':
    case 'struct':
      return nested(column);
    default:
      return type === 'VARCHAR' || type === 'UUID' || type.startsWith('ENUM')
        ? text
        : { refused: 'only texts fit; to keep another value as text would be a change of it' };
  }
}

/** What is no number is told as a text, which a number is not: it is rejected with its column. */
const real = (sql: string): string =>
  `CASE WHEN isfinite(${sql}) THEN ${sql}::DOUBLE::VARCHAR ELSE '"' || ${sql}::VARCHAR || '"' END`;

function instant(column: FileColumn, asked: Asked, cuts: boolean): Telling {
  const { sql, type } = column;
  const json = (value: string, end: string) => ({
    json: `'"' || replace(${value}::VARCHAR, ' ', 'T') || '${end}"'`,
  });
  if (asked.epoch && WHOLE.has(type)) return { json: `${sql}::VARCHAR` };
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    return cutOff(column, cuts) ?? json(`(${sql} AT TIME ZONE 'UTC')`, 'Z');
  }
  if (type !== 'TIMESTAMP' && type !== 'TIMESTAMP_NS') return { refused: 'only TIMESTAMP fits' };
  if (!asked.zoned) {
    return { refused: 'its times are of no zone; say which one they are in: decode: { …: { zone: "UTC" } }' };
  }
  if (type === 'TIMESTAMP_NS') return json(cuts ? `${sql}::TIMESTAMP` : sql, '');
  return cutOff(column, cuts) ?? json(sql, '');
}

/** Where the file has nanoseconds and the engine gives microseconds, nobody can tell any more what was lost. */
function cutOff({ facts }: FileColumn, cuts: boolean): Telling | undefined {
  if (cuts || !(facts.startsWith('INT96') || facts.includes('NANOS=NanoSeconds'))) return undefined;
  return {
    refused:
      'it has nanoseconds, of which microseconds would be kept; ' +
      "if the rest may be cut off, say format.parquet({ nanoseconds: 'cut' })",
  };
}

/** Inside of lists and objects there are texts, numbers and booleans, as in JSON. */
function nested({ sql, type }: FileColumn): Telling {
  const other = /\b(?:BLOB|TIMESTAMP|DATE|TIME|DECIMAL|MAP|INTERVAL|UBIGINT)\b/.exec(
    type.replaceAll(/"(?:[^"]|"")*"/g, ''),
  );
  if (other === null) return { json: `to_json(${sql})::VARCHAR` };
  return { refused: `inside of it is a ${other[0]}, which JSON has no value for` };
}
