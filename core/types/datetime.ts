/** Points in time: `z.iso.datetime()`, to the microsecond, in years 1 to 9999 of UTC. */

import { z } from 'zod';
import { datePattern } from '../date-pattern.ts';
import { DefinitionError } from '../errors.ts';
import { always } from '../zod-checks.ts';
import type { Parts } from '../schema.ts';
import { literal } from '../sql.ts';
import { byFormat } from './by-format.ts';
import { isWhole } from './engine-types.ts';
import { decimalNumeral } from './numeral.ts';
import type { CheckSql, Reading, Stage, ValueType } from './type.ts';

const YEARS = `TIMESTAMPTZ '0001-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'`;

export const datetime: ValueType = Object.freeze({
  name: 'datetime',
  noun: () => 'a date-time',
  matches: ({ def }) => def.format === 'datetime',
  held: () => ({ sql: 'TIMESTAMPTZ', delta: 'timestamp' }),
  rules: ['pattern', 'zone', 'epoch'],
  tags: ({ epoch }) => (epoch === undefined ? ['s'] : ['n', 's']),
  fromNumber: (text, { rule: { epoch: unit } }) => decimalNumeral(text, epochDigits[unit ?? 'seconds']),
  emptyIsValue: false,
  decode,
  internal: 'TIMESTAMP',
  typed,
  // Going through microseconds costs half of what the engine's cast between the two types does.
  final: (value) => `make_timestamptz(epoch_us(${value}))`,
  expects: ({ rule }) => `expected ${expected(rule)}, found another text`,
  unfit: { when: (value) => `${value} NOT BETWEEN ${YEARS}`, expects: 'a date-time in the years 1 to 9999' },
  own,
  check: () => 'zod',
  shown: (value) => `replace(${value}::VARCHAR, ' ', 'T') || 'Z'`,
  seen: (shown, parts) => withPrecision(shown, parts),
  literal(value, _parts, where) {
    const text = String(value);
    if (inUtc.test(text) && z.iso.datetime().safeParse(text).success)
      return `TIMESTAMP ${literal(text.slice(0, -1))}`;
    throw new DefinitionError(
      `${where}: the default ${text} is not a date-time in UTC, such as 2024-01-31T00:00:00Z.`,
    );
  },
} satisfies ValueType);

const inUtc = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/;

function expected(rule: Reading['rule']): string {
  if (rule.epoch !== undefined) return `a number of ${rule.epoch} since 1970`;
  if (rule.pattern !== undefined) return `a date-time as ${rule.pattern}`;
  return `an ISO 8601 date-time${rule.zone === undefined ? ' with an offset or Z' : ''}`;
}

function decode(reading: Reading): readonly Stage[] {
  const { rule, where } = reading;
  if (rule.epoch !== undefined) {
    if (rule.pattern === undefined && rule.zone === undefined) return epoch(rule.epoch);
    throw new DefinitionError(`${where}: \`epoch\` says all; leave \`pattern\` and \`zone\` out.`);
  }
  if (rule.zone !== undefined) checkZone(rule.zone, where);
  return rule.pattern === undefined ? iso(rule.zone) : written(rule.pattern, rule.zone, where);
}

const CLOCK = String.raw`[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?`;
const OFFSET = String.raw`[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]`;

/** By far most texts are in UTC and written as the engine would: one comparison proves them. */
function iso(zone: string | undefined): readonly Stage[] {
  const shape = (end: string) => literal(CLOCK + end);
  const clock = (text: string) =>
    `CASE WHEN substr(${text}, 17, 1) = ':' THEN ${text} ELSE ${text} || ':00' END`;
  const local = (text: string) => `TRY_CAST(${clock(text)} AS TIMESTAMP)`;
  const before = (text: string, end: number) => `substr(${text}, 1, strlen(${text}) - ${end})`;
  return [
    (text) => `TRY_CAST(${text} AS TIMESTAMP)`,
    (
      value,
      text,
    ) => `CASE WHEN strlen(${text}) <= 27 AND replace(${value}::VARCHAR, ' ', 'T') || 'Z' = ${text} THEN ${value}
        WHEN regexp_full_match(${text}, ${shape('Z')}) THEN ${local(before(text, 1))}
        WHEN regexp_full_match(${text}, ${shape(OFFSET)}) THEN ${shifted(local(before(text, 6)), `substr(${text}, strlen(${text}) - 5)`)}
        ${zone === undefined ? '' : `WHEN regexp_full_match(${text}, ${shape('')}) THEN ${inZone(local(text), zone)}`} END`,
    inRange,
  ];
}

/** A local time less its offset, `±HH`, `±HHMM`, `±HH:MM` or `Z`. */
function shifted(local: string, offset: string): string {
  const minutes = `(CAST(substr(${offset}, 2, 2) AS BIGINT) * 60 + coalesce(TRY_CAST(right(${offset}, -3).replace(':', '') AS BIGINT), 0))`;
  return `${local} - to_minutes(CASE WHEN ${offset} = 'Z' THEN 0 WHEN ${offset} LIKE '-%' THEN -${minutes} ELSE ${minutes} END)`;
}

/** In the hour that a clock skips there is no such time: it does not come back as it went. */
function inZone(local: string, zone: string): string {
  if (zone === 'UTC') return local;
  const there = `timezone(${literal(zone)}, ${local})`;
  return `CASE WHEN timezone(${literal(zone)}, ${there}) = ${local} THEN timezone('UTC', ${there}) END`;
}

