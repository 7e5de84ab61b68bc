/** The transform as a typed chain: each step sees the columns that the step before it left. */

import type { z } from 'zod';
import { DefinitionError } from './errors.ts';
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
type Made<D> = { [K in keyof D]: D[K] extends Derived<infer Z> ? Z : never };

export type Step =
  | { readonly kind: 'skip'; readonly that: Sql }
  | { readonly kind: 'where'; readonly that: Sql }
  | { readonly kind: 'derive'; readonly columns: Readonly<Record<string, Derived>> }
  | { readonly kind: 'latest'; readonly per: readonly string[]; readonly by: string };

export class Rows<S extends Shape> {
  readonly shape: S;
  readonly steps: readonly Step[];

  constructor(shape: S, steps: readonly Step[] = []) {
    this.shape = shape;
    this.steps = Object.freeze([...steps]);
  }

  /** Keeps the rows for which the expression is TRUE; the others are counted as filtered. */
  where(that: (o: Refs<S>) => Sql): Rows<S> {
    return this.#with({ kind: 'where', that: that(refs(this.shape)) });
  }

  /** Adds columns, or replaces columns of the same name. A row on which an expression fails is rejected. */
  derive<const D extends Record<string, Derived>>(make: (o: Refs<S>) => D): Rows<Omit<S, keyof D> & Made<D>> {
    const columns = make(refs(this.shape));
    const types = Object.fromEntries(Object.entries(columns).map(([name, d]) => [name, d.type]));
    const shape = { ...this.shape, ...types } as unknown as Omit<S, keyof D> & Made<D>;
    return new Rows(shape, [...this.steps, { kind: 'derive', columns }]);
  }

  /**
   * Keeps one row for each key: the one with the highest `by`, of equal ones the last record. The others are
   * counted as deduplicated; a row with a null in its key is rejected with the code `key`.
   */
  latest(choose: (o: Refs<S>) => { per: readonly ColumnRef[]; by: ColumnRef }): Rows<S> {
    const { per, by } = choose(refs(this.shape));
    if (per.length === 0) throw new DefinitionError('latest() needs at least one column in `per`.');
    return this.#with({ kind: 'latest', per: per.map((c) => c.column), by: by.column });
  }

  #with(step: Step): Rows<S> {
    return new Rows(this.shape, [...this.steps, step]);
  }
}

/** The rows as they are received: here, and only here, records can be skipped before the schema judges them. */
export class ReceivedRows<S extends Shape> extends Rows<S> {
  /** Leaves out records by their received text (trailers, test lines); they are counted as filtered. */
  skip(that: (o: TextRefs<S>) => Sql): ReceivedRows<S> {
    const step: Step = { kind: 'skip', that: that(refs(this.shape) as unknown as TextRefs<S>) };
    return new ReceivedRows(this.shape, [...this.steps, step]);
  }
}

export function refs<S extends Shape>(shape: S): Refs<S> {
  const entries = Object.keys(shape).map((column) => [column, Object.freeze({ column })]);
  return Object.freeze(Object.fromEntries(entries)) as Refs<S>;
}
