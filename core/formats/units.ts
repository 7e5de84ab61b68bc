/**
 * The units in which encodings write text, and the same text as UTF-8, there and back. What is no text becomes bytes that
 * UTF-8 does not have, so that the record is found to be at fault, and nothing else.
 */

import type { Encoding } from './format.ts';
import { isUtf8Range } from './utf8.ts';

export interface Units {
  /** Bytes of one unit. */
  readonly size: number;
  /** One byte for each unit: itself where it is of ASCII, another where it is not. */
  narrow(bytes: Uint8Array): Uint8Array;
  utf8(bytes: Uint8Array): Uint8Array;
  /** The bytes that this text has in the encoding. */
  measure(utf8: Uint8Array): number;
  /** For encodings in which UTF-8 is also text, though not the text that is meant: tells whether all bytes are UTF-8. */
  doubt(): { push(block: Uint8Array): void; isUtf8(): boolean } | undefined;
}

/** Undefined for UTF-8 itself. */
export function codeUnits(encoding: Encoding): Units | undefined {
  if (encoding === 'utf-8') return undefined;
  if (encoding === 'utf-16le') return utf16(0);
  return encoding === 'utf-16be' ? utf16(1) : singleBytes(encoding);
}

/** @param low where the low byte of a unit stands. */
function utf16(low: 0 | 1): Units {
  const high = 1 - low;
  return {
    size: 2,
    narrow(bytes) {
      const narrowed = new Uint8Array(bytes.length / 2);
      for (let i = 0, at = 0; i < narrowed.length; i++, at += 2) {
        const byte = bytes[at + low]!;
        narrowed[i] = bytes[at + high] === 0 && byte < 0x80 ? byte : 0x80;
      }
      return narrowed;
    },
    utf8(bytes) {
      const text = new Uint8Array((bytes.length / 2) * 3);
      const unitAt = (at: number): number => bytes[at + low]! | (bytes[at + high]! << 8);
      let o = 0;
      for (let at = 0; at < bytes.length; at += 2) {
        let point = unitAt(at);
        if (point >= 0xd800 && point < 0xdc00 && at + 2 < bytes.length) {
          const next = unitAt(at + 2);
          if (next >= 0xdc00 && next < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
            at += 2;
          }
        }
        o = write(text, o, point);
      }
      return text.subarray(0, o);
    },
    measure(text) {
      let units = 0;
      for (const byte of text) if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
      return units * 2;
    },
    doubt: () => undefined,
  };
}

/** Half of a surrogate pair is written as the three bytes that it would have, which UTF-8 forbids. */
function write(to: Uint8Array, at: number, point: number): number {
  let o = at;
  if (point < 0x80) {
    to[o++] = point;
  } else if (point < 0x800) {
    to[o++] = 0xc0 | (point >> 6);
    to[o++] = 0x80 | (point & 0x3f);
  } else {
    if (point < 0x10000) {
      to[o++] = 0xe0 | (point >> 12);
    } else {
      to[o++] = 0xf0 | (point >> 18);
      to[o++] = 0x80 | ((point >> 12) & 0x3f);
    }
    to[o++] = 0x80 | ((point >> 6) & 0x3f);
    to[o++] = 0x80 | (point & 0x3f);
  }
  return o;
}

/**
 * One byte, one character. Texts have no control characters of the bytes 80 to 9F: a file of latin1 that seems to is of
 * windows-1252.
 */
function singleBytes(encoding: Encoding): Units {
  const points = pointsOf(encoding);
  return {
    size: 1,
    narrow: (bytes) => bytes,
    utf8(bytes) {
      const first = bytes.findIndex((byte) => byte >= 0x80);
      if (first === -1) return bytes;
      const text = new Uint8Array(first + (bytes.length - first) * 3);
      text.set(bytes.subarray(0, first));
      let o = first;
      for (let at = first; at < bytes.length; at++) {
        const byte = bytes[at]!;
        const point = points[byte]!;
        if (point === 0 && byte !== 0) text[o++] = 0xff;
        else o = write(text, o, point);
      }
      return text.subarray(0, o);
    },
    measure(text) {
      let units = 0;
      for (const byte of text) if ((byte & 0xc0) !== 0x80) units++;
      return units;
    },
    doubt: utf8Doubt,
  };
}

/** The character of each byte; 0 for those that have none. */
function pointsOf(encoding: Encoding): readonly number[] {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  // What is called latin1 elsewhere is mostly windows-1252, also by the decoder.
  const text = encoding === 'latin1' ? undefined : new TextDecoder(encoding).decode(bytes);
  return Array.from(bytes, (byte) => {
    const point = text === undefined ? byte : text.charCodeAt(byte);
    return point === NO_CHARACTER || (point >= 0x80 && point < 0xa0) ? 0 : point;
  });
}

const NO_CHARACTER = 0xfffd;

/** Whether bytes in blocks are UTF-8 with at least one character beyond ASCII. */
function utf8Doubt(): { push(block: Uint8Array): void; isUtf8(): boolean } {
  let rest: Uint8Array = new Uint8Array(0);
  let hasMore = false;
  let isValid = true;
  return {
    push(block) {
      if (!isValid) return;
      let bytes = block;
      if (rest.length > 0) {
        bytes = new Uint8Array(rest.length + block.length);
        bytes.set(rest);
        bytes.set(block, rest.length);
      }
      hasMore ||= bytes.some((byte) => byte >= 0x80);
      // A character that is cut off has up to three bytes here.
      let end = bytes.length;
      while (end > 0 && bytes.length - end < 3 && bytes[end - 1]! >= 0x80 && bytes[end - 1]! < 0xc0) end--;
      if (end > 0 && bytes[end - 1]! >= 0xc0) end--;
      else end = bytes.length;
      isValid = isUtf8Range(bytes, 0, end);
      rest = bytes.slice(end);
    },
    isUtf8: () => isValid && hasMore && isUtf8Range(rest, 0, rest.length),
  };
}
