/** Which type of a Parquet file fits which kind of column, and how its values are told: all or none of them. */

import type { Tag } from '../../core/formats/format.ts';
import type { TypedField } from '../../core/plan/typed-source.ts';
import { isSmall, isWhole, scaleOf } from '../../core/types/engine-types.ts';
import type { Asked } from './converter.ts';
import { shapedAs } from './parquet-nested.ts';

/** A column of the file, or a field in one. */
export interface FileColumn {
  /** It, over the file. */
  readonly sql: string;
  /** What the file's schema says of it, and of all inside of it. */
  readonly facts: string;
  readonly inside: string;
  /** What the engine reads it as. */
  readonly type: string;
}

export interface Told {
  /** Its value, over the file, and how that is told. */
  readonly sql: string;
  readonly field: TypedField;
  /** Whether only the reader of JSON can say what a value is: of each, or of those for which this SQL is TRUE. */
  readonly inJson?: true | string;
  /** A value as JSON, where `field` does not say it of all. */
  readonly json?: string;
}

/** How it is told, or why it does not fit. */
export type Telling = Told | { readonly refused: string };

/** Stands in the facts of decimals with more digits than the engine's, which it reads as doubles. */
export const WIDE = 'WIDE_DECIMAL';

/** @param cuts whether digits behind the microseconds may be cut off. */
export function telling(column: FileColumn, asked: Asked, cuts: boolean): Telling {
  const { sql, type } = column;
  if (`${column.facts} ${column.inside}`.includes(WIDE))
    return { refused: 'it has decimals of more than 38 digits, which are not read exactly' };
  const scale = scaleOf(type);
  const as = (tag: Tag, text = shown): Told => ({
    sql,
    field: { type, tags: [tag], tag: () => `'${tag}'`, text, nullIs: asked.omitsNull ? 'missing' : 'null' },
  });
  switch (asked.type) {
    case 'int':
    case 'bigint':
      if (isWhole(type) || scale === 0) return as('n');
      return { refused: 'only whole numbers fit without a change' };
    case 'number':
      if (isSmall(type)) return as('n');
      if (type === 'FLOAT' || type === 'DOUBLE') return real(as('n', (value) => `${value}::DOUBLE::VARCHAR`));
      return {
        refused: 'only FLOAT, DOUBLE and whole numbers of up to 32 bits are held exactly by a double',
      };
    case 'decimal': {
      const most = scaleOf(asked.sql)!;
      if (isWhole(type) || (scale !== undefined && scale <= most)) return as('n', decimalText(type));
      return {
        refused: `only whole numbers and decimals of at most ${most} digits after the point fit without a change`,
      };
    }
    case 'boolean':
      return type === 'BOOLEAN' ? as('b') : { refused: 'only BOOLEAN fits' };
    case 'date':
      return type === 'DATE'
        ? as('s')
        : { refused: 'only DATE fits; an instant is on different days in different zones' };
    case 'time':
      if (!type.startsWith('TIME') || type.startsWith('TIMESTAMP')) return { refused: 'only TIME fits' };
      return cutOff(column.facts, cuts) ?? timeOfDay(column, as('s'));
    case 'datetime':
      return instant(column, asked, cuts, as);
    case 'list':
    case 'struct':
      return nested(column, asked, cuts, as);
    default:
      if (type === 'JSON') return made(as('s'), `${sql}::VARCHAR`, 'VARCHAR');
      if (type === 'BLOB' && !column.facts.includes('BSON')) return fromBytes(column, as);
      return type === 'VARCHAR' || type === 'UUID' || type.startsWith('ENUM')
        ? as('s')
        : { refused: 'only texts fit; to keep another value as text would be a change of it' };
  }
}

/** A value as JSON, in SQL, NULL for a null. */
export function jsonOf(sql: string, { tags, tag, text }: TypedField): string {
  const quoted = `to_json(${text(sql)})::VARCHAR`;
  if (!tags.includes('s')) return text(sql);
  return tags.length === 1 ? quoted : `CASE WHEN ${tag(sql)} = 's' THEN ${quoted} ELSE ${text(sql)} END`;
}

type As = (tag: Tag, text?: TypedField['text']) => Told;

const shown = (value: string): string => `${value}::VARCHAR`;

