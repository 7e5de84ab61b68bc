/** The checks of a schema as SQL, where that says what zod would. */

import type { CheckDef, Parts } from '../schema.ts';
import { fixedWords } from '../zod-checks.ts';
import type { Broken, CheckSql, ValueType } from './type.ts';

/** Past this many, zod judges the column: the bits of one column must fit one integer. */
const MOST_CHECKS = 40;

/** What the schema asks of a value of the kind's internal type; `'zod'` where SQL would not say the same. */
export function checksOf(parts: Parts, type: ValueType, value: string): CheckSql {
  if (parts.wrapperChecks || needsZod(parts.def)) return 'zod';
  const own = type.own(parts, value);
  if (own === 'zod' || (parts.checks.length > 0 && own.some((one) => one.aborts))) return 'zod';
  const general = fixedWords(parts.def.error);
  const broken: Broken[] = own.map((one) => ({ ...one, words: general }));
  for (const check of parts.checks) {
    const some = needsZod(check) ? 'zod' : type.check(check, parts, value);
    if (some === 'zod') return 'zod';
    const words = fixedWords(check.error) ?? general;
    broken.push(...some.map((one) => ({ ...one, words })));
  }
  return broken.length > MOST_CHECKS ? 'zod' : broken;
}

/** A check that ends the judging, or words of the definition's own that may depend on the value. */
const needsZod = ({ abort, error }: Partial<CheckDef>): boolean =>
  abort === true || (error !== undefined && fixedWords(error) === undefined);
