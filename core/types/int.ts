/** Whole numbers that JavaScript holds exactly: `z.int()`, `z.int32()`, `z.uint32()`, `z.number().int()`. */

import { DefinitionError } from '../errors.ts';
import { always, boundCheck, multipleCheck, numberBound } from '../zod-checks.ts';
import type { CheckDef } from '../schema.ts';
import { isSmall, isWhole, scaleOf } from './engine-types.ts';
import { wholeNumber } from './marks.ts';
import { wholeNumeral } from './numeral.ts';
import type { CheckSql, ValueType } from './type.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

export const int: ValueType = Object.freeze({
  name: 'int',
  noun: () => 'a whole number',
  matches: ({ def, checks }) =>
    def.type === 'number' && [def, ...checks].some(({ format = '' }) => format.includes('int')),
  held: () => ({ sql: 'BIGINT', delta: 'long' }),
  rules: ['thousands'],
  tags: (_rule, textRule) => (textRule ? ['n', 's'] : ['n']),
  fromNumber: wholeNumeral,
  emptyIsValue: false,
  decode: ({ rule, where }) => wholeNumber(rule, where, `BETWEEN ${-LARGEST} AND ${LARGEST}`),
  typed(value, engineType) {
    if (isSmall(engineType)) return `${value}::BIGINT`;
    if (!isWhole(engineType) && scaleOf(engineType) !== 0) return undefined;
    const whole = engineType === 'BIGINT' ? value : `TRY_CAST(${value} AS BIGINT)`;
    return `CASE WHEN ${whole} BETWEEN ${-LARGEST} AND ${LARGEST} THEN ${whole} END`;
  },
  expects: () => `expected a whole number from ${-LARGEST} to ${LARGEST}, found another text`,
  unfit: {
    when: (value) => `${value} NOT BETWEEN ${-LARGEST} AND ${LARGEST}`,
    expects: `a whole number from ${-LARGEST} to ${LARGEST}`,
  },
  own: ({ def }, value) => range(def.format, value),
  check: (check, _parts, value) => intCheck(check, value),
  shown: (value) => `${value}::VARCHAR`,
  seen: Number,
  literal(value, _parts, where) {
    if (Number.isSafeInteger(value)) return `${String(value)}::BIGINT`;
    throw new DefinitionError(`${where}: the default ${String(value)} is not a whole number; give one.`);
  },
} satisfies ValueType);

function intCheck(check: CheckDef, value: string): CheckSql {
  switch (check.check) {
    case 'number_format':
      return check.when === undefined ? range(check.format, value) : 'zod';
    case 'multiple_of':
      return multipleCheck(check, `${value}::DOUBLE`);
    default:
      return boundCheck(check, 'number', (how, bound) => {
        const written = numberBound(bound);
        return written === null ? null : `${value} ${how} ${written}`;
      });
  }
}

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
};

function range(format: string | undefined, value: string): CheckSql {
  if (format === undefined || format === 'safeint' || !format.includes('int')) return [];
  const bounds = ranges[format];
  if (bounds === undefined) return 'zod';
  const [minimum, maximum] = bounds;
  const common = { origin: 'number', inclusive: true };
  return [
    always(`${value} < ${minimum}`, { code: 'too_small', minimum, ...common }),
    always(`${value} > ${maximum}`, { code: 'too_big', maximum, ...common }),
  ];
}
