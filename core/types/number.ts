/** Numbers as doubles: `z.number()`. */

import { DefinitionError } from '../errors.ts';
import { always, boundCheck, double, multipleCheck, numberBound } from '../zod-checks.ts';
import { isSmall } from './engine-types.ts';
import { plainNumber } from './marks.ts';
import { asWritten } from './numeral.ts';
import type { CheckSql, ValueType } from './type.ts';

export const number: ValueType = Object.freeze({
  name: 'number',
  noun: () => 'a number',
  matches: ({ def }) => def.type === 'number',
  held: () => ({ sql: 'DOUBLE', delta: 'double' }),
  rules: ['decimal', 'thousands'],
  tags: (_rule, textRule) => (textRule ? ['n', 's'] : ['n']),
  fromNumber: (text, { rule }) => asWritten(text, rule),
  emptyIsValue: false,
  decode: ({ rule, where }) => [
    ...plainNumber(rule, where),
    (text) => `CASE WHEN regexp_full_match(${text}, ${written}) THEN TRY_CAST(${text} AS DOUBLE) END`,
    (value) => `CASE WHEN isfinite(${value}) THEN ${value} END`,
  ],
  typed(value, engineType) {
    if (isSmall(engineType)) return `${value}::DOUBLE`;
    const isReal = engineType === 'FLOAT' || engineType === 'DOUBLE';
    return isReal ? `CASE WHEN isfinite(${value}) THEN ${value}::DOUBLE END` : undefined;
  },
  expects: () => 'expected a number, found another text',
  unfit: { when: (value) => `NOT isfinite(${value})`, expects: 'a finite number' },
  own: ({ def }, value) => range(def.format, value),
  check(check, _parts, value) {
    if (check.check === 'number_format') return check.when === undefined ? range(check.format, value) : 'zod';
    if (check.check === 'multiple_of') return multipleCheck(check, value);
    return boundCheck(check, 'number', (how, bound) => {
      const edge = numberBound(bound);
      return edge === null ? null : `${value} ${how} ${edge}`;
    });
  },
  shown: (value) => `${value}::VARCHAR`,
  seen: Number,
  literal(value, _parts, where) {
    if (typeof value === 'number' && Number.isFinite(value)) return double(value);
    throw new DefinitionError(`${where}: the default ${String(value)} is not a finite number; give one.`);
  },
} satisfies ValueType);

const written = String.raw`'[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?'`;

const LARGEST_FLOAT = 3.4028234663852886e38;

function range(format: string | undefined, value: string): CheckSql {
  if (format === undefined || format === 'float64') return [];
  if (format !== 'float32') return 'zod';
  const common = { origin: 'number', inclusive: true };
  return [
    always(`${value} < ${double(-LARGEST_FLOAT)}`, { code: 'too_small', minimum: -LARGEST_FLOAT, ...common }),
    always(`${value} > ${double(LARGEST_FLOAT)}`, { code: 'too_big', maximum: LARGEST_FLOAT, ...common }),
  ];
}
