/** Texts: `z.string()` and its formats, `z.enum()` and `z.literal()` of texts. */

import { always, textCheck } from '../zod-checks.ts';
import type { Parts } from '../schema.ts';
import { literal, literals } from '../sql.ts';
import type { CheckSql, ValueType, ZodFinding } from './type.ts';

export const text: ValueType = Object.freeze({
  name: 'text',
  noun: () => 'a text',
  matches: (parts) =>
    parts.def.type === 'string' || parts.def.type === 'template_literal' || valuesOf(parts) !== null,
  held: () => ({ sql: 'VARCHAR', delta: 'string' }),
  rules: [],
  tags: () => ['s'],
  emptyIsValue: true,
  decode: () => [(below) => below],
  typed: (value, engineType) => (engineType === 'VARCHAR' ? value : `${value}::VARCHAR`),
  expects: () => 'expected a text, found another',
  own: ownText,
  check: (check, _parts, value) => textCheck(check, value),
  shown: (value) => value,
  seen: (shown) => shown,
  write: wellFormed,
  literal: (value) => literal(String(value)),
} satisfies ValueType);

/** A text can hold half of a surrogate pair in JavaScript, and not in UTF-8. */
export function wellFormed(value: unknown): string | readonly ZodFinding[] {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  return [
    { code: 'encoding', message: 'expected text in Unicode, found half of a surrogate pair', path: [] },
  ];
}

function valuesOf({ def }: Parts): readonly string[] | null {
  const listed = def.type === 'literal' ? (def['values'] as readonly unknown[]) : [];
  const values = def.type === 'enum' ? Object.values(def['entries'] as Record<string, unknown>) : listed;
  return values.length > 0 && values.every((value) => typeof value === 'string') ? values : null;
}

function ownText(parts: Parts, value: string): CheckSql {
  if (parts.def.type === 'template_literal') return 'zod';
  const values = valuesOf(parts);
  if (values === null)
    return parts.def.check === undefined ? [] : textCheck({ ...parts.def, check: parts.def.check }, value);
  if (values.some((one) => !one.isWellFormed() || one.includes('\0'))) return 'zod';
  return [
    { ...always(`${value} NOT IN ${literals(values)}`, { code: 'invalid_value', values }), aborts: true },
  ];
}
