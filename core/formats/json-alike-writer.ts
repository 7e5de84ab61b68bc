/**
 * Records that are alike, written as rows: only their values are looked at, and are copied as they are passed, without quotes.
 * Each value is judged as strictly as elsewhere.
 */

import { grown } from '../joined-bytes.ts';
import type { Limits } from '../limits.ts';
import { engineColumns, MISSING } from './canonical.ts';
import type { ChunkLayout, Reading, RecordIndex, Tag, Told } from './format.ts';
import { MOST, NO_INTEGER, takeAlike } from './json-alike-lines.ts';
import { plainNumeral } from './json-numeral.ts';
import type { Shape } from './json-shape.ts';
import { FAILED, isSpace, jsonReading, skipString, skipValue, tagOf } from './json-token.ts';
import { decodeUtf8 } from './utf8.ts';

/** JSON has it in no text, unless it is escaped. */
const DELIMITER = 31;
const NEWLINE = 10;
const QUOTE = 34;
const MINUS = 45;
const TEXT = 's'.charCodeAt(0);
const NUMBER = 'n'.charCodeAt(0);
const MISSING_TAG = MISSING.charCodeAt(0);
/** Where fewer records could be taken at once, so many are read one by one before it is tried again. */
const WORTH_IT = 4;
const LATER = 64;
const encoder = new TextEncoder();

const isPlainInString = new Uint8Array(256).fill(1, 32);
isPlainInString[QUOTE] = 0;
isPlainInString[92] = 0;
const goesOn = new Uint8Array(256);
for (const letter of '.eE0123456789') goesOn[letter.charCodeAt(0)] = 1;

export interface AlikeWriter {
  /**
   * The rows of whole records, good until the next call; undefined where one is not alike.
   * @param behind as many bytes of rows made before stay in front of them.
   */
  take(bytes: Uint8Array, index: RecordIndex | null, behind?: number): Uint8Array | undefined;
  /** Whether all bytes until now were of ASCII. */
  isAscii(): boolean;
  /** How all rows until now are to be read. */
  told(): Reading;
}

/** @param first the bytes that the shape was found in. */
export function alikeWriter(
  first: Uint8Array,
  shape: Shape,
  { fields, limits }: ChunkLayout,
  isTagged: boolean,
): AlikeWriter {
  const { slots } = shape;
  const tags = new Uint8Array(fields.length).fill(MISSING_TAG);
  for (const [v, slot] of slots.entries()) if (slot >= 0) tags[slot] = shape.tags[v]!;
  const state: State = {
    first,
    shape,
    limits,
    isTagged,
    tags,
    usual: tags.slice(),
    isMixed: new Uint8Array(fields.length),
    digits: new Uint8Array(fields.length),
    out: new Uint8Array(0),
    longest: 0,
    seen: shape.seen,
  };
  return {
    take: (bytes, index, behind = 0) => write(bytes, index, state, behind),
    isAscii: () => state.seen < 128,
    told: () => toldOf(fields, state),
  };
}

interface State {
  readonly first: Uint8Array;
  readonly shape: Shape;
  readonly limits: Limits;
  readonly isTagged: boolean;
  /** Of the record at hand, and of most. */
  readonly tags: Uint8Array;
  readonly usual: Uint8Array;
  readonly isMixed: Uint8Array;
  /** The most bytes that a whole number had. */
  readonly digits: Uint8Array;
  out: Uint8Array<ArrayBuffer>;
  longest: number;
  /** All bytes of texts in one. */
  seen: number;
}

