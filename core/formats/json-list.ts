/** A list of records inside a JSON object: where it opens, and whether what stands around it is whole. */

import { ObjectRejectedError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { kindOf } from './json-fault.ts';
import { keyName, memberAt, type Member } from './json-member.ts';
import { FAILED, jsonReading, skipSpace, skipString, skipValue } from './json-token.ts';

/**
 * The place just after the `[` of the list at a path, or undefined if more bytes are needed.
 * @param first at the first byte that is not white space.
 * @throws ObjectRejectedError `object.format` if there is no such list, `object.truncated` if the object ends before it.
 */
export function openingOf(
  head: Uint8Array,
  first: number,
  path: string,
  atEnd: boolean,
  limits: Limits,
): number | undefined {
  const reading = jsonReading(head, limits.depth);
  const end = head.length;
  const where = JSON.stringify(path);
  let rest = path;
  /** More bytes may help, up to a limit. */
  const stuck = (): undefined => {
    if (!atEnd && end <= limits.headerBytes) return undefined;
    if (!atEnd)
      throw none(where, `found none in the first ${limits.headerBytes} bytes (the limit headerBytes)`);
    throw new ObjectRejectedError(
      'object.truncated',
      `The object ends before its list at ${where}, or is no JSON before it. Deliver it whole.`,
    );
  };
  if (head[first] !== 123) throw none(where, `found ${kindOf(head[first]!)}`);
  let at = skipSpace(head, first + 1, end);
  for (;;) {
    if (head[at] === 125) throw none(where, 'found an object without it');
    if (head[at] !== 34) return stuck();
    const after = skipString(reading, at + 1, end);
    if (after === FAILED) return stuck();
    const name = keyName(head, at, after);
    at = skipSpace(head, after, end);
    if (head[at] !== 58) return stuck();
    at = skipSpace(head, at + 1, end);
    if (at >= end) return stuck();
    if (name === rest) {
      if (head[at] === 91) return at + 1;
      throw none(where, `found ${head[at] === 123 ? 'an object' : kindOf(head[at]!)}`);
    }
    if (head[at] === 123 && rest.startsWith(`${name}.`)) {
      rest = rest.slice(name.length + 1);
      at = skipSpace(head, at + 1, end);
      continue;
    }
    at = skipValue(reading, at, end, limits.depth - 1);
    if (at === FAILED) return stuck();
    at = skipSpace(head, at, end);
    if (head[at] === 44) at = skipSpace(head, at + 1, end);
    else if (at < end && head[at] !== 125) return stuck();
  }
}

/**
 * Holds what follows the `]` of the list against what must follow: the rest of the objects around it, once each.
 * @throws ObjectRejectedError `object.truncated` or `object.format`.
 */
export function checkTail(tail: Uint8Array, path: string, limits: Limits): void {
  const where = JSON.stringify(path);
  const keys = path.split('.');
  // A key may have dots of its own, so that there are fewer objects around the list than the path has parts.
  for (let levels = keys.length; levels > 0; levels--) {
    const names = [...keys.slice(0, levels - 1), keys.slice(levels - 1).join('.')];
    const opening = encoder.encode(`${names.map((name) => `{${JSON.stringify(name)}:`).join('')}[]`);
    const whole = new Uint8Array(opening.length + tail.length);
    whole.set(opening);
    whole.set(tail, opening.length);
    const reading = jsonReading(whole, limits.depth);
    const end = skipValue(reading, 0, whole.length, limits.depth);
    if (end === FAILED || skipSpace(whole, end, whole.length) < whole.length) continue;
    // The opening has it.
    const found = memberAt(reading, { from: 0, to: end }, path) as Exclude<Member, 'missing'>;
    if ('from' in found) return;
    throw new ObjectRejectedError(
      'object.format',
      `The object has the key ${JSON.stringify(found.key)} twice, on the way to its list at ${where}: ` +
        'which one is meant cannot be told.',
    );
  }
  throw new ObjectRejectedError(
    'object.truncated',
    `After its list at ${where} the object does not end as JSON does: it was cut off, or something follows it. Deliver it whole.`,
  );
}

const encoder = new TextEncoder();

const none = (where: string, found: string): ObjectRejectedError =>
  new ObjectRejectedError('object.format', `Expected an object with a list at ${where}, ${found}.`);
