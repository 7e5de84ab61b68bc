/** JSON numbers with an exponent as plain digits: `1e2` is `100`, to the last digit. What reads numbers then need not know of it. */

import { decodeUtf8 } from './utf8.ts';

/** Zeros that are written out at most: more than whole numbers and decimals have digits. */
const MOST_ZEROS = 40;
const CAPITAL_E = 69;
const SMALL_E = 101;
const encoder = new TextEncoder();

/**
 * The number between two places, or undefined where it is to be taken as it is: it has no exponent, or one that only a
 * double can hold.
 */
export function plainNumeral(bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
  return hasExponent(bytes, from, to) ? written(decodeUtf8(bytes.subarray(from, to))!) : undefined;
}

/** Whether a number is written with one. */
export function hasExponent(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === SMALL_E || bytes[i] === CAPITAL_E) return true;
  return false;
}

function written(numeral: string): Uint8Array | undefined {
  const [, sign, whole = '', part = '', power] = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(numeral)!;
  const digits = whole + part;
  if (/^0*$/.test(digits)) return encoder.encode(`${sign}0`);
  const point = whole.length + Number(power);
  if (point < -MOST_ZEROS || point > digits.length + MOST_ZEROS) return undefined;
  const before =
    point > 0
      ? digits
          .slice(0, point)
          .padEnd(point, '0')
          .replace(/^0+(?=\d)/, '')
      : '0';
  const after = point < 0 ? '0'.repeat(-point) + digits : digits.slice(point);
  return encoder.encode(`${sign}${before}${after === '' ? '' : `.${after}`}`);
}
