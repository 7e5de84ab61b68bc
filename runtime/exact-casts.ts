/** Which casts of the engine change no value without a word. */

/** Whether a value of a type becomes another type exactly, or the cast fails and the row is rejected. */
export function givesOrFails(type: string, wanted: string): boolean {
  if (wanted === 'BIGINT') return ['HUGEINT', 'UBIGINT', 'UHUGEINT'].includes(type);
  const [, scale] = /^DECIMAL\(\d+,(\d+)\)$/.exec(wanted) ?? [];
  const [, s] = /^DECIMAL\(\d+,(\d+)\)$/.exec(type) ?? [];
  // Of another type there is no scale, and no number compares with that.
  return Number(s) <= Number(scale);
}

const SMALL = ['TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT', 'UINTEGER'];
const WHOLE: ReadonlySet<string> = new Set([...SMALL, 'BIGINT']);
const IN_A_DOUBLE: ReadonlySet<string> = new Set([...SMALL, 'FLOAT']);

/** Whether a value of a type becomes another type without any change. */
export function gives(type: string, wanted: string): boolean {
  if (type === wanted) return true;
  if (wanted === 'BIGINT') return WHOLE.has(type);
  if (wanted === 'DOUBLE') {
    const [, digits] = /^DECIMAL\((\d+),\d+\)$/.exec(type) ?? [];
    return IN_A_DOUBLE.has(type) || Number(digits) <= 15;
  }
  if (wanted === 'VARCHAR') return type.startsWith('ENUM');
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(wanted) ?? [];
  const [, p, s] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return Number(s) <= Number(scale) && Number(p) - Number(s) <= Number(precision) - Number(scale);
}
