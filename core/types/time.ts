/** Times of day as texts: `z.iso.time()`. */

import { datePattern, type DatePattern } from '../date-pattern.ts';
import { DefinitionError } from '../errors.ts';
import { textCheck } from '../zod-checks.ts';
import { literal } from '../sql.ts';
import { byFormat } from './by-format.ts';
import type { Reading, Stage, ValueType } from './type.ts';

export const time: ValueType = Object.freeze({
  name: 'time',
  noun: () => 'a time of day',
  matches: ({ def }) => def.format === 'time',
  held: () => ({ sql: 'VARCHAR', delta: 'string' }),
  rules: ['pattern'],
  tags: () => ['s'],
  emptyIsValue: false,
  decode: (reading) => (reading.rule.pattern === undefined ? [iso] : written(reading)),
  typed: (value, engineType) =>
    engineType === 'TIME'
      ? `CASE WHEN ${value} BETWEEN TIME '00:00:00' AND TIME '23:59:59.999999' THEN ${value}::VARCHAR END`
      : undefined,
  expects: ({ rule }) =>
    `expected a time of day as ${rule.pattern ?? 'HH:MM[:SS[.ffffff]]'}, found another text`,
  own: ({ def }, value) => textCheck({ ...def, check: 'string_format' }, value),
  check: (check, _parts, value) => textCheck(check, value),
  shown: (value) => value,
  seen: (shown) => shown,
  literal(value, _parts, where) {
    if (typeof value === 'string' && new RegExp(`^${TIME}$`).test(value)) return literal(value);
    throw new DefinitionError(`${where}: the default ${String(value)} is not a time of day as HH:MM:SS.`);
  },
} satisfies ValueType);

const TIME = String.raw`(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?`;

const iso: Stage = (text) => `CASE WHEN regexp_full_match(${text}, ${literal(TIME)}) THEN ${text} END`;

/** A time by pattern is kept in ISO's form, as far as the pattern tells it. */
function written({ rule, where }: Reading): readonly Stage[] {
  const pattern = datePattern(rule.pattern!, where);
  if (!pattern.parts.has('hour') || pattern.parts.has('year') || pattern.parts.has('offset')) {
    throw new DefinitionError(
      `${where}: the pattern of a time of day needs an hour, and has neither a date nor an offset.`,
    );
  }
  return [...byFormat(pattern), (value) => `strftime(${value}, ${literal(isoFormat(pattern))})`];
}

function isoFormat({ parts, format }: DatePattern): string {
  if (!parts.has('second')) return '%H:%M';
  if (!parts.has('fraction')) return '%H:%M:%S';
  return format.includes('%f') ? '%H:%M:%S.%f' : '%H:%M:%S.%g';
}
