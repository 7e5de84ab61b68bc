/**
 * Encodings of East Asia, in which a character has one to four bytes: by the platform's tables, which are those of the web.
 * What they have for private use, in which nothing is meant by itself, is no character here.
 */

import type { Encoding } from './format.ts';
import type { Units } from './encoded-units.ts';
import { utf8Doubt } from './utf8-doubt.ts';
import { writeUtf8 } from './utf8.ts';

/** Characters by their bytes; 0 for bytes that are none. */
interface Tables {
  readonly one: Int32Array;
  /** By both bytes. */
  readonly two: Int32Array;
  /** Whether a byte begins one of two bytes. */
  readonly begins: Uint8Array;
  /** By the second and third byte, where the first one is this. */
  readonly three: { readonly first: number; readonly by: Int32Array } | undefined;
  /** By its place among all of four bytes. */
  readonly four: ((place: number) => number) | undefined;
}

/** What each has beside characters of one and of two bytes: the byte that begins those of three, or all of four. */
const encodings: Partial<Record<Encoding, { readonly three?: number; readonly four?: true }>> = {
  shift_jis: {},
  'euc-jp': { three: 0x8f },
  gbk: { four: true },
  gb18030: { four: true },
  big5: {},
  'euc-kr': {},
};

/** Undefined for an encoding that is none of them. */
export function severalBytes(encoding: Encoding): Units | undefined {
  const has = encodings[encoding];
  if (has === undefined) return undefined;
  const { one, two, begins, three, four } = tablesOf(encoding, has);
  let point = 0; // Of the character that was read last; 0 for a byte that is none.

  /** Reads the character from a place on. @returns its bytes; 0 if it is cut off. */
  function read(bytes: Uint8Array, at: number): number {
    const left = bytes.length - at;
    const first = bytes[at]!;
    point = first;
    if (first < 0x80) return 1;
    if (left < 2 && begins[first] === 1) return 0;
    const second = bytes[at + 1]!;
    if (left > 1 && (point = two[(first << 8) | second]!) !== 0) return 2;
    if (first === three?.first) {
      if (left < 3) return 0;
      if ((point = three.by[(second << 8) | bytes[at + 2]!]!) !== 0) return 3;
    }
    if (four !== undefined && isIn(first, 0x81, 0xfe) && isIn(second, 0x30, 0x39)) {
      if (left < 4) return 0;
      const third = bytes[at + 2]!;
      const fourth = bytes[at + 3]!;
      const isWhole = isIn(third, 0x81, 0xfe) && isIn(fourth, 0x30, 0x39);
      if (isWhole && (point = four(placeOfFour(first, second, third, fourth))) !== 0) return 4;
    }
    point = one[first]!;
    return 1;
  }

  /** The same, where what is cut off at the end is bytes that are no character. */
  function readLast(bytes: Uint8Array, at: number): number {
    const length = read(bytes, at);
    if (length === 0) point = 0;
    return length || 1;
  }

  return {
    size: 1,
    narrow(bytes) {
      const narrowed = new Uint8Array(bytes); // Not slice(), which of a Buffer is the same memory.
      for (let at = 0; at < bytes.length;) {
        const length = readLast(bytes, at);
        if (bytes[at]! >= 0x80) narrowed.fill(0x80, at, at + length);
        at += length;
      }
      return narrowed;
    },
    utf8(bytes) {
      const text = new Uint8Array(bytes.length * 3);
      let o = 0;
      for (let at = 0; at < bytes.length;) {
        const byte = bytes[at]!;
        at += readLast(bytes, at);
        if (point === 0 && byte !== 0) text[o++] = 0xff;
        else o = writeUtf8(text, o, point);
      }
      return text.subarray(0, o);
    },
    whole(bytes) {
      let at = 0;
      for (let length = 1; at < bytes.length && length > 0; at += length) length = read(bytes, at);
      return at;
    },
    measure({ length }, bytes) {
      const scratch = new Uint8Array(4);
      let at = 0;
      for (let o = 0; o < length;) {
        const byte = bytes[at]!;
        at += readLast(bytes, at);
        o += point === 0 && byte !== 0 ? 1 : writeUtf8(scratch, 0, point);
      }
      return at;
    },
    doubt: utf8Doubt,
  };
}

type Decode = (bytes: Uint8Array) => string;

const made = new Map<Encoding, Tables>();

function tablesOf(encoding: Encoding, has: { readonly three?: number; readonly four?: true }): Tables {
  const known = made.get(encoding);
  if (known !== undefined) return known;
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const decode = (bytes: Uint8Array): string => decoder.decode(bytes);
  const beyond = range(0x80, 0xff);
  const any = range(0x30, 0xff); // Nothing below stands in a character of several bytes: no line end, comma or quote.
  const one = pointsOf(decode, [beyond]);
  const two = pointsOf(decode, [beyond, any]);
  const first = has.three;
  const begins = Uint8Array.from(range(0, 0xff), (byte) =>
    byte === first || two.subarray(byte << 8, (byte + 1) << 8).some((point) => point !== 0) ? 1 : 0,
  );
  const three = first === undefined ? undefined : { first, by: pointsOf(decode, [[first], any, any]) };
  const tables = {
    one,
    two,
    begins,
    three,
    four: has.four ? fourOf(decode) : undefined,
  };
  made.set(encoding, tables);
  return tables;
}

/** The characters of four bytes: of the first plane by a table, of the others in order. */
function fourOf(decode: Decode): (place: number) => number {
  const digits = range(0x30, 0x39);
  const others = range(0x81, 0xfe);
  let table: readonly number[] | undefined;
  return (place) => {
    if (place >= BEYOND) return characterOr0(place - BEYOND + 0x10000);
    table ??= decoded(decode, [range(0x81, 0x84), digits, others, digits]);
    return table[place] ?? 0;
  };
}

const placeOfFour = (first: number, second: number, third: number, fourth: number): number =>
  (((first - 0x81) * 10 + (second - 0x30)) * 126 + (third - 0x81)) * 10 + (fourth - 0x30);
const BEYOND = placeOfFour(0x90, 0x30, 0x81, 0x30);

/** Characters by their last two bytes. */
function pointsOf(decode: Decode, bytes: readonly (readonly number[])[]): Int32Array {
  const points = new Int32Array(0x10000);
  const keys = bytes
    .slice(-2)
    .reduce<number[]>((all, some) => all.flatMap((key) => some.map((byte) => (key << 8) | byte)), [0]);
  for (const [i, point] of decoded(decode, bytes).entries()) points[keys[i]!] = point;
  return points;
}

/** The character that each sequence is, the first byte changing last: all are decoded at once, in lines. */
function decoded(decode: Decode, bytes: readonly (readonly number[])[]): readonly number[] {
  const sequences = bytes.reduce<number[][]>(
    (all, some) => all.flatMap((begun) => some.map((byte) => [...begun, byte])),
    [[]],
  );
  return sequences.map((sequence) => {
    const text = decode(Uint8Array.from(sequence));
    const point = text.codePointAt(0) ?? 0;
    return text.length === (point > 0xffff ? 2 : 1) ? characterOr0(point) : 0;
  });
}

/** 0 for what is no character by itself: of control (80 to 9F), of private use, or in the place of what cannot be read. */
const characterOr0 = (point: number): number =>
  point < 0xa0 || isIn(point, 0xe000, 0xf8ff) || point === 0xfffd || point >= 0xf0000 ? 0 : point;

const isIn = (byte: number, from: number, to: number): boolean => byte >= from && byte <= to;
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
