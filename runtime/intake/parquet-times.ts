/**
 * Times in a Parquet file that no clock and no calendar has. Of a time of day that is outside of the day the engine makes no text,
 * but writes where it must not, and the process ends; a date outside of the years 1 to 9999 has no text in ISO 8601.
 */

import { ObjectRejectedError } from '../../core/errors.ts';
import { literal } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import { nestedType, type NestedType } from './nested-type.ts';
import type { ParquetColumns } from './parquet-columns.ts';
import type { ParquetRows } from './parquet-rows.ts';

/** Whether a value is not one of those that there are, as SQL, by its type; undefined where it always is. */
type Odd = (type: string, value: string) => string | undefined;

const beside = (value: string, first: string, last: string): string =>
  `(${value} < ${first} OR ${value} > ${last})`;

const ofNoDay: Odd = (type, value) =>
  type === 'TIME' ? beside(value, `TIME '00:00:00'`, `TIME '24:00:00'`) : undefined;

const ofNoYear: Odd = (type, value) =>
  /^(?:DATE|TIMESTAMP)/.test(type) && type !== 'TIMESTAMP_NS'
    ? beside(value, `${literal('0001-01-01')}::${type}`, `${literal('9999-12-31 23:59:59.999999')}::${type}`)
    : undefined;

/**
 * A time of day is looked for in every column, because a rejected record is told with all of them; a date in the lists and
 * objects that are asked for, because that of a column is judged with its record.
 * @throws ObjectRejectedError `object.unreadable`.
 */
export async function checkTimes(
  engine: Engine,
  { all, asked }: Pick<ParquetColumns, 'all' | 'asked'>,
  { from }: Pick<ParquetRows, 'from'>,
): Promise<void> {
  await none(engine, from, all, ofNoDay, 'a time of day that is outside of the day');
  const nested = asked.filter(({ type }) => nestedType(type).kind !== 'leaf');
  await none(engine, from, nested, ofNoYear, 'a date that is outside of the years 1 to 9999');
}

async function none(
  engine: Engine,
  from: string,
  columns: readonly { readonly sql: string; readonly type: string }[],
  odd: Odd,
  what: string,
): Promise<void> {
  const looked = columns.flatMap(({ sql, type }) => {
    const is = anyOdd(nestedType(type), sql, odd, 0);
    return is === undefined ? [] : [{ sql, is }];
  });
  if (looked.length === 0) return;
  const counts = looked.map(({ is }, i) => `count_if(${is}) AS c${i}`);
  const [found] = await engine.rows(`SELECT ${counts.join(', ')} FROM ${from}`);
  // Of no rows the engine counts NULL.
  const bad = looked.find((_, i) => (found![`c${i}`] ?? 0) !== 0);
  if (bad === undefined) return;
  throw new ObjectRejectedError(
    'object.unreadable',
    `The column ${bad.sql} of the Parquet file has ${what}: it is damaged, or was written wrongly. Deliver it again.`,
  );
}

/** Whether any value in a value is odd, as SQL; undefined where none can be. */
function anyOdd(type: NestedType, value: string, odd: Odd, level: number): string | undefined {
  const inList = (of: NestedType, list: string): string | undefined => {
    const one = anyOdd(of, `x${level}`, odd, level + 1);
    return one === undefined
      ? undefined
      : `coalesce(len(list_filter(${list}, lambda x${level}: ${one})) > 0, FALSE)`;
  };
  const any = (parts: readonly (string | undefined)[]): string | undefined => {
    const some = parts.filter((part) => part !== undefined);
    return some.length === 0 ? undefined : `(${some.join(' OR ')})`;
  };
  switch (type.kind) {
    case 'leaf': {
      const is = odd(type.name, value);
      return is === undefined ? undefined : `coalesce(${is}, FALSE)`;
    }
    case 'list':
      return inList(type.of, value);
    case 'struct':
      return any(
        type.fields.map((field) => anyOdd(field.type, `${value}[${literal(field.name)}]`, odd, level)),
      );
    case 'map':
      return any([inList(type.key, `map_keys(${value})`), inList(type.value, `map_values(${value})`)]);
  }
}
