/** Numbers of JSON that are no whole ones and look so to JavaScript, as no double is nearer: `1.0000000000000000001`, `1e-400`. */

import type { z } from 'zod';
import { partsOf } from '../schema.ts';
import { int } from './int.ts';

/** @param numeral as JSON has it, with or without its sign. */
export function looksWhole(numeral: string): boolean {
  const { digits, point } = worthOf(numeral);
  return digits.length > point && Number.isInteger(Number(numeral));
}

/**
 * Parses JSON for a schema: where it asks for a whole number, one that only looks so has a fraction, and zod says what it
 * says of those. Elsewhere it is the double that is nearest, as in a column of numbers.
 */
export function parseFractions(json: string, schema: z.ZodType): unknown {
  const value: unknown = JSON.parse(json, (_key, part: unknown, context?: { readonly source?: string }) =>
    typeof part === 'number' && looksWhole(context!.source!) ? new Seeming(part, context!.source!) : part,
  );
  return settled(value, schema);
}

class Seeming {
  readonly whole: number;
  readonly numeral: string;

  constructor(whole: number, numeral: string) {
    this.whole = whole;
    this.numeral = numeral;
  }
}

/** @param schema undefined for what the schema does not know. */
function settled(value: unknown, schema: z.ZodType | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const parts = schema && partsOf(schema, '');
  if (value instanceof Seeming) {
    return parts !== undefined && int.matches(parts) ? fractionBeside(value) : value.whole;
  }
  const def = parts?.def;
  if (Array.isArray(value)) return value.map((item) => settled(item, def?.['element'] as z.ZodType));
  const shape = (def?.['shape'] ?? {}) as Readonly<Record<string, z.ZodType>>;
  for (const [key, part] of Object.entries(value)) {
    const inside = settled(part, Object.hasOwn(shape, key) ? shape[key] : undefined);
    if (inside !== part) (value as Record<string, unknown>)[key] = inside;
  }
  return value;
}

/** The double with a fraction that is next to the whole one, on the side where the number is: bounds are told of no other. */
function fractionBeside({ whole, numeral }: Seeming): number {
  const size = Math.abs(whole);
  const { digits, point } = worthOf(numeral);
  const ofWhole = String(BigInt(size));
  const isLarger = size === 0 || (point === ofWhole.length && digits > ofWhole);
  const double = new Float64Array([size]);
  new BigInt64Array(double.buffer)[0]! += isLarger ? 1n : -1n;
  const fraction = Math.min(double[0]!, LARGEST_FRACTION);
  return numeral.startsWith('-') ? -fraction : fraction;
}

const LARGEST_FRACTION = 2 ** 52 - 0.5;

/** The digits from the first that is not 0 to the last, and how many of them are before the point: fewer than none, if it is small. */
function worthOf(numeral: string): { readonly digits: string; readonly point: number } {
  const [, whole = '', part = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(numeral)!;
  const written = whole + part;
  let [from, to] = [0, written.length];
  while (from < to && written[from] === '0') from++;
  while (from < to && written[to - 1] === '0') to--;
  if (from === to) return { digits: '', point: 0 };
  return { digits: written.slice(from, to), point: whole.length + Number(power) - from };
}
