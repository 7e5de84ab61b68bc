/** The transform as a typed chain: each step sees the columns that the step before it left. */

import type { z } from 'zod';
import { checkColumnNames } from './column-names.ts';
import { DefinitionError } from './errors.ts';
import type { Duration } from './duration.ts';
import { referenceOf, type Joinable } from './reference.ts';
import { refs, type Derived, type Refs, type Shape, type TextRefs } from './shape.ts';
import type { ColumnRef, Sql } from './sql.ts';
import { aggregate } from './transforms/aggregate.ts';
import { clean, type Cleaned, type Cleanings } from './transforms/clean.ts';
import { dedupe, type Keep } from './transforms/dedupe.ts';
import { derive } from './transforms/derive.ts';
import { impute, type Imputations, type Imputed } from './transforms/impute.ts';
import { join, type OnMany, type Taken } from './transforms/join.ts';
import { latest } from './transforms/latest.ts';
import { lookup, type LookedUp, type Lookup } from './transforms/lookup.ts';
import type { Work } from './transforms/map-call.ts';
import { map } from './transforms/map.ts';
import { mask, type Masked, type Maskings } from './transforms/mask.ts';
import type { OnMiss } from './transforms/on-miss.ts';
import { over, type Frame } from './transforms/over.ts';
import { rename, type Names, type Renamed } from './transforms/rename.ts';
import { sessionize } from './transforms/sessionize.ts';
import { skip } from './transforms/skip.ts';
import { queried, sqlStep, type Queried } from './transforms/sql.ts';
import type { Step } from './transforms/step.ts';
import { unnest, type Element, type Lists, type Made as MadeOf, type Unnested } from './transforms/unnest.ts';
import { where } from './transforms/where.ts';

export { refs, type Derived, type Refs, type Shape, type TextRefs } from './shape.ts';

/** Refuses what is none of the columns. */
type Only<Given, Columns extends PropertyKey> = { readonly [K in Exclude<keyof Given, Columns>]: never };
type Made<D> = { [K in keyof D]: D[K] extends Derived<infer Z> ? Z : never };

/** One method for each word, which is all that a word needs beside its file in `transforms/`. */
export class Rows<S extends Shape> {
  readonly shape: S;
  readonly steps: readonly Step[];

  constructor(shape: S, steps: readonly Step[] = []) {
    this.shape = shape;
    this.steps = Object.freeze([...steps]);
  }

  /** Keeps the rows for which the expression is TRUE; the others are counted as filtered. */
  where(that: (o: Refs<S>) => Sql): Rows<S> {
    return this.with(where(that(refs(this.shape))));
  }

  /** Adds columns, or replaces columns of the same name. A row on which an expression fails is rejected. */
  derive<const D extends Record<string, Derived>>(make: (o: Refs<S>) => D): Rows<Omit<S, keyof D> & Made<D>> {
    return this.with(derive(make(refs(this.shape))));
  }

  /** Gives columns other names. */
  rename<const N extends Names<S>>(names: N & Only<N, keyof S>): Rows<Renamed<S, N>> {
    return this.with(rename(names));
  }

  /** Brings texts to one way of writing, in this order: `compose`, `collapse`, `trim`, `case`, `nulls`. */
  clean<const C extends Cleanings<S>>(columns: C & Only<C, keyof Cleanings<S>>): Rows<Cleaned<S, C>> {
    return this.with(clean(columns));
  }

  /** Puts a value where there is none: a constant, or with `{ from: 'previous' }` that of the record before. */
  impute<const I extends Imputations<S>>(choose: (o: Refs<S>) => I & Only<I, keyof S>): Rows<Imputed<S, I>> {
    return this.with(impute(choose(refs(this.shape))));
  }

  /** Adds columns from lists of the definition. A key that is not in its list rejects the row, or keeps it without a value. */
  lookup<const L extends Readonly<Record<string, Lookup>>>(
    choose: (o: Refs<S>) => L,
  ): Rows<Omit<S, keyof L> & LookedUp<L>> {
    return this.with(lookup(choose(refs(this.shape))));
  }

  /** Puts a text in the place of personal values: by `hmac` with a secret key, by `redact`, or `partial`. */
  mask<const M extends Maskings<S>>(columns: M & Only<M, keyof S>): Rows<Masked<S, M>> {
    return this.with(mask(columns));
  }

  /**
   * Keeps one row for each key: the one with the highest `by`, of equal ones the last record; without `by` the last
   * record. The others are counted as deduplicated; a row with a null in its key is rejected with the code `key`.
   */
  latest(choose: (o: Refs<S>) => { per: readonly ColumnRef[]; by?: ColumnRef }): Rows<S> {
    const { per, by } = choose(refs(this.shape));
    return this.with(latest(names(per), by?.column));
  }

  /**
   * Adds columns of the one row of a reference that has the same key: a file (`reference({ … })`), or the table of another
   * pipeline. Without exactly one such row ours is rejected with the code `key`; `onMiss: 'keep'` keeps it without values,
   * `onMany: 'first'` takes the first of several rows of a file.
   */
  join<
    R extends Shape,
    const T extends Readonly<Record<string, keyof R & string>>,
    M extends OnMiss = 'reject',
  >(
    to: Joinable<R>,
    choose: (o: Refs<S>) => {
      on: { readonly [K in keyof R & string]?: ColumnRef<z.output<R[K]> | null | undefined> };
      take: T;
      onMiss?: M;
      onMany?: OnMany;
    },
  ): Rows<Omit<S, keyof T> & Taken<R, T, M>> {
    const { on, take, onMiss: miss, onMany = 'reject' } = choose(refs(this.shape));
    const onMiss: OnMiss = miss ?? 'reject';
    const keys = Object.entries(on as Readonly<Record<string, ColumnRef | undefined>>);
    const ours = Object.fromEntries(
      keys.map(([name, our]) => [name, given(our, `join(), on.${name}`).column]),
    );
    const joined = { on: ours, take, onMiss, onMany };
    return this.with(join(referenceOf(to as Joinable<Shape>, 'join()'), joined, this.steps.length));
  }

