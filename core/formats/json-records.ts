/** Judges JSON records one by one and writes the asked fields of each as a canonical row with its tags. */

import type { Reason } from '../reasons.ts';
import { canonicalColumns, canonicalWriter } from './canonical.ts';
import type { ChunkLayout, Prepared, RecordIndex } from './format.ts';
import { faultOf, kindOf, malformed, shown } from './json-fault.ts';
import { keysTo, through, type Place } from './json-member.ts';
import { keyTable } from './json-keys.ts';
import { likeBefore, type Places } from './json-like-before.ts';
import { hasExponent, plainNumeral } from './json-numeral.ts';
import { FAILED, jsonReading, skipSpace, skipString, skipValue, tagOf } from './json-token.ts';
import { decodeUtf8, isUtf8, isUtf8Range } from './utf8.ts';

type Fault = Pick<Reason, 'code' | 'message'>;

const MOST_EXTRA = 100;
const TEXT = 's'.charCodeAt(0);
const OBJECT = 'o'.charCodeAt(0);
const LIST = 'a'.charCodeAt(0);
const NUMBER = 'n'.charCodeAt(0);
const encoder = new TextEncoder();

/** One row for each record of the index, in order; a record that cannot be read is a row with its reason. */
export function jsonRows(chunk: Uint8Array, index: RecordIndex, layout: ChunkLayout): Prepared {
  const { fields, limits } = layout;
  const rows = canonicalWriter(fields.length, chunk.length + index.count * (4 * fields.length + 4), true);
  const reader = recordReader(chunk, layout);
  const isValid = isUtf8(chunk);
  for (let r = 0; r < index.count; r++) {
    const start = index.starts[r]!;
    const end = index.ends[r]!;
    let fault: Fault | undefined;
    if (end - start > limits.recordBytes) {
      fault = { code: 'too_long', message: `expected at most ${limits.recordBytes} bytes, found more` };
    } else if (!isValid && !isUtf8Range(chunk, start, end)) {
      fault = { code: 'encoding', message: 'expected UTF-8, found bytes that are not' };
    } else {
      fault = reader.read(start, end);
    }
    if (fault !== undefined) {
      rows.begin();
      rows.fault(fault);
      continue;
    }
    const { from, to, tag, escaped } = reader.places;
    if (reader.places.isPlain) {
      rows.plainRow(chunk, from, to, tag, end - start);
      continue;
    }
    rows.begin();
    for (let f = 0; f < fields.length; f++) {
      if (tag[f] === 0) {
        rows.missingField();
      } else if (escaped[f] === 1) {
        const text = JSON.parse(decodeUtf8(chunk.subarray(from[f]! - 1, to[f]! + 1))!) as string;
        const bytes = encoder.encode(text);
        rows.field(bytes, 0, bytes.length, TEXT);
      } else {
        const numeral = tag[f] === NUMBER ? plainNumeral(chunk, from[f]!, to[f]!) : undefined;
        if (numeral === undefined) rows.field(chunk, from[f]!, to[f]!, tag[f]!);
        else rows.field(numeral, 0, numeral.length, NUMBER);
      }
    }
    rows.end();
  }
  return Object.freeze({
    bytes: rows.bytes(),
    dialect: rows.dialect(),
    columns: canonicalColumns(fields.length, true),
    extra: reader.extra(),
  });
}

interface RecordReader {
  read(start: number, end: number): Fault | undefined;
  /** Where the asked fields of the record read last stand. */
  readonly places: Places;
  extra(): readonly string[];
}

