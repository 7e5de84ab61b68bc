/**
 * Formats of zod's texts as patterns: those that zod judges by a pattern and nothing else, and others for which a pattern
 * says the same, or proves at least of most texts that they are of the format.
 */

import { z } from 'zod';
import type { CheckDef } from './schema.ts';

export interface FormatPattern {
  readonly pattern: RegExp;
  /** What a text that has the pattern must be besides, as SQL. */
  readonly also?: (value: string) => string;
  /** A text without the pattern may be of the format all the same: zod is asked. */
  readonly isOnlyProof?: boolean;
}

/** Null where only zod itself can tell. */
export function patternOf(check: CheckDef): FormatPattern | null {
  const { format = '', pattern, fn } = check;
  if (fn === undefined && Object.hasOwn(byFunction, format)) return byFunction[format]!(check);
  const isByPattern = fn === undefined ? byPattern.has(format) : String(fn) === madeByZod;
  if (!isByPattern || !(pattern instanceof RegExp)) return null;
  return sameAs.get(String(pattern)) ?? { pattern };
}

/** Formats that zod judges by their pattern and nothing else. */
const byPattern: ReadonlySet<string> = new Set([
  'cidrv4', 'cuid', 'cuid2', 'date', 'datetime', 'duration', 'e164', 'email', 'emoji', 'guid', 'ipv4', 'ksuid', 'lowercase',
  'mac', 'nanoid', 'regex', 'time', 'ulid', 'uppercase', 'uuid', 'xid',
]); // prettier-ignore

/** The function that zod makes of the regular expression of a `z.stringFormat()`. */
const madeByZod = String((z.hex()._zod.def as unknown as CheckDef)['fn']);

/** Formats that zod judges by a function; the pattern in their definition is for others to read. */
const byFunction: Readonly<Record<string, (check: CheckDef) => FormatPattern | null>> = {
  base64: () => ({ pattern: /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/ }),
  base64url: () => ({ pattern: /^(?:[0-9A-Za-z_-]{4})*(?:[0-9A-Za-z_-]{2,3})?$/ }),
  cidrv6: () => ({ pattern: z.regexes.cidrv6, isOnlyProof: true }),
  ipv6: () => ({ pattern: z.regexes.ipv6, isOnlyProof: true }),
  url: (check) => (isUsualUrl(check) ? { pattern: usualUrl, isOnlyProof: true } : null),
};

/** Its name has nothing in it that is decoded, ends with letters, so that it is no number, and has no part that is too long. */
const usualUrl =
  /^https?:\/\/(?:[0-9A-Za-z]{1,20}(?:-[0-9A-Za-z]{1,20}){0,2}\.){1,3}[A-Za-z]{2,63}(?::[0-9]{1,4})?(?:[/?#][!-~]*)?$/;

/** It may be asked for HTTP and for a domain, and for nothing else. */
const isUsualUrl = ({ normalize, protocol, hostname }: CheckDef): boolean =>
  normalize !== true && isOf(protocol, z.regexes.httpProtocol) && isOf(hostname, z.regexes.domain);

const isOf = (given: unknown, usual: RegExp): boolean =>
  given === undefined || String(given) === String(usual);

const DATE = String.raw`(?:\d+Y(?:\d+M)?(?:\d+D)?|\d+M(?:\d+D)?|\d+D)`;
const SECONDS = String.raw`\d+(?:[.,]\d+)?S`;
const TIME = String.raw`(?:\d+H(?:\d+M)?(?:${SECONDS})?|\d+M(?:${SECONDS})?|${SECONDS})`;

/** Patterns of zod that look ahead, without that. */
const sameAs: ReadonlyMap<string, FormatPattern> = new Map<string, FormatPattern>([
  [
    String(z.regexes.duration),
    { pattern: new RegExp(String.raw`^P(?:\d+W|${DATE}(?:T${TIME})?|T${TIME})$`) },
  ],
  [
    String(z.regexes.hostname),
    {
      pattern: new RegExp(z.regexes.hostname.source.replace(String.raw`(?=.{1,253}\.?$)`, '')),
      also: (value) => `strlen(rtrim(${value}, '.')) <= 253`,
    },
  ],
]);
