/** What stands around the values of a JSON record: by the first one the others are read. */

import type { ChunkLayout, RecordIndex } from './format.ts';
import { keyTable } from './json-keys.ts';
import { FAILED, isSpace, jsonReading, skipSpace, skipString, skipValue, tagOf } from './json-token.ts';

export interface Shape {
  /** The bytes before each value: from the end of the one before it, or from the record's brace. */
  readonly gapFrom: Uint32Array;
  readonly gapTo: Uint32Array;
  /** For each value the place of its field among the asked ones, or -1; and what it is (`tags`). */
  readonly slots: readonly number[];
  readonly tags: readonly number[];
  /** The bytes behind the last value. */
  readonly tailFrom: number;
  readonly tailTo: number;
  /** All bytes of the record in one: 128 and more where not all are ASCII. */
  readonly seen: number;
  /** Names of fields that are not asked for. */
  readonly extra: readonly string[];
}

const MOST_EXTRA = 100;
const NEWLINE = 10;
const KEY_END = 58;

/**
 * The shape of the first record; undefined where it cannot be read, where it has none of the fields or one is asked for
 * inside of another.
 * @param index of the records; null where each is a line.
 */
export function firstShape(
  chunk: Uint8Array,
  index: RecordIndex | null,
  { fields, limits }: ChunkLayout,
): Shape | undefined {
  if (index?.count === 0 || fields.some((name) => name.includes('.'))) return undefined;
  const begin = skipSpace(chunk, index === null ? 0 : index.starts[0]!, chunk.length);
  const end = index === null ? lineEnd(chunk, begin) : index.ends[0]!;
  const reading = jsonReading(chunk, limits.depth);
  const keys = keyTable(fields, limits.fields);
  keys.nextRecord();
  const gaps: [from: number, to: number][] = [];
  const slots: number[] = [];
  const tags: number[] = [];
  let from = begin;
  let at = skipSpace(chunk, begin + 1, end);
  if (chunk[begin] !== 123) return undefined;
  for (let position = 0; ; position++) {
    if (position === limits.fields || chunk[at] !== 34) return undefined;
    const key = at + 1;
    at = skipString(reading, key, end);
    if (at === FAILED) return undefined;
    slots.push(keys.slotOf(chunk, key, at - 1, reading.escaped, position));
    at = skipSpace(chunk, at, end);
    if (keys.repeated() !== undefined || chunk[at] !== KEY_END) return undefined;
    const value = skipSpace(chunk, at + 1, end);
    gaps.push([from, value]);
    at = value < end ? skipValue(reading, value, end, limits.depth - 1) : FAILED;
    if (at < 0) return undefined;
    tags.push(tagOf(chunk[value]!));
    from = at;
    at = skipSpace(chunk, at, end);
    if (at < end && chunk[at] === 125) break;
    if (chunk[at] !== 44) return undefined;
    at = skipSpace(chunk, at + 1, end);
  }
  if (reading.loneSurrogate) return undefined;
  if (slots.every((slot) => slot === -1)) return undefined;
  return {
    gapFrom: Uint32Array.from(gaps, ([start]) => start),
    gapTo: Uint32Array.from(gaps, ([, to]) => to),
    slots,
    tags,
    tailFrom: from,
    tailTo: at + 1,
    seen: chunk.subarray(begin, end).reduce((all, byte) => all | byte, 0),
    extra: keys.extra(MOST_EXTRA),
  };
}

/** Where the line that holds a byte ends, less the white space at its end. */
function lineEnd(chunk: Uint8Array, at: number): number {
  const newline = chunk.indexOf(NEWLINE, at);
  let end = newline === -1 ? chunk.length : newline;
  while (end > at && isSpace(chunk[end - 1])) end--;
  return end;
}
