/** Whole numbers of 64 bits: `z.bigint()` and `z.int64()`. */

import { DefinitionError } from '../errors.ts';
import { always, boundCheck } from '../zod-checks.ts';
import { literal } from '../sql.ts';
import { isWhole, scaleOf } from './engine-types.ts';
import { wholeNumber } from './marks.ts';
import { wholeNumeral } from './numeral.ts';
import type { ValueType } from './type.ts';

export const bigint: ValueType = Object.freeze({
  name: 'bigint',
  noun: () => 'a whole number',
  matches: ({ def }) => def.type === 'bigint',
  held({ def, checks }, where) {
    if ([def, ...checks].some(({ format }) => format === 'uint64')) {
      throw new DefinitionError(
        `${where}: z.uint64() does not fit the table's 64 bits with a sign; write decimal(20, 0).`,
      );
    }
    return { sql: 'BIGINT', delta: 'long' };
  },
  rules: ['thousands'],
  tags: () => ['n', 's'],
  fromNumber: wholeNumeral,
  emptyIsValue: false,
  decode: ({ rule, where }) => wholeNumber(rule, where, 'IS NOT NULL'),
  typed(value, engineType) {
    if (engineType === 'BIGINT') return value;
    return isWhole(engineType) || scaleOf(engineType) === 0 ? `TRY_CAST(${value} AS BIGINT)` : undefined;
  },
  expects: () => 'expected a whole number of 64 bits, found another text',
  own: () => [],
  check(check, _parts, value) {
    const { value: given, format, when } = check as typeof check & { value?: unknown };
    if (check.check === 'bigint_format') return format === 'int64' && when === undefined ? [] : 'zod';
    if (check.check === 'multiple_of') {
      if (when !== undefined || typeof given !== 'bigint' || given === 0n) return 'zod';
      const issue = { code: 'not_multiple_of', divisor: given, origin: 'bigint' };
      return [always(`${value}::HUGEINT % ${given} <> 0`, issue)];
    }
    return boundCheck(check, 'bigint', (how, bound) =>
      typeof bound === 'bigint' && fits(bound) ? `${value} ${how} ${literal(bound)}` : null,
    );
  },
  shown: (value) => `${value}::VARCHAR`,
  seen: BigInt,
  literal(value, _parts, where) {
    if (typeof value === 'bigint' && fits(value)) return `CAST(${literal(String(value))} AS BIGINT)`;
    throw new DefinitionError(
      `${where}: the default ${String(value)} is not a bigint of 64 bits; give one, such as 0n.`,
    );
  },
} satisfies ValueType);

const fits = (value: bigint): boolean => BigInt.asIntN(64, value) === value;
