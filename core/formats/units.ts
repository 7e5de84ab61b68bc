/**
 * The units in which encodings write text, and the same text as UTF-8, there and back. What is no text becomes bytes that
 * UTF-8 does not have, so that the record is found to be at fault, and nothing else.
 */

import type { Units } from './encoded-units.ts';
import type { Encoding } from './format.ts';
import { severalBytes } from './several-bytes.ts';
import { utf8Doubt } from './utf8-doubt.ts';
import { writeUtf8 } from './utf8.ts';

/** Undefined for UTF-8 itself. */
export function codeUnits(encoding: Encoding): Units | undefined {
  if (encoding === 'utf-8') return undefined;
  if (encoding === 'utf-16le') return utf16(0);
  if (encoding === 'utf-16be') return utf16(1);
  return severalBytes(encoding) ?? singleBytes(encoding);
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
        o = writeUtf8(text, o, point);
      }
      return text.subarray(0, o);
    },
    whole: ({ length }) => length - (length % 2),
    measure(text) {
      let units = 0;
      for (const byte of text) if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
      return units * 2;
    },
    doubt: () => undefined,
  };
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
        else o = writeUtf8(text, o, point);
      }
      return text.subarray(0, o);
    },
    whole: ({ length }) => length,
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
