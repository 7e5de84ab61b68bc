/** Reads a JSON record that differs from the one before it in its values alone: no key is looked up, no space judged. */

import { hasExponent } from './json-numeral.ts';
import { FAILED, skipString, skipValue, tagOf, type JsonReading } from './json-token.ts';

/** Where the asked fields of a record stand: for a text inside its quotes; tag 0 where it is missing. */
export interface Places {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly tag: Uint8Array;
  readonly escaped: Uint8Array;
  /** Whether every field that is there is a text without escapes, or a value without parts and without an exponent. */
  isPlain: boolean;
}

export interface LikeBefore {
  /** A record begins that is read key by key. Until its end is told there is no record before. */
  begin(start: number): void;
  /** It has a value. @param slot of the field, or -1. */
  value(slot: number, start: number, end: number): void;
  /** It could be read. */
  end(end: number): void;
  /**
   * Finds the places of a record if all bytes around its values are those of the record before; the places of fields
   * that neither has must be empty.
   * @returns false where it is to be read key by key.
   */
  read(start: number, end: number): boolean;
}

const QUOTE = 34;
const MINUS = 45;
const NUMBER = 'n'.charCodeAt(0);
const isPlainInString = new Uint8Array(256).fill(1, 32);
isPlainInString[QUOTE] = 0;
isPlainInString[92] = 0;
const goesOn = new Uint8Array(256);
for (const letter of '.eE') goesOn[letter.charCodeAt(0)] = 1;

/** @param depth levels of nesting that a value may have. */
export function likeBefore(reading: JsonReading, places: Places, depth: number): LikeBefore {
  const { bytes } = reading;
  const { from, to, tag, escaped } = places;
  // What stands before each value of the record before, from the end of the value before that.
  const gapFrom: number[] = [];
  const gapTo: number[] = [];
  const slots: number[] = [];
  let values = 0;
  let known = 0;
  let tailFrom = 0;
  let tailTo = 0;

  /** @returns where the other place ends, or -1 if its bytes are not the same. */
  function same(start: number, end: number, other: number): number {
    let o = other;
    for (let i = start; i < end; i++) if (bytes[i] !== bytes[o++]) return -1;
    return o;
  }

  function read(start: number, end: number): boolean {
    if (known === 0) return false;
    reading.loneSurrogate = false;
    let isPlain = true;
    let at = start;
    for (let v = 0; v < known; v++) {
      const valueStart = same(gapFrom[v]!, gapTo[v]!, at);
      if (valueStart === -1) return false;
      const first = bytes[valueStart]!;
      const slot = slots[v]!;
      if (first === QUOTE) {
        at = valueStart + 1;
        // A text that does not end stops at the line's end, the next quote or the end of all.
        while (isPlainInString[bytes[at]!] === 1) at++;
        let isEscaped = false;
        if (bytes[at] === QUOTE) {
          at++;
        } else {
          at = skipString(reading, valueStart + 1, end);
          if (at === FAILED) return false;
          isEscaped = reading.escaped;
        }
        if (slot < 0) continue;
        from[slot] = valueStart + 1;
        to[slot] = at - 1;
        escaped[slot] = isEscaped ? 1 : 0;
        if (isEscaped) isPlain = false;
      } else {
        if (first <= 32) return false;
        at = first === MINUS ? valueStart + 1 : valueStart;
        if (bytes[at]! >= 49 && bytes[at]! <= 57) {
          do at++;
          while (bytes[at]! >= 48 && bytes[at]! <= 57);
          if (goesOn[bytes[at]!] === 1) at = skipValue(reading, valueStart, end, depth);
        } else {
          at = skipValue(reading, valueStart, end, depth);
        }
        if (at === FAILED) return false;
        if (slot < 0) continue;
        from[slot] = valueStart;
        to[slot] = at;
        escaped[slot] = 0;
        if (first === 123 || first === 91 || (tagOf(first) === NUMBER && hasExponent(bytes, valueStart, at)))
          isPlain = false;
      }
      tag[slot] = tagOf(first);
    }
    if (end - at !== tailTo - tailFrom || same(tailFrom, tailTo, at) === -1) return false;
    places.isPlain = isPlain;
    return !reading.loneSurrogate;
  }

  return {
    begin(start) {
      known = 0;
      values = 0;
      tailFrom = start;
    },
    value(slot, start, end) {
      gapFrom[values] = tailFrom;
      gapTo[values] = start;
      slots[values++] = slot;
      tailFrom = end;
    },
    end(end) {
      tailTo = end;
      known = values;
    },
    read,
  };
}