/** What is no number is told as a text, which a number is not: it is rejected with its column. */
function real(told: Told): Told {
  const tag = (value: string): string => `CASE WHEN isfinite(${value}) THEN 'n' ELSE 's' END`;
  return { ...told, field: { ...told.field, tags: ['n', 's'], tag } };
}

/** The engine leaves out the zero in front of a point where the type has no digits there; JSON does not. */
const decimalText = (type: string): TypedField['text'] =>
  /^DECIMAL\((\d+),\1\)$/.test(type)
    ? (value) => `regexp_replace(${value}::VARCHAR, '^(-?)\\.', '\\10.')`
    : shown;

function instant(column: FileColumn, asked: Asked, cuts: boolean, as: As): Telling {
  const { type } = column;
  const text = (value: string, end: string): string => `replace(${value}::VARCHAR, ' ', 'T') || '${end}'`;
  if (asked.epoch && isWhole(type)) return as('n');
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    return cutOff(column.facts, cuts) ?? as('s', (value) => text(`(${value} AT TIME ZONE 'UTC')`, 'Z'));
  }
  if (type !== 'TIMESTAMP' && type !== 'TIMESTAMP_NS') return { refused: 'only TIMESTAMP fits' };
  if (!asked.zoned) {
    return { refused: 'its times are of no zone; say which one they are in: decode: { …: { zone: "UTC" } }' };
  }
  const told = as('s', (value) => text(value, ''));
  if (type === 'TIMESTAMP') return cutOff(column.facts, cuts) ?? told;
  if (!cuts) return told;
  return { sql: `${column.sql}::TIMESTAMP`, field: { ...told.field, type: 'TIMESTAMP' } };
}

/** Where the file has nanoseconds and the engine gives microseconds, nobody can tell any more what was lost. */
function cutOff(facts: string, cuts: boolean): Telling | undefined {
  if (cuts || !(facts.includes('INT96') || facts.includes('NANOS=NanoSeconds'))) return undefined;
  return {
    refused:
      'it has nanoseconds, of which microseconds would be kept; ' +
      "if the rest may be cut off, say format.parquet({ nanoseconds: 'cut' })",
  };
}

/** Lists and objects as JSON. */
function nested({ sql, type, inside }: FileColumn, asked: Asked, cuts: boolean, as: As): Telling {
  const json = (value: string): string => `to_json(${value})::VARCHAR`;
  if (type === 'JSON') return { ...as('n', json), inJson: true };
  if (type === 'VARIANT') return { ...made(as('n', json), `${sql}::JSON`, 'JSON'), inJson: true };
  const shaped = shapedAs(type, asked.sql);
  if ('refused' in shaped) return shaped;
  const cut = cutOff(inside, cuts);
  if (cut !== undefined) return cut;
  const isList = shaped.type.endsWith(']');
  const told = made(as(isList ? 'a' : 'o', json), shaped.of(sql), shaped.type);
  // A map may have a key twice, and a value that is neither list nor object none of their tags.
  const isPlain = (isList || shaped.type.startsWith('STRUCT(')) && !plainType(shaped.type).includes('MAP(');
  return isPlain ? told : { ...told, inJson: true };
}

const made = ({ field }: Told, sql: string, type: string): Told => ({ sql, field: { ...field, type } });

/** Parquet has no zones of times of day: those that it calls of UTC are times of day like others. */
const timeOfDay = (column: FileColumn, told: Told): Told =>
  column.type === 'TIME' ? told : made(told, `${column.sql}::TIME`, 'TIME');

/**
 * Some writers say of no text that it is one. Bytes that are not UTF-8 become half of a surrogate pair in JSON, which
 * rejects the record as text of no encoding.
 */
function fromBytes({ sql }: FileColumn, as: As): Told {
  const text = `TRY(decode(${sql}))`;
  return {
    ...made(as('s'), text, 'VARCHAR'),
    json: `CASE WHEN ${sql} IS NOT NULL THEN coalesce(to_json(${text})::VARCHAR, '"\\ud800"') END`,
    inJson: `${sql} IS NOT NULL AND ${text} IS NULL`,
  };
}

/** A type without the names of fields in it. */
export const plainType = (type: string): string => type.replaceAll(/"(?:[^"]|"")*"/g, '');
