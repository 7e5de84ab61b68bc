/** Exact decimals: `decimal(precision, scale)`, never through a double. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { boundCheck, multipleCheck, type Compared } from '../zod-checks.ts';
import type { CheckDef, Parts } from '../schema.ts';
import { literal } from '../sql.ts';
import { isWhole, scaleOf } from './engine-types.ts';
import { plainNumber } from './marks.ts';
import { asWritten, decimalNumeral } from './numeral.ts';
import type { ValueType } from './type.ts';

interface Size {
  readonly precision: number;
  readonly scale: number;
}

/** Digits that a double holds whatever they are. */
const EXACT_DIGITS = 15;

/**
 * A number of at most `precision` digits, `scale` of them after the point, held exactly. Up to 15 digits zod sees it as
 * a number; above that, `.min()` and `.max()` compare it exactly and other checks are refused.
 * @throws DefinitionError unless 1 <= precision <= 38 and 0 <= scale <= precision.
 */
export function decimal(precision: number, scale: number): z.ZodNumber {
  const whole = Number.isInteger(precision) && Number.isInteger(scale);
  if (!whole || precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    throw new DefinitionError(
      `decimal(${precision}, ${scale}): give 1 to 38 digits in all, and of these 0 or more after the point: decimal(12, 2).`,
    );
  }
  const size: Size = { precision, scale };
  return z.number().refine((value) => isOf(value, size), {
    error: `${wordsOf(size)}, found another number`,
    params: { decimal: size },
  });
}

const wordsOf = ({ precision, scale }: Size): string =>
  `expected a number of at most ${precision - scale} digits before the point and ${scale} after it`;

export const decimalType: ValueType = Object.freeze({
  name: 'decimal',
  noun: () => 'a number',
  matches: (parts) => sizeOf(parts) !== undefined,
  held(parts, where) {
    const { precision, scale } = sizeOf(parts)!;
    if (
      precision > EXACT_DIGITS &&
      (parts.wrapperChecks || parts.checks.some((check) => bounds(check, parts, '?') === 'zod'))
    ) {
      throw new DefinitionError(
        `${where}: a decimal of more than ${EXACT_DIGITS} digits is not exact in JavaScript, so only .min(), .max() and the ` +
          'like can be asked of it; write the rule as a check, or take fewer digits.',
      );
    }
    return { sql: sqlType(parts), delta: `decimal(${precision},${scale})` };
  },
  rules: ['decimal', 'thousands'],
  tags: () => ['n', 's'],
  fromNumber: (text, { rule, parts }) => asWritten(decimalNumeral(text, sizeOf(parts)!.scale), rule),
  emptyIsValue: false,
  decode: ({ parts, rule, where }) => [
    ...plainNumber(rule, where),
    (text) =>
      `CASE WHEN regexp_full_match(${text}, ${literal(pattern(sizeOf(parts)!))}) THEN TRY_CAST(${text} AS ${sqlType(parts)}) END`,
  ],
  typed(value, engineType, { parts }) {
    const exact = isWhole(engineType) || (scaleOf(engineType) ?? Infinity) <= sizeOf(parts)!.scale;
    return exact ? `TRY_CAST(${value} AS ${sqlType(parts)})` : undefined;
  },
  expects: ({ parts }) => `${wordsOf(sizeOf(parts)!)}, found another text`,
  own: () => [],
  check: (check, parts, value) =>
    check.check === 'multiple_of' && sizeOf(parts)!.precision <= EXACT_DIGITS
      ? multipleCheck(check, `${value}::DOUBLE`)
      : bounds(check, parts, value),
  shown: (value) => `${value}::VARCHAR`,
  seen: Number,
  inexact: (parts) => sizeOf(parts)!.precision > EXACT_DIGITS,
  literal(value, parts, where) {
    const size = sizeOf(parts)!;
    if (typeof value === 'number' && isOf(value, size)) {
      return `CAST(${literal(withPoint(scaled(value, size.scale, 'down'), size.scale))} AS ${sqlType(parts)})`;
    }
    throw new DefinitionError(
      `${where}: the default ${String(value)} is not a decimal(${size.precision}, ${size.scale}).`,
    );
  },
} satisfies ValueType);

const sqlType = (parts: Parts): string => {
  const { precision, scale } = sizeOf(parts)!;
  return `DECIMAL(${precision},${scale})`;
};

const sizeOf = ({ checks, def }: Parts): Size | undefined =>
  def.type === 'number'
    ? checks.map(({ params }) => params?.['decimal'] as Size | undefined).find(Boolean)
    : undefined;

const pattern = ({ scale }: Size): string =>
  scale === 0 ? '[+-]?[0-9]+' : `[+-]?(?:[0-9]+(?:\\.[0-9]{1,${scale}})?|\\.[0-9]{1,${scale}})`;

/** Rounding to the scale and back gives the same double only if the number was of that scale. */
const isOf = (value: number, { precision, scale }: Size): boolean =>
  Math.abs(value) < 10 ** (precision - scale) &&
  (Math.abs(value) >= 1e21 || Number(value.toFixed(scale)) === value);

function bounds(check: CheckDef, parts: Parts, value: string): ReturnType<ValueType['check']> {
  if (check.params?.['decimal'] !== undefined) return [];
  const size = sizeOf(parts)!;
  return boundCheck(check, 'number', (how, bound) => comparison(value, how, bound, size, sqlType(parts)));
}

/** A bound between two steps of the scale is moved to the step that gives the same answer. */
function comparison(
  value: string,
  how: Compared,
  bound: unknown,
  { precision, scale }: Size,
  type: string,
): string | null {
  if (typeof bound !== 'number' || Number.isNaN(bound)) return null;
  const less = how.startsWith('<');
  if (!Number.isFinite(bound)) return less === bound > 0 ? 'TRUE' : 'FALSE';
  const edge = scaled(bound, scale, how === '<' || how === '>=' ? 'up' : 'down');
  const end = 10n ** BigInt(precision);
  if (edge >= end) return less ? 'TRUE' : 'FALSE';
  if (edge <= -end) return less ? 'FALSE' : 'TRUE';
  return `${value} ${how} CAST(${literal(withPoint(edge, scale))} AS ${type})`;
}

/** A number's shortest text, times 10^scale, as a whole number. */
function scaled(value: number, scale: number, round: 'up' | 'down'): bigint {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(
    String(value),
  )!;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const shift = Number(exponent) - fraction.length + scale;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const unit = 10n ** BigInt(-shift);
  const rest = digits % unit;
  const cut = digits / unit;
  return round === 'up' ? cut + (rest > 0n ? 1n : 0n) : cut - (rest < 0n ? 1n : 0n);
}

function withPoint(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${value < 0n ? '-' : ''}${digits.slice(0, cut)}${scale === 0 ? '' : `.${digits.slice(cut)}`}`;
}
