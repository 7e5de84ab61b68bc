/** Step `lookup`: adds columns whose values stand in a list of the definition, by the value of another column. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { isPersonal, known, LIVE } from '../layer.ts';
import { reasonSql } from '../plan/reason.ts';
import { columnsOf, type Column } from '../row.ts';
import type { ColumnRef } from '../sql.ts';
import { literal, quote } from '../sql.ts';
import { checkOnMiss, type OnMiss } from './on-miss.ts';
import { selected } from './selected.ts';
import { someColumns } from './some-columns.ts';
import type { Step } from './step.ts';

type Listed = string | number | boolean;

export interface Lookup {
  /** The column whose values are looked up: texts, whole numbers, booleans or dates, as they are written. */
  readonly of: ColumnRef;
  readonly in: Readonly<Record<string, Listed>>;
  /** Default: `reject`. */
  readonly onMiss?: OnMiss;
}

type ListedType<V> = [V] extends [string]
  ? z.ZodString
  : [V] extends [number]
    ? z.ZodNumber
    : [V] extends [boolean]
      ? z.ZodBoolean
      : never;
export type LookedUp<L> = {
  readonly [K in keyof L]: L[K] extends { readonly in: infer M; readonly onMiss: 'keep' }
    ? z.ZodNullable<ListedType<M[keyof M]>>
    : L[K] extends { readonly in: infer M }
      ? ListedType<M[keyof M]>
      : never;
};

const MOST = 1000;
const asWritten: ReadonlySet<string> = new Set(['VARCHAR', 'BIGINT', 'BOOLEAN', 'DATE']);

/** @throws DefinitionError for a list that is empty, too long, or of values of several types. */
export function lookup(lookups: Readonly<Record<string, Lookup>>): Step {
  someColumns(lookups, 'lookup');
  const types = Object.fromEntries(
    Object.entries(lookups).map(([name, one]) => [name, typeOf(one, `lookup(${name})`)]),
  );
  return Object.freeze({
    word: 'lookup',
    options: { columns: lookups },
    says: Object.entries(lookups)
      .map(([name, { of, onMiss }]) => `lookup ${name} of ${of.column} (${onMiss ?? 'reject'})`)
      .join(', '),
    setwise: false,
    makes: Object.keys(lookups),
    leaves: (shape) => ({ ...shape, ...types }),
    apply(below, where) {
      const faults: string[] = [];
      const made = columnsOf(types, `${where}, lookup()`).map((column, i) => {
        const { of, in: list, onMiss } = lookups[column.name]!;
        const place = `${where}, lookup(${column.name})`;
        known({ columns: [of.column] }, below.columns, place);
        const key = below.columns.find(({ name }) => name === of.column)!;
        const found = quote(`_l${i}`);
        if (onMiss !== 'keep') faults.push(`CASE WHEN ${found} IS NULL THEN ${missed(key)} END`);
        const pii = column.pii || isPersonal(below.columns, [of.column]);
        return { column: { ...column, pii }, sql: found, asked: `${listed(key, list, place)} AS ${found}` };
      });
      const replaced = new Set(made.map(({ column }) => column.name));
      const kept = below.columns.filter(({ name }) => !replaced.has(name));
      const asked = {
        columns: below.columns,
        sql: `SELECT *, ${made.map((one) => one.asked).join(', ')}\nFROM (${below.sql})`,
      };
      const reasons = `nullif(list_filter([${faults.join(', ')}], lambda r: r IS NOT NULL), [])`;
      const judged = `CASE WHEN ${LIVE} THEN ${reasons} ELSE "_reasons" END`;
      const { sql, columns } = selected(
        asked,
        [...kept.map((column) => ({ column, sql: quote(column.name) })), ...made],
        faults.length === 0 ? '' : ` REPLACE (${judged} AS "_reasons")`,
      );
      return {
        columns,
        sql: `SELECT * EXCLUDE (${made.map((one) => one.sql).join(', ')})\nFROM (${sql})`,
      };
    },
  } satisfies Step);
}

function typeOf({ in: list, onMiss }: Lookup, where: string): z.ZodType {
  checkOnMiss(onMiss ?? 'reject', where);
  const values = Object.values(list);
  const kinds = new Set(values.map((value) => typeof value));
  const [kind] = kinds;
  const type = { string: z.string(), number: z.number(), boolean: z.boolean() }[kind as string];
  if (type === undefined || kinds.size !== 1)
    throw new DefinitionError(
      `${where}: give a list whose values are all texts, all numbers or all booleans.`,
    );
  if (values.length > MOST) {
    throw new DefinitionError(
      `${where}: the list has ${values.length} values, ${MOST} are the most; keep it in a file and join() that.`,
    );
  }
  return onMiss === 'keep' ? type.nullable() : type;
}

function listed(key: Column, list: Lookup['in'], where: string): string {
  if (!asWritten.has(key.sql)) {
    throw new DefinitionError(
      `${where}: ${key.name} is looked up as it is written, which only texts, whole numbers, booleans and dates are in ` +
        'one way; derive a text of it.',
    );
  }
  const double = (value: Listed) =>
    typeof value === 'number' ? `${literal(value)}::DOUBLE` : literal(value);
  const cases = Object.entries(list).map(([text, value]) => `WHEN ${literal(text)} THEN ${double(value)}`);
  return `CASE ${quote(key.name)}::VARCHAR ${cases.join(' ')} END`;
}

const missed = (key: Column): string =>
  reasonSql(
    key.name,
    'key',
    'expected a value that is in the list, found another',
    `coalesce(${quote(key.name)}::VARCHAR, '')`,
  );
