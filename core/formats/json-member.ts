/** The value at a path inside a JSON object: `address.city`. A key that is the whole path wins over the way through it. */

import { skipSpace, skipString, skipValue, type JsonReading } from './json-token.ts';
import { decodeUtf8 } from './utf8.ts';

/** Where a value stands, the quotes of a text included. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

/**
 * What stands at a path: a place, or why there is none. `key`: the one that stands twice, or whose value is no object
 * although the path leads through it. Null is no object, and nothing stands in it.
 */
export type Member = Place | 'missing' | { readonly fault: 'repeated' | 'no object'; readonly key: string };

/** @param from at the `{` of an object that is known to be JSON, `to` just after its `}`. */
export function memberAt(reading: JsonReading, { from, to }: Place, path: string): Member {
  const ways = new Map<string, Place>();
  let again: string | undefined;
  const { bytes } = reading;
  let at = skipSpace(bytes, from + 1, to);
  while (at < to && bytes[at] === 34) {
    const end = skipString(reading, at + 1, to);
    const name = keyName(bytes, at, end);
    const start = skipSpace(bytes, skipSpace(bytes, end, to) + 1, to);
    at = skipValue(reading, start, to, Infinity);
    if (name === path || path.startsWith(`${name}.`)) {
      if (ways.has(name)) again = name;
      ways.set(name, { from: start, to: at });
    }
    at = skipSpace(bytes, at, to);
    if (bytes[at] === 44) at = skipSpace(bytes, at + 1, to);
  }
  if (again !== undefined) return { fault: 'repeated', key: again };
  return ways.get(path) ?? through(reading, path, (name) => ways.get(name));
}

/**
 * What stands at a path through one of the keys that it starts with, the longest first.
 * @param placeOf where the value of a key stands.
 */
export function through(
  reading: JsonReading,
  path: string,
  placeOf: (key: string) => Place | undefined,
): Member {
  let blocked: Member = 'missing';
  for (const key of keysTo(path)) {
    const place = placeOf(key);
    if (place === undefined || reading.bytes[place.from] === 110) continue;
    if (reading.bytes[place.from] !== 123) {
      blocked = { fault: 'no object', key };
      continue;
    }
    const member = memberAt(reading, place, path.slice(key.length + 1));
    if (member !== 'missing') return member;
  }
  return blocked;
}

/** The keys by which a path may start: of `a.b.c` these are `a.b` and `a`. */
export function keysTo(path: string): string[] {
  const keys: string[] = [];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    keys.push(path.slice(0, dot));
  }
  return keys;
}

/** The name of a key. @param start at its opening quote, `end` just after the closing one. */
export const keyName = (bytes: Uint8Array, start: number, end: number): string =>
  JSON.parse(decodeUtf8(bytes.subarray(start, end)) ?? '""') as string;