function write(
  chunk: Uint8Array,
  index: RecordIndex | null,
  state: State,
  behind: number,
): Uint8Array | undefined {
  const { first: around, shape, limits, isTagged, tags, usual, isMixed, digits } = state;
  const { gapFrom, gapTo, slots, tailFrom, tailTo } = shape;
  const fieldCount = tags.length;
  const values = slots.length;
  const n = chunk.length;
  const depth = limits.depth - 1;
  const reading = jsonReading(chunk, limits.depth);
  let { out } = state;
  let o = behind;
  if (out.length < o + n + 1024) out = grown(out, o, n + 1024);
  let { longest, seen } = state;
  let at = 0;

  const isFast = index === null && !isTagged && limits.recordBytes >= MOST;
  const fast = isFast ? takeAlike(around, shape) : undefined;
  let tryAt = 0;
  const count = index?.count ?? Infinity;
  for (let r = 0; r < count; r++) {
    if (fast !== undefined && r >= tryAt && at < n) {
      // A record that was read by itself leaves its line end.
      const lines = fast.take(chunk, chunk[at] === NEWLINE ? at + 1 : at);
      if (lines.count < WORTH_IT) tryAt = r + LATER;
      if (o + lines.rows.length > out.length) out = grown(out, o, n - at + 1024);
      out.set(lines.rows, o);
      o += lines.rows.length;
      at = lines.next;
      if (lines.longest > longest) longest = lines.longest;
      if (lines.isBeyondAscii) seen |= 128;
    }
    let start = index === null ? at : index.starts[r]!;
    at = start;
    while (at < n && isSpace(chunk[at])) if (chunk[at++] === NEWLINE && index === null) start = at;
    if (at >= n) break;
    if (o + n - start + fieldCount + 2 > out.length) out = grown(out, o, n - start + fieldCount + 2);
    const row = o;
    for (let v = 0; v < values; v++) {
      let gap = gapFrom[v]!;
      const gapEnd = gapTo[v]!;
      while (gap < gapEnd && around[gap] === chunk[at]) {
        gap++;
        at++;
      }
      if (gap < gapEnd) return undefined;
      const first = chunk[at]!;
      const slot = slots[v]!;
      const isAsked = slot >= 0;
      let tag = TEXT;
      if (first === QUOTE) {
        const from = ++at;
        const begin = o;
        let byte = chunk[at]!;
        if (isAsked) {
          while (isPlainInString[byte] === 1) {
            out[o++] = byte;
            seen |= byte;
            byte = chunk[++at]!;
          }
        } else {
          while (isPlainInString[byte] === 1) {
            seen |= byte;
            byte = chunk[++at]!;
          }
        }
        if (byte === QUOTE) {
          at++;
        } else {
          at = skipString(reading, from, n);
          if (at === FAILED || reading.loneSurrogate) return undefined;
          const text = encoder.encode(JSON.parse(decodeUtf8(chunk.subarray(from - 1, at)) ?? '0') as string);
          if (text.some((byte) => byte < 32)) return undefined;
          seen |= 128;
          if (isAsked) {
            out.set(text, begin);
            o = begin + text.length;
          }
        }
      } else {
        const from = at;
        const begin = o;
        let isPlain = true;
        if (first === MINUS) at++;
        const digit = chunk[at]!;
        if (digit >= 48 && digit <= 57) {
          tag = NUMBER;
          at++;
          if (digit !== 48) while (chunk[at]! >= 48 && chunk[at]! <= 57) at++;
          const isInteger = goesOn[chunk[at]!] !== 1 && (digit !== 48 || first === 48);
          if (!isInteger) {
            at = skipValue(reading, from, n, depth);
            isPlain = false;
          }
          if (isAsked) {
            const length = isInteger ? Math.min(at - from, NO_INTEGER) : NO_INTEGER;
            if (length > digits[slot]!) digits[slot] = length;
          }
        } else {
          if (first <= 32) return undefined;
          tag = tagOf(first);
          at = skipValue(reading, from, n, depth);
        }
        if (reading.loneSurrogate || at < 0) return undefined;
        for (let i = from; i < at; i++) {
          const byte = chunk[i]!;
          if (byte < 32) return undefined;
          seen |= byte;
          if (isAsked) out[o++] = byte;
        }
        const numeral = isPlain || !isAsked ? undefined : plainNumeral(chunk, from, at);
        if (numeral !== undefined) {
          o = begin;
          const more = numeral.length + n - at + fieldCount + 2;
          if (o + more > out.length) out = grown(out, o, more);
          out.set(numeral, o);
          o += numeral.length;
        }
      }
      if (!isAsked) continue;
      if (tag !== usual[slot]) {
        if (!isTagged) return undefined;
        isMixed[slot] = 1;
      }
      tags[slot] = tag;
      out[o++] = DELIMITER;
    }
    let tail = tailFrom;
    while (tail < tailTo && around[tail] === chunk[at]) {
      tail++;
      at++;
    }
    if (tail < tailTo) return undefined;
    if (index === null) {
      while (at < n && chunk[at] !== NEWLINE && isSpace(chunk[at])) at++;
      if (at < n && chunk[at] !== NEWLINE) return undefined;
    } else if (at !== index.ends[r]) return undefined;
    if (at - start > limits.recordBytes) return undefined;
    if (isTagged) {
      out.set(tags, o);
      o += fieldCount;
    } else {
      o--;
    }
    // The engine takes a line with nothing in it for no record.
    if (o === row) return undefined;
    out[o++] = NEWLINE;
    if (o - row > longest) longest = o - row;
  }
  for (const [v, most] of (fast?.digits() ?? []).entries()) {
    const slot = slots[v]!;
    if (slot >= 0) digits[slot] = Math.max(digits[slot]!, most);
  }
  state.out = out;
  state.longest = longest;
  state.seen = seen;
  return out.subarray(0, o);
}

function toldOf(
  fields: readonly string[],
  { shape, isTagged, usual, isMixed, digits, longest }: State,
): Reading {
  const names = engineColumns(fields.length);
  const present = shape.slots.filter((slot) => slot >= 0).map((slot) => names[slot]!);
  return Object.freeze({
    dialect: Object.freeze({
      delimiter: String.fromCharCode(DELIMITER),
      quote: '',
      newline: '\n',
      newlinesInQuotes: false,
      longestRow: longest,
    }),
    columns: Object.freeze(isTagged ? [...present, '_tags'] : present),
    extra: shape.extra,
    told: Object.freeze(fields.map((_, f) => (isMixed[f] === 1 ? null : toldOfField(usual[f]!, digits[f]!)))),
  });
}

const toldOfField = (tag: number, digits: number): Told =>
  Object.freeze({
    tag: String.fromCharCode(tag) as Tag | typeof MISSING,
    digits: tag === NUMBER && digits !== NO_INTEGER ? digits : null,
  });
