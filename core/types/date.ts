/** Days of the calendar: `z.iso.date()`, in years 1 to 9999. */

import { z } from 'zod';
import { datePattern } from '../date-pattern.ts';
import { DefinitionError } from '../errors.ts';
import { literal } from '../sql.ts';
import { byFormat } from './by-format.ts';
import type { Reading, Stage, ValueType } from './type.ts';

const YEARS = `DATE '0001-01-01' AND DATE '9999-12-31'`;

export const date: ValueType = Object.freeze({
  name: 'date',
  noun: () => 'a date',
  matches: ({ def }) => def.format === 'date',
  held: () => ({ sql: 'DATE', delta: 'date' }),
  rules: ['pattern'],
  tags: () => ['s'],
  emptyIsValue: false,
  decode: (reading) => (isOwn(reading) ? [iso] : written(reading)),
  typed: (value, engineType) =>
    engineType === 'DATE' ? `CASE WHEN ${value} BETWEEN ${YEARS} THEN ${value} END` : undefined,
  expects: ({ rule }) => `expected a date as ${rule.pattern ?? 'YYYY-MM-DD'}, found another text`,
  unfit: { when: (value) => `${value} NOT BETWEEN ${YEARS}`, expects: 'a date in the years 1 to 9999' },
  own: ({ def }) => (def.pattern?.source === z.regexes.date.source ? [] : 'zod'),
  check: () => 'zod',
  shown: (value) => `${value}::VARCHAR`,
  seen: (shown) => shown,
  literal(value, _parts, where) {
    if (typeof value === 'string' && z.iso.date().safeParse(value).success && !value.startsWith('0000')) {
      return `DATE ${literal(value)}`;
    }
    throw new DefinitionError(`${where}: the default ${String(value)} is not a date as YYYY-MM-DD.`);
  },
} satisfies ValueType);

const isOwn = ({ rule }: Reading): boolean => rule.pattern === undefined || rule.pattern === 'YYYY-MM-DD';

/** The engine reads more than this (`epoch`, `infinity`, a time behind it), and writes only this. */
const iso: Stage = (text) =>
  `CASE WHEN strlen(${text}) = 10 AND TRY_CAST(${text} AS DATE)::VARCHAR = ${text} THEN TRY_CAST(${text} AS DATE) END`;

function written({ rule, where }: Reading): readonly Stage[] {
  const pattern = datePattern(rule.pattern!, where);
  if (!pattern.parts.has('day') || pattern.parts.has('offset')) {
    throw new DefinitionError(
      `${where}: the pattern of a date needs a year, a month and a day, and no offset (Z).`,
    );
  }
  return [...byFormat(pattern), (value) => `${value}::DATE`];
}
