/** The words of `derive()`: a column made of others, by what it holds and an SQL expression for it. */

import { z } from 'zod';
import { DefinitionError } from './errors.ts';
import type { Derived } from './rows.ts';
import type { Sql } from './sql.ts';

/**
 * A column of any type, such as `column(decimal(12, 2).min(0).nullable(), …)`; a row whose expression gives what the type
 * does not take is rejected, without `.nullable()` also one that gives NULL.
 * @throws DefinitionError for a type that has a default; the pipeline, for a rule that only zod can judge.
 */
export function column<Z extends z.ZodType>(type: Z, as: Sql): Derived<Z> {
  if (type.safeParse(undefined).data !== undefined) {
    throw new DefinitionError(
      'derive(): a derived column has no default; write coalesce(…) in its expression.',
    );
  }
  return Object.freeze({ type, as });
}

/** A text. */
export const text = (as: Sql): Derived<z.ZodString> => column(z.string(), as);

/** A whole number of 64 bits, which JavaScript must be able to hold. */
export const int = (as: Sql): Derived<z.ZodInt> => column(z.int(), as);

/** A number, as a double. */
export const number = (as: Sql): Derived<z.ZodNumber> => column(z.number(), as);

/** True or false. */
export const flag = (as: Sql): Derived<z.ZodBoolean> => column(z.boolean(), as);

/** A day of the calendar. */
export const date = (as: Sql): Derived<z.ZodISODate> => column(z.iso.date(), as);

/** A point in time, to the microsecond. */
export const datetime = (as: Sql): Derived<z.ZodISODateTime> => column(z.iso.datetime(), as);