const inRange: Stage = (value) =>
  `CASE WHEN ${value} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN ${value} END`;

function written(given: string, zone: string | undefined, where: string): readonly Stage[] {
  const pattern = datePattern(given, where);
  if (!pattern.parts.has('day'))
    throw new DefinitionError(`${where}: the pattern of a date-time needs a year, a month and a day.`);
  if (!pattern.offset) {
    if (zone === undefined) {
      throw new DefinitionError(
        `${where}: the pattern has no offset (Z); give the \`zone\` that its times are in, such as "UTC".`,
      );
    }
    return [...byFormat(pattern), (value) => inZone(value, zone), ...(zone === 'UTC' ? [] : [inRange])];
  }
  if (zone !== undefined)
    throw new DefinitionError(`${where}: the pattern has an offset (Z); leave \`zone\` out.`);
  const offset = (text: string) =>
    `regexp_extract(${text}, ${literal(String.raw`(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)$`)})`;
  const clock = (text: string) => `left(${text}, length(${text}) - length(${offset(text)}))`;
  const [read, guard] = byFormat(pattern);
  return [
    (text) => read!(clock(text), text),
    (value, text) => guard!(value, clock(text)),
    (value, text) => `CASE WHEN ${offset(text)} <> '' THEN ${shifted(value, offset(text))} END`,
    inRange,
  ];
}

/** The years 1 to 9999 in microseconds since 1970. */
const FIRST = -62135596800000000n;
const LAST = 253402300799999999n;

const epochDigits = { seconds: 6, milliseconds: 3, microseconds: 0 } as const;

function epoch(unit: keyof typeof epochDigits): readonly Stage[] {
  const digits = epochDigits[unit];
  const shape = literal(`-?[0-9]{1,20}${digits === 0 ? '' : `(?:\\.[0-9]{1,${digits}})?`}`);
  return [
    (text) => `CASE WHEN regexp_full_match(${text}, ${shape})
        THEN TRY_CAST(CAST(${text} AS DECIMAL(38,${digits})) * ${10 ** digits} AS BIGINT) END`,
    (value) => `CASE WHEN ${value} BETWEEN ${FIRST} AND ${LAST} THEN make_timestamp(${value}) END`,
  ];
}

/** Instants and local times in the years 1 to 9999, as their texts would be read. */
function typed(
  value: string,
  engineType: string,
  { rule: { epoch: unit, zone } }: Reading,
): string | undefined {
  if (unit !== undefined) {
    if (!isWhole(engineType)) return undefined;
    const each = 10n ** BigInt(epochDigits[unit]);
    const [first, last] = [FIRST / each, LAST / each];
    return `CASE WHEN ${value} BETWEEN ${first} AND ${last} THEN make_timestamp(${value}::BIGINT * ${each}) END`;
  }
  if (engineType === 'TIMESTAMP WITH TIME ZONE') {
    return `CASE WHEN ${value} BETWEEN ${YEARS} THEN make_timestamp(epoch_us(${value})) END`;
  }
  if (zone === undefined) return undefined;
  const there = (local: string) => inRange(`(${inZone(`(${inRange(local, '')})`, zone)})`, '');
  if (engineType === 'TIMESTAMP') return there(value);
  if (engineType !== 'TIMESTAMP_NS') return undefined;
  return `CASE WHEN ${value}::TIMESTAMP::TIMESTAMP_NS = ${value} THEN ${there(`${value}::TIMESTAMP`)} END`;
}

function checkZone(zone: string, where: string): void {
  try {
    if (!/^[+-]/.test(zone) && new Intl.DateTimeFormat('en', { timeZone: zone }).format !== undefined) return;
  } catch {
    // Said below.
  }
  throw new DefinitionError(
    `${where}: ${JSON.stringify(zone)} is not a time zone; give its IANA name, such as "Europe/Berlin".`,
  );
}

/** zod sees the shortest text of the time; where it asks for a precision, at least as many digits. */
export function withPrecision(shown: string, { def }: Parts): string {
  const precision = def['precision'] as number | null | undefined;
  const [, clock, seconds, fraction = ''] = /^(.*T\d\d:\d\d)(:\d\d)(?:\.(\d+))?Z$/.exec(shown)!;
  if (precision === -1) return seconds === ':00' && fraction === '' ? `${clock}Z` : shown;
  const digits = fraction.padEnd(precision ?? 0, '0');
  return `${clock}${seconds}${digits === '' ? '' : `.${digits}`}Z`;
}

/** Of zod's own options only the precision can still be missed by a time in UTC. */
function own({ def }: Parts, value: string): CheckSql {
  const { offset, local, precision } = def as {
    offset?: boolean;
    local?: boolean;
    precision?: number | null;
  };
  const usual = z.iso.datetime({
    offset: offset === true,
    local: local === true,
    precision: precision ?? null,
  });
  if (def.pattern?.source !== (usual._zod.def as { pattern?: RegExp }).pattern?.source) return 'zod';
  if (typeof precision !== 'number' || precision >= 6) return [];
  const unit = precision === -1 ? 60_000_000 : 10 ** (6 - precision);
  return [
    always(`epoch_us(${value}) % ${unit} <> 0`, {
      code: 'invalid_format',
      format: 'datetime',
      origin: 'string',
    }),
  ];
}
