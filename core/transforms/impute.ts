/** Step `impute`: puts a value where there is none: a constant, or that of the record before. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { known, LIVE, withKeys, type Layer } from '../layer.ts';
import { nullableOf, type Column } from '../row.ts';
import { partsOf } from '../schema.ts';
import type { Shape } from '../shape.ts';
import { quote, type ColumnRef } from '../sql.ts';
import { typeOf } from '../types/index.ts';
import { judge } from '../zod-call.ts';
import { retyped } from './retyped.ts';
import { selected } from './selected.ts';
import type { Step } from './step.ts';

/** The last value in record order, of the records with the same `per`. Where there is none, none is put. */
export interface Previous {
  readonly from: 'previous';
  readonly per?: readonly ColumnRef[];
}
type Constant = string | number | bigint | boolean;

export type Imputations<S extends Shape> = {
  readonly [K in keyof S & string]?: NonNullable<z.output<S[K]>> | Previous;
};
/** The type of a column inside `.optional()` and `.nullable()`. */
type Required<Z> =
  Z extends z.ZodNullable<infer I> ? Required<I> : Z extends z.ZodOptional<infer I> ? Required<I> : Z;
export type Imputed<S extends Shape, I> = {
  readonly [K in keyof S]: K extends keyof I
    ? I[K] extends Previous
      ? S[K]
      : Required<S[K]> extends z.ZodType
        ? Required<S[K]>
        : S[K]
    : S[K];
};

/** @throws DefinitionError for a column that always has a value, or a constant that it cannot hold. */
export function impute(given: Readonly<Record<string, Constant | Previous | undefined>>): Step {
  const constants = new Map<string, Constant>();
  const previous = new Map<string, readonly string[]>();
  for (const [name, one] of Object.entries(given)) {
    if (typeof one === 'object')
      previous.set(
        name,
        (one.per ?? []).map(({ column }) => column),
      );
    else if (one !== undefined) constants.set(name, one);
  }
  const names = [...constants.keys(), ...previous.keys()];
  const keys = [...new Set([...previous.values()].flat())];
  // Rows that differ in such a column are of two groups for every value that is looked for: not where a constant makes
  // them equal before they meet.
  const shared = keys.filter(
    (key) => !constants.has(key) && [...previous.values()].every((per) => per.includes(key)),
  );
  return Object.freeze({
    word: 'impute',
    options: { columns: given },
    says: `impute ${[...constants.keys(), ...[...previous].map(([name, per]) => `${[name, ...per].join(' per ')} (previous)`)].join(', ')}`,
    setwise: previous.size > 0,
    ...(shared.length > 0 ? { meets: shared } : {}),
    makes: names,
    leaves(shape) {
      const always = names.find((name) => shape[name] !== undefined && !nullableOf(shape[name]));
      if (always !== undefined)
        throw new DefinitionError(`impute(): ${always} always has a value; leave it out.`);
      return Object.fromEntries(
        Object.entries(shape).map(([name, type]) => [
          name,
          constants.has(name) ? partsOf(type, `impute(), ${name}`).base : type,
        ]),
      );
    },
    apply(below, where) {
      known({ columns: [...names, ...keys] }, below.columns, `${where}, impute()`);
      return previousValues(constantValues(below, constants, `${where}, impute()`), previous, keys);
    },
  } satisfies Step);
}

function constantValues(below: Layer, constants: ReadonlyMap<string, Constant>, where: string): Layer {
  if (constants.size === 0) return below;
  return selected(
    below,
    below.columns.map((column) => {
      const value = quote(column.name);
      const constant = constants.get(column.name);
      if (constant === undefined) return { column, sql: value };
      const { base } = partsOf(column.schema, where);
      const filled = constantSql(column, constant, where);
      return { column: retyped(column, base, where), sql: `coalesce(${value}, ${filled})` };
    }),
  );
}

function constantSql(column: Column, constant: Constant, where: string): string {
  const place = `${where}, ${column.name}`;
  const parts = partsOf(column.schema, place);
  const judged = judge(parts.base, constant);
  if (!judged.ok) {
    throw new DefinitionError(
      `${place}: ${JSON.stringify(String(constant))} does not pass the column's schema: ${judged.findings[0]!.message}.`,
    );
  }
  const type = typeOf(parts, place);
  const sql = type.literal(constant, parts, place);
  return `CAST(${type.final === undefined ? sql : type.final(sql)} AS ${column.sql})`;
}

function previousValues(
  below: Layer,
  previous: ReadonlyMap<string, readonly string[]>,
  keys: readonly string[],
): Layer {
  if (previous.size === 0) return below;
  return selected(
    withKeys(below, keys),
    below.columns.map((column) => {
      const value = quote(column.name);
      const per = previous.get(column.name);
      if (per === undefined) return { column, sql: value };
      const before = `last_value(${value} IGNORE NULLS) OVER (PARTITION BY ${[...per.map(quote), LIVE].join(', ')}
  ORDER BY "_n" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
      return { column, sql: before };
    }),
  );
}
