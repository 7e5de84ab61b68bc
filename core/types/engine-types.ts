/** The engine's types of numbers, by their names. */

const SMALL: ReadonlySet<string> = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
]);

/** A whole number of up to 32 bits: every double, and every whole number of 64 bits, holds it. */
export const isSmall = (type: string): boolean => SMALL.has(type);

/** A whole number. */
export const isWhole = (type: string): boolean => isSmall(type) || type === 'BIGINT' || type === 'UBIGINT';

/** The digits of a decimal after the point, or undefined for another type. */
export function scaleOf(type: string): number | undefined {
  const [, scale] = /^DECIMAL\(\d+,(\d+)\)$/.exec(type) ?? [];
  return scale === undefined ? undefined : Number(scale);
}
