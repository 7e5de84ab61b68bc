/** The columns of rows as zod types by name, and references to them in which expressions are written. */

import type { z } from 'zod';
import type { ColumnRef, Sql } from './sql.ts';

export type Shape = Readonly<Record<string, z.ZodType>>;
export type Refs<S extends Shape> = { readonly [K in keyof S & string]: ColumnRef<z.output<S[K]>, K> };
/** The fields of a record as received: text, before any type. */
export type TextRefs<S extends Shape> = { readonly [K in keyof S & string]: ColumnRef<string, K> };

/** A derived column: a zod type for what it holds, an expression for how it is made. */
export interface Derived<Z extends z.ZodType = z.ZodType> {
  readonly type: Z;
  readonly as: Sql;
}

export function refs<S extends Shape>(shape: S): Refs<S> {
  const entries = Object.keys(shape).map((column) => [column, Object.freeze({ column })]);
  return Object.freeze(Object.fromEntries(entries)) as Refs<S>;
}
