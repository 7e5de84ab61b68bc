/** What a reason says: one sentence for each kind of issue, the same whether SQL or zod found it. */

import type { z } from 'zod';

/** An issue of zod as far as a sentence needs it. */
export interface IssueFacts {
  readonly code: string;
  readonly [key: string]: unknown;
}

/**
 * The sentence for an issue, equal for equal faults so that reasons can be grouped; it never quotes the value.
 * Undefined where zod's own words (or the definition's) say it better.
 */
export function sentence(issue: IssueFacts): string | undefined {
  switch (issue.code) {
    case 'too_small':
      return `expected ${bound(issue, 'minimum', 'at least', 'more than')}, found ${less(issue)}`;
    case 'too_big':
      return `expected ${bound(issue, 'maximum', 'at most', 'less than')}, found ${more(issue)}`;
    case 'not_multiple_of':
      return `expected a multiple of ${String(issue['divisor'])}, found another number`;
    case 'invalid_value':
      return `expected ${oneOf(issue['values'] as readonly unknown[])}, found something else`;
    case 'invalid_format':
      return format(issue);
    case 'unrecognized_keys':
      return 'expected no other fields than the declared ones, found more';
    case 'invalid_type':
      return `expected ${noun(String(issue['expected']))}, found ${found(issue['input'])}`;
    default:
      return undefined;
  }
}

/** The same as an error map of zod. */
export const sentences: z.core.$ZodErrorMap = (issue) => sentence(issue as unknown as IssueFacts);

const sized: Readonly<Record<string, string>> = { string: 'character', array: 'item' };

function bound(issue: IssueFacts, edge: 'minimum' | 'maximum', inclusive: string, exclusive: string): string {
  const unit = sized[String(issue['origin'])];
  const size = String(issue[edge]);
  const words = issue['exact'] === true ? 'exactly' : issue['inclusive'] === false ? exclusive : inclusive;
  return `${words} ${size}${unit === undefined ? '' : ` ${unit}${size === '1' ? '' : 's'}`}`;
}

const isSized = (issue: IssueFacts): boolean => String(issue['origin']) in sized;

function less(issue: IssueFacts): string {
  if (isSized(issue)) return 'fewer';
  return issue['inclusive'] === false ? 'as much or less' : 'less';
}

const more = (issue: IssueFacts): string =>
  issue['inclusive'] === false && !isSized(issue) ? 'as much or more' : 'more';

const LONGEST_LIST = 10;

function oneOf(values: readonly unknown[]): string {
  const shown = values.slice(0, LONGEST_LIST).map((value) => JSON.stringify(value));
  const rest = values.length - shown.length;
  if (shown.length === 1 && rest === 0) return shown[0]!;
  return `one of ${shown.join(', ')}${rest > 0 ? ` (and ${rest} more)` : ''}`;
}

const formats: Readonly<Record<string, string>> = {
  base64: 'text in Base64',
  base64url: 'text in Base64 for URLs',
  cidrv4: 'a range of IPv4 addresses',
  cidrv6: 'a range of IPv6 addresses',
  credit_card: 'a credit card number',
  cuid: 'a CUID',
  cuid2: 'a CUID2',
  date: 'a date as YYYY-MM-DD',
  datetime: 'a date-time of the declared form',
  duration: 'an ISO 8601 duration',
  e164: 'a phone number with its country code (E.164)',
  email: 'an email address',
  emoji: 'an emoji',
  guid: 'a GUID',
  hostname: 'a host name',
  iban: 'an IBAN',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  jwt: 'a JSON web token',
  ksuid: 'a KSUID',
  lowercase: 'text without capital letters',
  mac: 'a MAC address',
  nanoid: 'a Nano ID',
  time: 'a time of the declared form',
  ulid: 'a ULID',
  uppercase: 'text without small letters',
  url: 'a URL',
  uuid: 'a UUID',
  xid: 'an XID',
};

function format(issue: IssueFacts): string {
  const name = String(issue['format']);
  const quoted = (key: string) => JSON.stringify(issue[key]);
  switch (name) {
    case 'regex':
      return `expected a text that matches ${String(issue['pattern'])}, found another text`;
    case 'starts_with':
      return `expected a text that starts with ${quoted('prefix')}, found another text`;
    case 'ends_with':
      return `expected a text that ends with ${quoted('suffix')}, found another text`;
    case 'includes':
      return `expected a text that has ${quoted('includes')} in it, found another text`;
    default:
      return `expected ${formats[name] ?? `a text of the format "${name}"`}, found another text`;
  }
}

const nouns: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  nonoptional: 'a value',
  object: 'an object',
  string: 'a text',
};

const noun = (expected: string): string => nouns[expected] ?? expected;

function found(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise (which a scan cannot wait for)';
  if (value instanceof Date) return 'a Date (give its toISOString())';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return (
    { string: 'a text', number: 'a number', bigint: 'a bigint', boolean: 'true or false' }[
      typeof value as string
    ] ?? 'an object'
  );
}
