/** The bounds of a column's values as Delta's statistics tell them: by type, from the engine's text to JSON. */

import type { DeltaType } from '../../core/row.ts';
import { exactNumber } from './exact-json.ts';

/**
 * How a type's values are compared in SQL, and how the lowest and the highest are told. Never further in than the
 * value; undefined where the type's JSON cannot tell it.
 */
export interface Bounds {
  readonly sql: string;
  low(text: string): unknown;
  high(text: string): unknown;
}

/** Undefined for a type whose bounds are not told: no reader looks for those of binary and nested values. */
export function boundsOf(type: DeltaType): Bounds | undefined {
  const kind = typeof type === 'string' ? type : type.type;
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(kind);
  if (decimal) {
    // The engine writes no zero before the point where there is no room for one.
    const told = (text: string): unknown => exactNumber(text.replace(/^(-?)\./, '$10.'));
    return { sql: `DECIMAL(${decimal[1]},${decimal[2]})`, low: told, high: told };
  }
  return plainBounds[kind];
}

/** Characters of a text that a bound keeps. */
const TEXT = 32;
const LAST_CHARACTER = '\u{10FFFF}';

const plainBounds: Readonly<Record<string, Bounds>> = {
  string: { sql: 'VARCHAR', low: (text) => start(text).join(''), high: highText },
  long: { sql: 'BIGINT', low: exactNumber, high: exactNumber },
  // Some readers hold -0.0 for less than 0.0, and the engine for equal: the bounds take in both.
  double: {
    sql: 'DOUBLE',
    low: (text) => (Number(text) === 0 ? exactNumber('-0.0') : finite(text)),
    high: (text) => (Number(text) === 0 ? 0 : finite(text)),
  },
  boolean: { sql: 'BOOLEAN', low: isTrue, high: isTrue },
  date: { sql: 'DATE', low: plainDate, high: plainDate },
  timestamp: {
    sql: 'TIMESTAMPTZ',
    low: (text) => milliseconds(text, false),
    high: (text) => milliseconds(text, true),
  },
};

/** The first characters; one more of them tells whether there are more. */
function start(text: string, length = TEXT): string[] {
  return Array.from(text.slice(0, 2 * length)).slice(0, length);
}

/** A longer text is cut, and the last of all characters put behind: what is cut off sorts before it. */
function highText(text: string): string | undefined {
  const some = start(text, TEXT + 1);
  if (some.length <= TEXT) return text;
  return some[TEXT] === LAST_CHARACTER ? undefined : some.slice(0, TEXT).join('') + LAST_CHARACTER;
}

function isTrue(text: string): boolean {
  return text === 'true';
}

function finite(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Years of four digits: others are written in ways that readers take differently. */
function plainDate(text: string): string | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined;
}

/** Readers compare in milliseconds: rounded down below, and up above. */
function milliseconds(text: string, up: boolean): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (!parts) return undefined;
  const fraction = (parts[3] ?? '').padEnd(6, '0');
  const down = `${parts[1]}T${parts[2]}.${fraction.slice(0, 3)}Z`;
  if (!up || fraction.endsWith('000')) return down;
  const next = new Date(Date.parse(down) + 1).toISOString();
  return next.length === down.length ? next : undefined;
}
