/** Objects with a list in them as lines of JSON: one for each element, which stands where the list stood. */

import { z } from 'zod';
import type { Format, RecordIndex } from './format.ts';
import { jsonLines } from './json-lines.ts';
import { keysTo, memberAt, type Place } from './json-member.ts';
import { FAILED, jsonReading, skipSpace, skipValue, type JsonReading } from './json-token.ts';

/** What was met, beside the lines. */
export interface EachCounts {
  /** The elements, counted by another reader of JSON than the one that finds them. */
  elements: number;
  /** Objects that have no list, null in its place, or an empty one: they give no record. */
  without: number;
  /** Objects with another value in the list's place, which counts as its one element. */
  single: number;
}

/** The place of a list in an object, as a definition says it. */
export const jsonPath = z
  .string()
  .regex(
    /^[^.]+(?:\.[^.]+)*$/,
    'the place of the records is a key, or keys with dots between: "result.items"',
  );

/** The format of the elements at a place in the objects of another format. */
export const eachOf = (outer: Format, each: string): Format =>
  Object.freeze({
    ...jsonLines(outer.kind, Object.freeze({ ...outer.options, each })),
    converter: 'each',
    outer,
  });

/**
 * The lines of the records of a chunk, in order. What is no object of JSON stays one line, which is rejected where lines
 * are read. Line breaks between values become spaces.
 */
export function* eachLines(
  chunk: Uint8Array,
  index: RecordIndex,
  { each, depth }: { readonly each: string; readonly depth: number },
  counts: EachCounts,
): Generator<Uint8Array, void> {
  const reading = jsonReading(chunk, depth);
  for (let r = 0; r < index.count; r++) {
    const whole = { from: index.starts[r]!, to: index.ends[r]! };
    const object = objectIn(reading, whole, depth);
    if (object === undefined) {
      counts.elements++;
      yield line(chunk, whole);
      continue;
    }
    const member = memberAt(reading, object, each);
    if (member === 'missing' || ('from' in member && chunk[member.from] === NULL)) {
      counts.without++;
    } else if ('fault' in member || chunk[member.from] !== OPEN_LIST) {
      counts.single++;
      counts.elements++;
      yield line(chunk, object);
    } else {
      const elements = countOf(chunk, object, each);
      counts.elements += elements;
      if (elements === 0) counts.without++;
      for (const element of elementsIn(reading, member)) yield line(chunk, object, member, element);
    }
  }
}

const NULL = 110;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const COMMA = 44;
const OPEN_OBJECT = 123;
const SPACE = 32;
const LF = 10;
const CR = 13;

/** Where the object of a record stands, if it is one, and nothing else. */
function objectIn(reading: JsonReading, { from, to }: Place, depth: number): Place | undefined {
  const { bytes } = reading;
  const start = skipSpace(bytes, from, to);
  if (bytes[start] !== OPEN_OBJECT) return undefined;
  const end = skipValue(reading, start, to, depth);
  return end === FAILED || skipSpace(bytes, end, to) < to ? undefined : { from: start, to: end };
}

function* elementsIn(reading: JsonReading, { from, to }: Place): Generator<Place, void> {
  const { bytes } = reading;
  let at = skipSpace(bytes, from + 1, to);
  while (at < to && bytes[at] !== CLOSE_LIST) {
    const end = skipValue(reading, at, to, Infinity);
    yield { from: at, to: end };
    at = skipSpace(bytes, end, to);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1, to);
  }
}

/** The bytes of a record, with one place of them in the place of another. */
function line(chunk: Uint8Array, whole: Place, place?: Place, by?: Place): Uint8Array {
  const parts =
    place === undefined || by === undefined
      ? [whole]
      : [{ from: whole.from, to: place.from }, by, { from: place.to, to: whole.to }];
  const made = new Uint8Array(parts.reduce((sum, { from, to }) => sum + to - from, 1));
  let at = 0;
  for (const { from, to } of parts) {
    made.set(chunk.subarray(from, to), at);
    at += to - from;
  }
  for (let i = 0; i < at; i++) if (made[i] === LF || made[i] === CR) made[i] = SPACE;
  made[at] = LF;
  return made;
}

const decoder = new TextDecoder();

/** How many elements the list has, as `JSON.parse` sees it. */
function countOf(chunk: Uint8Array, { from, to }: Place, each: string): number {
  const found = valueAt(JSON.parse(decoder.decode(chunk.subarray(from, to))), each);
  return Array.isArray(found) ? found.length : 0;
}

function valueAt(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(members, path)) return members[path];
  for (const key of keysTo(path)) {
    const found = valueAt(members[key], path.slice(key.length + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
