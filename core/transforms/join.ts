/** Step `join`: adds columns of the one row of a reference that has the same key. It never makes rows more or fewer. */

import type { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { isPersonal, known, LIVE, type Layer } from '../layer.ts';
import { reasonSql } from '../plan/reason.ts';
import { columnsOfReference, nameOf, type Reference } from '../reference.ts';
import type { Column } from '../row.ts';
import type { Shape } from '../shape.ts';
import { quote } from '../sql.ts';
import { checkOnMiss, type OnMiss } from './on-miss.ts';
import { selected } from './selected.ts';
import type { Step } from './step.ts';

/** What becomes of a row whose key several rows of the reference have: it is rejected, or the first of them is taken. */
export type OnMany = 'reject' | 'first';

export interface Joined {
  /** Our columns, by the columns of the reference that must equal them. */
  readonly on: Readonly<Record<string, string>>;
  /** Columns of the reference, by the names that they get. */
  readonly take: Readonly<Record<string, string>>;
  readonly onMiss: OnMiss;
  readonly onMany: OnMany;
}

export type Taken<R extends Shape, T, M> = {
  readonly [K in keyof T]: T[K] extends keyof R
    ? M extends 'keep'
      ? z.ZodNullable<R[T[K]]>
      : R[T[K]]
    : never;
};

/** @param at the step's place in the transform, by which its relation is told from others. */
export function join(reference: Reference, { on, take, onMiss, onMany }: Joined, at: number): Step {
  const place = `join(${nameOf(reference)})`;
  if (Object.keys(on).length === 0)
    throw new DefinitionError(`${place} needs a column in \`on\`, such as { their_id: o.our_id }.`);
  checkOnMiss(onMiss, place);
  if (onMany !== 'reject' && onMany !== 'first')
    throw new DefinitionError(`${place}: onMany is ${JSON.stringify(onMany)}; write "reject" or "first".`);
  if (onMany === 'first' && reference.kind === 'table')
    throw new DefinitionError(
      `${place}: the rows of a table have no order, so none is the first; leave onMany out.`,
    );
  const theirs = columnsOfReference(reference, place);
  const named = [...new Set([...Object.keys(on), ...Object.values(take)])];
  known({ columns: named }, theirs, place);
  const columnOf = (name: string): Column => theirs.find((column) => column.name === name)!;
  const types = Object.fromEntries(
    Object.entries(take).map(([name, column]) => {
      const { schema } = columnOf(column);
      return [name, onMiss === 'keep' ? schema.nullable() : schema];
    }),
  );
  const relation = `ref_${at}`;
  return Object.freeze({
    word: 'join',
    options: { reference, on, take, onMiss, onMany },
    says: `join ${nameOf(reference)} on ${Object.entries(on)
      .map(([their, our]) => `${our} = ${their}`)
      .join(', ')} (a miss: ${onMiss}, several: ${onMany})`,
    setwise: true,
    meets: 'record',
    makes: Object.keys(take),
    references: [{ relation, reference, columns: named.map(columnOf) }],
    leaves: (shape) => ({ ...shape, ...types }),
    apply(below, where) {
      const ours = Object.values(on);
      known({ columns: ours }, below.columns, `${where}, ${place}`);
      for (const [their, our] of Object.entries(on))
        sameType(
          below.columns.find(({ name }) => name === our)!,
          columnOf(their),
          `${where}, ${place}`,
        );
      const hides = isPersonal(below.columns, ours);
      const taken = Object.entries(take).map(([name, from], i) => {
        const column = columnOf(from);
        const nullable = column.nullable || onMiss === 'keep';
        const schema = types[name]!;
        return {
          column: { ...column, name, schema, nullable, pii: column.pii || hides },
          sql: quote(`_t${i}`),
        };
      });
      const kept = below.columns.filter(({ name }) => !(name in take));
      const { columns, sql } = selected(
        met(below, relation, on, Object.values(take)),
        [...kept.map((column) => ({ column, sql: quote(column.name) })), ...taken],
        reasons(ours, nameOf(reference), onMiss, onMany),
      );
      const hidden = ['"_many"', ...taken.map((one) => one.sql)];
      return { columns, sql: `SELECT * EXCLUDE (${hidden.join(', ')})\nFROM (${sql})` };
    },
  } satisfies Step);
}

function sameType(our: Column, their: Column, where: string): void {
  if (our.sql === their.sql) return;
  throw new DefinitionError(
    `${where}: ${our.name} is ${our.sql} and ${their.name} of the reference is ${their.sql}; only columns of one type are ` +
      'held against each other: derive() a column of the other type.',
  );
}

/** Each row of the layer, with how many rows of the reference it meets and what is taken of the first of them. */
function met(below: Layer, relation: string, on: Joined['on'], take: readonly string[]): Layer {
  const keys = Object.keys(on).map((name, i) => `${quote(name)} AS "_k${i}"`);
  const first = take.map((name, i) => `arg_min({v: ${quote(name)}}, rowid).v AS "_t${i}"`);
  const equal = Object.values(on).map((our, i) => `b.${quote(our)} = r."_k${i}"`);
  const found = ['"_many"', ...take.map((_, i) => `"_t${i}"`)].map((name) => `r.${name}`);
  return {
    columns: below.columns,
    sql: `SELECT b.*, ${found.join(', ')}
FROM (${below.sql}) b LEFT JOIN (SELECT ${[...keys, 'count(*) AS "_many"', ...first].join(', ')}
FROM ${relation} GROUP BY ${Object.keys(on).map(quote).join(', ')}) r ON ${[LIVE, ...equal].join(' AND ')}`,
  };
}

function reasons(keys: readonly string[], name: string, onMiss: OnMiss, onMany: OnMany): string {
  const value = keys.map((key) => `coalesce(${quote(key)}::VARCHAR, '')`).join(" || ', ' || ");
  const says = (found: string) =>
    `[${reasonSql(keys.join(', '), 'key', `expected one row of ${name} with this key, found ${found}`, value)}]`;
  const faults = [
    ...(onMiss === 'reject' ? [`WHEN ${LIVE} AND "_many" IS NULL THEN ${says('none')}`] : []),
    ...(onMany === 'reject' ? [`WHEN ${LIVE} AND "_many" > 1 THEN ${says('several')}`] : []),
  ];
  return faults.length === 0 ? '' : ` REPLACE (CASE ${faults.join(' ')} ELSE "_reasons" END AS "_reasons")`;
}
