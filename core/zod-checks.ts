/**
 * The closed table of checks: for each, exact SQL over the value, or zod itself. What is not in the table is zod's. SQL
 * is used only where it gives zod's answer on every value that the column can hold.
 */

import { z } from 'zod';
import { translate } from './regex.ts';
import type { CheckDef } from './schema.ts';
import { literal } from './sql.ts';
import type { Broken, CheckSql } from './types/type.ts';
import { patternOf } from './zod-formats.ts';

/** The words of a definition that are the same for every value: `z.string().min(1, 'a name is needed')`. */
export function fixedWords(error: CheckDef['error']): string | undefined {
  if (!madeOfText.has(String(error))) return undefined;
  const words = error!(undefined);
  return typeof words === 'string' ? words : undefined;
}

/** The functions that zod makes of a text that is given for them. */
const madeOfText: ReadonlySet<string> = new Set(
  [z.string('…'), z.string({ error: '…' })].map((schema) => String(schema._zod.def.error)),
);

/** TRUE for a text that has other than ASCII characters. */
export const beyondAscii = (value: string): string => `strlen(${value}) <> length(${value})`;

/** A check on a text. */
export function textCheck(check: CheckDef, value: string): CheckSql {
  switch (check.check) {
    case 'min_length':
    case 'max_length':
    case 'length_equals':
      return lengthCheck(check, value);
    case 'string_format':
      return formatCheck(check, value);
    default:
      return 'zod';
  }
}

/** zod counts code points, and so does the engine. */
function lengthCheck(check: CheckDef, value: string): CheckSql {
  if (check.when !== builtInWhen(check.check)) return 'zod';
  const length = `length(${value})`;
  const size = Number(check['minimum'] ?? check['maximum'] ?? check['length']);
  if (!Number.isSafeInteger(size)) return 'zod';
  const common = {
    origin: 'string',
    inclusive: true,
    ...(check.check === 'length_equals' ? { exact: true } : {}),
  };
  const small = always(`${length} < ${size}`, { code: 'too_small', minimum: size, ...common });
  const big = always(`${length} > ${size}`, { code: 'too_big', maximum: size, ...common });
  return check.check === 'min_length' ? [small] : check.check === 'max_length' ? [big] : [small, big];
}

/** The condition that zod itself puts on the checks of length: a user's own needs zod. */
function builtInWhen(name: string): unknown {
  const made = { min_length: z.minLength(1), max_length: z.maxLength(1), length_equals: z.length(1) }[name];
  return (made!._zod.def as { when?: unknown }).when;
}

function formatCheck(check: CheckDef, value: string): CheckSql {
  if (check.when !== undefined) return 'zod';
  const { format = '' } = check;
  const issue = { code: 'invalid_format', origin: 'string', format };
  const part = (key: string): string | null => {
    const text = check[key];
    const plain = typeof text === 'string' && text.isWellFormed() && !text.includes('\0');
    return plain && check['position'] === undefined ? literal(text) : null;
  };
  for (const [name, key, fn] of parts) {
    if (format !== name) continue;
    const text = part(key);
    return text === null ? 'zod' : [always(`NOT ${fn}(${value}, ${text})`, { ...issue, [key]: check[key] })];
  }
  const told = patternOf(check);
  const translated = told && translate(told.pattern);
  if (translated === null) return 'zod';
  const { whole, pattern, glob } = translated;
  const matches =
    glob === null
      ? `${whole ? 'regexp_full_match' : 'regexp_matches'}(${value}, ${literal(pattern)})`
      : `(${value} GLOB ${literal(glob)})`;
  const facts = { ...issue, pattern: String(check.pattern) };
  if (told!.isOnlyProof === true) return [{ ...always('FALSE', facts), unless: `NOT ${matches}` }];
  const also = told!.also === undefined ? '' : ` AND ${told!.also(value)}`;
  const broken = also === '' ? `NOT ${matches}` : `NOT (${matches}${also})`;
  return [{ ...always(broken, facts), ...(translated.everywhere ? {} : { unless: beyondAscii(value) }) }];
}

const parts = [
  ['includes', 'includes', 'contains'],
  ['starts_with', 'prefix', 'starts_with'],
  ['ends_with', 'suffix', 'ends_with'],
] as const;

/** How a value that breaks a bound compares with it. */
export type Compared = '<' | '<=' | '>' | '>=';

/** A bound on a number; `compare` writes the comparison as SQL, or null where it would not be exact. */
export function boundCheck(
  check: CheckDef,
  origin: string,
  compare: (how: Compared, bound: unknown) => string | null,
): CheckSql {
  const below = check.check === 'greater_than';
  if (check.when !== undefined || (!below && check.check !== 'less_than')) return 'zod';
  const inclusive = check['inclusive'] === true;
  const broken = compare(`${below ? '<' : '>'}${inclusive ? '' : '='}`, check['value']);
  if (broken === null) return 'zod';
  const issue = below
    ? { code: 'too_small', minimum: check['value'], origin, inclusive }
    : { code: 'too_big', maximum: check['value'], origin, inclusive };
  return [always(broken, issue)];
}

/** Whether a double is a multiple, by zod's own arithmetic, in which 0.3 is one of 0.1. */
export function multipleCheck(check: CheckDef, value: string): CheckSql {
  const step = check['value'];
  if (check.when !== undefined || typeof step !== 'number') return 'zod';
  const ratio = `(${value} / ${double(step)})`;
  const away = `abs(${ratio} - floor(${ratio} + ${double(0.5)}))`;
  const tolerance = `${double(4 * Number.EPSILON)} * greatest(abs(${ratio}), ${double(1)})`;
  return [
    always(`NOT (${away} < ${tolerance})`, { code: 'not_multiple_of', divisor: step, origin: 'number' }),
  ];
}

/** A double as SQL, through its text: a literal with a point would be a decimal first. */
export const double = (value: number): string =>
  `CAST(${literal(Object.is(value, -0) ? '-0' : String(value))} AS DOUBLE)`;

/** A bound of JavaScript's numbers as SQL. */
export const numberBound = (bound: unknown): string | null => {
  if (typeof bound !== 'number' || Number.isNaN(bound)) return null;
  if (Number.isSafeInteger(bound)) return Object.is(bound, -0) ? '0' : String(bound);
  return double(bound);
};

/** A check that SQL decides for every value. */
export const always = (broken: string, issue: Broken['issue']): Broken => ({ broken, issue, aborts: false });