  /**
   * Adds columns that a function makes of the row, in TypeScript. A row for which it throws is rejected with the code
   * `expression`, one for which it gives something else than it says with zod's codes.
   */
  map<const R extends readonly ColumnRef<unknown, keyof S & string>[], A extends Shape>(
    choose: (o: Refs<S>) => { reads: R; adds: A; personal?: boolean },
    work: (row: { readonly [K in R[number]['column']]: z.output<S[K]> }) => z.input<z.ZodObject<A>>,
  ): Rows<Omit<S, keyof A> & A> {
    const { reads, adds, personal } = choose(refs(this.shape));
    return this.with(
      map(this.shape, { reads: names(reads), adds, personal }, work as Work, this.steps.length),
    );
  }

  /**
   * Keeps one row for each key, the first or the last record; the others are counted as deduplicated, and those of them
   * that differ from it in other columns are a warning of the run. A row with a null in its key is rejected.
   */
  dedupe(choose: (o: Refs<S>) => { per: readonly ColumnRef[]; keep: Keep }): Rows<S> {
    const { per, keep } = choose(refs(this.shape));
    return this.with(dedupe(names(per), keep, this.steps.length));
  }

  /**
   * Adds columns made by one function each over the rows of a group, sorted: `int(sql`row_number()`)`. Default: over all
   * rows of the run, in record order, up to this one.
   */
  over<const D extends Record<string, Derived>>(
    choose: (o: Refs<S>) => {
      per?: readonly ColumnRef[];
      by?: ColumnRef;
      descending?: boolean;
      frame?: Frame;
      columns: D;
    },
  ): Rows<Omit<S, keyof D> & Made<D>> {
    const { per = [], by, descending = false, frame = 'running', columns } = choose(refs(this.shape));
    return this.with(over({ per: names(per), by: by?.column, descending, frame, columns }));
  }

  /**
   * One row for each key, with what functions make of all its rows: `int(sql`count(*)`)`. The first record of a key
   * carries the row, the others are in it and counted as deduplicated.
   */
  aggregate<
    const P extends readonly ColumnRef<unknown, keyof S & string>[],
    const D extends Record<string, Derived>,
  >(choose: (o: Refs<S>) => { per: P; columns: D }): Rows<Pick<S, P[number]['column']> & Made<D>> {
    const { per, columns } = choose(refs(this.shape));
    return this.with(aggregate(names(per), columns));
  }

  /**
   * Rows made by a query over all rows, for what no other word says: it gives the number of each record (`${record}`) and
   * the columns that it says it leaves. A record that it leaves out is filtered; one that it gives twice fails the run.
   */
  sql<Out extends Shape>(
    make: (o: Refs<S>, at: Queried) => { leaves: Out; query: Sql; personal?: boolean },
  ): Rows<Out> {
    const { leaves, query, personal } = make(refs(this.shape), queried);
    return this.with(sqlStep({ leaves, query, personal }));
  }

  /**
   * Makes one row of each element of a list, which the columns of its record are repeated for: `as` names a column for the
   * elements, `take` fields of them by their new names. A record with a row that is rejected is so as a whole.
   */
  unnest<const L extends Lists<S>, const O extends Unnested<Element<S[L]>>>(
    list: L,
    options: O & Only<O, 'as' | 'take' | 'position' | 'empty'>,
  ): Rows<Omit<S, L | keyof MadeOf<Element<S[L]>, O>> & MadeOf<Element<S[L]>, O>> {
    return this.with(unnest(list, options));
  }

  /** Numbers the sessions of each key from 1: a new one begins where the row before is longer ago than the gap. */
  sessionize<const A extends string>(
    choose: (o: Refs<S>) => { per: readonly ColumnRef[]; by: ColumnRef<string | null>; gap: Duration; as: A },
  ): Rows<Omit<S, A> & { [K in A]: z.ZodInt }> {
    const { per, by, gap, as } = choose(refs(this.shape));
    return this.with(sessionize({ per: names(per), by: by.column, gap, as }));
  }

  /** The rows after one more step. */
  protected with<Out extends Shape>(step: Step): Rows<Out> {
    const shape = step.leaves(this.shape);
    checkColumnNames(Object.keys(shape), `${step.word}()`);
    return new Rows(shape as Out, [...this.steps, step]);
  }
}

/** The rows as they are received: here, and only here, records can be skipped before the schema judges them. */
export class ReceivedRows<S extends Shape> extends Rows<S> {
  /** Leaves out records by their received text (trailers, test lines); they are counted as filtered. */
  skip(that: (o: TextRefs<S>) => Sql): ReceivedRows<S> {
    const { shape, steps } = this.with<S>(skip(that(refs(this.shape) as unknown as TextRefs<S>)));
    return new ReceivedRows(shape, steps);
  }
}

const names = (columns: readonly ColumnRef[]): string[] =>
  columns.map((one, i) => given(one, `Column ${i + 1} of a list`).column);

/** TypeScript refuses a column that there is not; without it that is undefined. */
function given(ref: ColumnRef | undefined, where: string): ColumnRef {
  if (ref !== undefined) return ref;
  throw new DefinitionError(`${where} is undefined; give a column that is there: o.name.`);
}