function recordReader(chunk: Uint8Array, { fields, limits }: ChunkLayout): RecordReader {
  const reading = jsonReading(chunk, limits.depth);
  // A field whose name has a dot may stand inside of another; where that one stands must be known too.
  const paths = fields.flatMap((path, slot) => (path.includes('.') ? [{ path, slot }] : []));
  const slots = [...new Set([...fields, ...paths.flatMap(({ path }) => keysTo(path))])];
  const slotOf = new Map(slots.map((name, slot) => [name, slot]));
  const keys = keyTable(slots, limits.fields);
  const places: Places = {
    from: new Uint32Array(slots.length),
    to: new Uint32Array(slots.length),
    tag: new Uint8Array(slots.length),
    escaped: new Uint8Array(slots.length),
    isPlain: false,
  };
  const { from, to, tag, escaped } = places;
  const before = likeBefore(reading, places, limits.depth - 1);

  function read(start: number, end: number): Fault | undefined {
    if (paths.length > 0) tag.fill(0);
    return before.read(start, end) ? followPaths() : readByKeys(start, end);
  }

  function readByKeys(start: number, end: number): Fault | undefined {
    before.begin(start);
    places.isPlain = true;
    tag.fill(0);
    escaped.fill(0);
    reading.loneSurrogate = false;
    const first = skipSpace(chunk, start, end);
    if (first === end) return malformed('expected an object, found nothing');
    if (chunk[first] !== 123) return notAnObject(first, end);
    keys.nextRecord();
    let repeated: string | undefined;
    let at = skipSpace(chunk, first + 1, end);
    if (at < end && chunk[at] === 125) return trailing(at + 1, end);
    for (let position = 0; ; position++) {
      if (position === limits.fields)
        return malformed(`expected a number of fields up to ${limits.fields}, found more`);
      if (chunk[at] !== 34) return failed('key', at, end);
      const keyStart = at + 1;
      at = skipString(reading, keyStart, end);
      if (at === FAILED) return faultOf(reading, end, limits.depth);
      const slot = keys.slotOf(chunk, keyStart, at - 1, reading.escaped, position);
      repeated ??= keys.repeated();
      at = skipSpace(chunk, at, end);
      if (chunk[at] !== 58) return failed('colon', at, end);
      const valueStart = skipSpace(chunk, at + 1, end);
      const isText = chunk[valueStart] === 34;
      at = skipValue(reading, valueStart, end, limits.depth - 1);
      if (at === FAILED) return faultOf(reading, end, limits.depth);
      before.value(slot, valueStart, at);
      if (slot >= 0) put(slot, valueStart, at, isText && reading.escaped);
      at = skipSpace(chunk, at, end);
      const byte = at < end ? chunk[at]! : -1;
      if (byte === 125) break;
      if (byte !== 44) return failed('object', at, end);
      at = skipSpace(chunk, at + 1, end);
    }
    const after = trailing(at + 1, end);
    if (after !== undefined) return after;
    if (repeated !== undefined) return malformed(`expected each key once, found ${shown(repeated)} again`);
    if (reading.loneSurrogate) return halfPair;
    before.end(end);
    return followPaths();
  }

  function put(slot: number, start: number, end: number, isEscaped: boolean): void {
    const isText = chunk[start] === 34;
    from[slot] = isText ? start + 1 : start;
    to[slot] = isText ? end - 1 : end;
    tag[slot] = tagOf(chunk[start]!);
    escaped[slot] = isEscaped ? 1 : 0;
    const isNumeral = tag[slot] === NUMBER && hasExponent(chunk, start, end);
    if (isEscaped || isNumeral || tag[slot] === OBJECT || tag[slot] === LIST) places.isPlain = false;
  }

  /** Fields that the record does not have by their whole names are looked for inside of others. */
  function followPaths(): Fault | undefined {
    for (const { path, slot } of paths) {
      if (tag[slot] !== 0) continue;
      const found = through(reading, path, (key) => placeIn(slotOf.get(key)!));
      if (found === 'missing') continue;
      if ('fault' in found) {
        return found.fault === 'repeated'
          ? malformed(`expected each key once, found ${shown(found.key)} again`)
          : malformed(`expected an object in ${shown(found.key)}, found another value`);
      }
      const isText = chunk[found.from] === 34;
      if (isText) skipString(reading, found.from + 1, found.to);
      put(slot, found.from, found.to, isText && reading.escaped);
    }
    return undefined;
  }

  function placeIn(slot: number): Place | undefined {
    if (tag[slot] === 0) return undefined;
    const quote = tag[slot] === TEXT ? 1 : 0;
    return { from: from[slot]! - quote, to: to[slot]! + quote };
  }

  function failed(fault: 'key' | 'colon' | 'object', at: number, end: number): Fault {
    reading.fault = fault;
    reading.at = at;
    return faultOf(reading, end, limits.depth);
  }

  function trailing(i: number, end: number): Fault | undefined {
    return skipSpace(chunk, i, end) === end
      ? undefined
      : malformed('expected the end of the record after an object, found more');
  }

  function notAnObject(first: number, end: number): Fault {
    const at = skipValue(reading, first, end, limits.depth);
    if (at === FAILED) return faultOf(reading, end, limits.depth);
    if (skipSpace(chunk, at, end) < end) return malformed('expected an object, found several values');
    return malformed(`expected an object, found ${kindOf(chunk[first]!)}`);
  }

  return { read, places, extra: () => keys.extra(MOST_EXTRA) };
}

const halfPair: Fault = Object.freeze({
  code: 'encoding',
  message: 'expected Unicode text, found half of a surrogate pair',
});
