/** The words of `derive()`: a column made of others, by what it holds and an SQL expression for it. */

import { z } from 'zod';
import { DefinitionError } from './errors.ts';
import type { Derived } from './rows.ts';
import { partsOf } from './schema.ts';
import type { Sql } from './sql.ts';
import { typeOf } from './types/index.ts';

/**
 * A column of any type, such as `column(decimal(12, 2).nullable(), …)`; without `.nullable()` a row whose expression
 * gives NULL is rejected.
 * @throws DefinitionError for a type that has checks or a default of its own.
 */
export function column<Z extends z.ZodType>(type: Z, as: Sql): Derived<Z> {
  const parts = partsOf(type, 'derive()');
  const kind = typeOf(parts, 'derive()');
  const own = kind.own(parts, 'v');
  const asked = parts.checks.filter((check) => {
    const made = kind.check(check, parts, 'v');
    return made === 'zod' || made.length > 0;
  });
  const bare = kind.nested !== undefined || (own !== 'zod' && own.length === 0);
  if (parts.wrapperChecks || asked.length > 0 || !bare) {
    throw new DefinitionError(
      'derive(): the type of a derived column has checks of its own, which nobody would run; put a check on the column instead.',
    );
  }
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
