/**
 * Lines of JSON that are all alike, sixteen bytes at a time: the fast way through texts without escapes, numbers without an
 * exponent, and `true` and `false`. It stops before any other record.
 */

import {
  add, and, block, choose, differ, isBelow, isZero, leave, locals, machineOf, memory, not, number, or, repeat, same, shiftLeft,
  sixteen, sub, trailingZeros, when, xor, type Code, type Local, type Machine, type Program, type Value,
} from '../wasm.ts'; // prettier-ignore
import type { Shape } from './json-shape.ts';

/** Records that were taken. */
export interface AlikeLines {
  count: number;
  /** Where the record after them starts. */
  next: number;
  /** Their rows; good until the next call. */
  rows: Uint8Array;
  /** The longest row, with its line end. */
  longest: number;
  /** Whether a text had bytes beyond ASCII. */
  isBeyondAscii: boolean;
}

export interface TakeAlike {
  /** Takes the records of `from` on, where one starts. What it gives is good until it is called again. */
  take(from: Uint8Array, at: number): AlikeLines;
  /** For each value of the shape how many bytes it had at most where it was a whole number; `NO_INTEGER` for others. */
  digits(): readonly number[];
}

/** A number that is not a whole one, or has more bytes. */
export const NO_INTEGER = 255;
/** Bytes that are looked at in one call, at most. */
export const MOST = 64 * 1024;

const KINDS: readonly string[] = ['s', 'n', 'b'];
const TEXT = 0;
const NUMBER = 1;
const MOST_VALUES = 512;

/** Where things stand in the memory: what is told, the values, what stands between them, the rows, the records. */
const TOLD = 0;
const VALUES = 64;
const VALUE_BYTES = 32;
const GAPS = 32 * 1024;
const ROWS = 128 * 1024;
const INPUT = 256 * 1024;
const PAGES = 8;
/** Of a value: where the bytes before it stand and how many they are, its kind, all ones if it is asked for, its digits. */
const GAP_LENGTH = 4;
const KIND = 8;
const ASKED = 12;
const DIGITS = 16;

/** For the chunk that the shape is of; undefined for a shape with other values. One at a time. */
export function takeAlike(chunk: Uint8Array, shape: Shape): TakeAlike | undefined {
  const { slots, gapFrom, gapTo, tailFrom, tailTo } = shape;
  const kinds = shape.tags.map((tag) => KINDS.indexOf(String.fromCharCode(tag)));
  const gaps = [
    ...slots.map((_, v) => chunk.subarray(gapFrom[v]!, gapTo[v]!)),
    chunk.subarray(tailFrom, tailTo),
  ];
  const room = gaps.reduce((sum, { length }) => sum + length, 0);
  if (kinds.includes(-1) || slots.length > MOST_VALUES || room > ROWS - GAPS - 16) return undefined;
  const { run, memory: shared } = (machine ??= machineOf(program()));
  const table = new Int32Array(shared, VALUES, ((MOST_VALUES + 1) * VALUE_BYTES) / 4);
  let place = GAPS;
  for (const [v, gap] of gaps.entries()) {
    new Uint8Array(shared, place, gap.length).set(gap);
    table.set([place, gap.length, kinds[v] ?? 0, (slots[v] ?? -1) < 0 ? 0 : -1, 0], (v * VALUE_BYTES) / 4);
    place += gap.length;
  }
  const input = new Uint8Array(shared, INPUT, MOST);
  const told = new Int32Array(shared, TOLD, 4);
  const lines: AlikeLines = { count: 0, next: 0, rows: input, longest: 0, isBeyondAscii: false };
  return {
    take(from, at) {
      const length = Math.min(from.length - at, MOST);
      input.set(from.subarray(at, at + length));
      lines.count = run(length, slots.length);
      lines.next = at + told[0]!;
      lines.rows = new Uint8Array(shared, ROWS, told[1]!);
      lines.longest = told[2]!;
      lines.isBeyondAscii = told[3] !== 0;
      return lines;
    },
    digits: () => slots.map((_, v) => table[(v * VALUE_BYTES + DIGITS) / 4]!),
  };
}

let machine: Machine | undefined;

const PARAMETERS = ['length', 'values'] as const;
const NUMBERS = [
  'at', 'row', 'out', 'count', 'next', 'written', 'longest', 'beyond', 'value', 'valuesEnd', 'gap', 'left', 'step', 'asked', 'kind',
  'plain', 'from', 'isNegative', 'isNought', 'digits', 'byte', 'hasPoint', 'word', 'isTrue',
] as const; // prettier-ignore
const VECTORS = ['some', 'quotes', 'backslashes', 'spaces', 'noughts', 'tens'] as const;

const BEYOND = 0x10000;
const SIXTEEN = number(16);
const code = (c: string): Value => number(c.charCodeAt(0));
/** Four characters as the number that the memory has for them. */
const fourOf = (text: string): Value =>
  number([...text].reduce((sum, c, i) => sum | (c.charCodeAt(0) << (8 * i)), 0));

function program(): Program {
  const { length, values } = locals(0, PARAMETERS);
  const {
    at, row, out, count, next, written, longest, beyond, value, valuesEnd, gap, left, step, asked, kind, plain, from, isNegative,
    isNought, digits, byte, hasPoint, word, isTrue,
  } = locals(PARAMETERS.length, NUMBERS); // prettier-ignore
  const { some, quotes, backslashes, spaces, noughts, tens } = locals(
    PARAMETERS.length + NUMBERS.length,
    VECTORS,
  );
  const here = add(at.get, number(INPUT));
  const there = add(out.get, number(ROWS));
  const of = (offset: number): Value => memory.number(add(value.get, number(offset)));
  const forward = (by: Value): Code[] => [at.set(add(at.get, by)), out.set(add(out.get, and(by, asked.get)))];
  const copied: Code[] = [some.set(memory.sixteen(here)), memory.storeSixteen(there, some.get)];
  const writeByte = (c: Value): Code => memory.storeByte(there, c);
  const firstOf = (mask: Value): Value => trailingZeros(or(mask, number(BEYOND)));
  const is = (what: Local): Value => sixteen.same(some.get, what.get);

  /** Passes the bytes between two values. @param outOf the blocks that are left where they are others. */
  const passGap = (outOf: number): Code =>
    repeat(
      [
        step.set(choose(isBelow(left.get, SIXTEEN), left.get, SIXTEEN)),
        leave(
          outOf,
          and(
            not(sixteen.mask(sixteen.same(memory.sixteen(gap.get), memory.sixteen(here)))),
            sub(shiftLeft(number(1), step.get), number(1)),
          ),
        ),
        at.set(add(at.get, step.get)),
        gap.set(add(gap.get, step.get)),
        left.set(sub(left.get, step.get)),
      ],
      left.get,
    );
  const textUpToQuote: Code[] = [
    ...copied,
    plain.set(
      firstOf(
        sixteen.mask(
          sixteen.either(sixteen.either(is(quotes), is(backslashes)), sixteen.below(some.get, spaces.get)),
        ),
      ),
    ),
    beyond.set(or(beyond.get, and(sixteen.mask(some.get), sub(shiftLeft(number(1), plain.get), number(1))))),
    ...forward(plain.get),
  ];
  const text: Code[] = [
    leave(3, differ(memory.byte(here), code('"'))),
    at.set(add(at.get, number(1))),
    repeat(textUpToQuote, and(same(plain.get, SIXTEEN), isBelow(at.get, length.get))),
    leave(3, differ(memory.byte(here), code('"'))),
    at.set(add(at.get, number(1))),
  ];
  const digitsHere: Code[] = [
    ...copied,
    plain.set(
      firstOf(
        xor(sixteen.mask(sixteen.below(sixteen.minus(some.get, noughts.get), tens.get)), number(0xffff)),
      ),
    ),
  ];
  const noneOrMany = or(isZero(plain.get), same(plain.get, SIXTEEN));
  const aNumber: Code[] = [
    from.set(at.get),
    isNegative.set(same(memory.byte(here), code('-'))),
    writeByte(code('-')),
    ...forward(isNegative.get),
    ...digitsHere,
    leave(3, noneOrMany),
    isNought.set(same(memory.byte(here), code('0'))),
    leave(3, and(isNought.get, differ(plain.get, number(1)))),
    ...forward(plain.get),
    byte.set(memory.byte(here)),
    hasPoint.set(same(byte.get, code('.'))),
    // To a whole number `-0` is something else than `0`.
    leave(3, and(isNought.get, isNegative.get, isZero(hasPoint.get))),
    when(hasPoint.get, [
      writeByte(code('.')),
      ...forward(number(1)),
      ...digitsHere,
      leave(4, noneOrMany),
      ...forward(plain.get),
      byte.set(memory.byte(here)),
    ]),
    leave(3, same(or(byte.get, number(32)), code('e'))),
    digits.set(choose(hasPoint.get, number(NO_INTEGER), sub(at.get, from.get))),
    when(isBelow(of(DIGITS), digits.get), [memory.storeNumber(add(value.get, number(DIGITS)), digits.get)]),
  ];
  const truth: Code[] = [
    word.set(memory.number(here)),
    isTrue.set(same(word.get, fourOf('true'))),
    leave(
      3,
      isZero(
        or(
          isTrue.get,
          and(same(word.get, fourOf('fals')), same(memory.byte(add(here, number(4))), code('e'))),
        ),
      ),
    ),
    ...copied,
    plain.set(sub(number(5), isTrue.get)),
    ...forward(plain.get),
  ];
  const eachValue: Code[] = [
    leave(2, isZero(isBelow(at.get, length.get))),
    gap.set(of(0)),
    left.set(of(GAP_LENGTH)),
    passGap(3),
    asked.set(of(ASKED)),
    kind.set(of(KIND)),
    when(same(kind.get, number(TEXT)), text),
    when(same(kind.get, number(NUMBER)), aNumber),
    when(isBelow(number(NUMBER), kind.get), truth),
    writeByte(number(31)),
    out.set(sub(out.get, asked.get)),
    value.set(add(value.get, number(VALUE_BYTES))),
  ];
  const eachRecord: Code[] = [
    row.set(out.get),
    value.set(number(VALUES)),
    repeat(eachValue, isBelow(value.get, valuesEnd.get)),
    gap.set(of(0)),
    left.set(of(GAP_LENGTH)),
    passGap(2),
    at.set(add(at.get, same(memory.byte(here), number(13)))),
    leave(1, differ(memory.byte(here), number(10))),
    at.set(add(at.get, number(1))),
    leave(1, isBelow(length.get, at.get)),
    out.set(sub(out.get, number(1))),
    // The engine takes a line with nothing in it for no record.
    leave(1, same(out.get, row.get)),
    writeByte(number(10)),
    out.set(add(out.get, number(1))),
    step.set(sub(out.get, row.get)),
    longest.set(choose(isBelow(longest.get, step.get), step.get, longest.get)),
    count.set(add(count.get, number(1))),
    next.set(at.get),
    written.set(out.get),
  ];
  return {
    locals: { parameters: PARAMETERS.length, numbers: NUMBERS.length, vectors: VECTORS.length },
    pages: PAGES,
    body: [
      quotes.set(sixteen.of(code('"'))),
      backslashes.set(sixteen.of(code('\\'))),
      spaces.set(sixteen.of(code(' '))),
      noughts.set(sixteen.of(code('0'))),
      tens.set(sixteen.of(number(10))),
      valuesEnd.set(add(number(VALUES), shiftLeft(values.get, number(Math.log2(VALUE_BYTES))))),
      when(length.get, [block([repeat(eachRecord, isBelow(at.get, length.get))])]),
      ...[next, written, longest, beyond].map((one, i) => memory.storeNumber(number(TOLD + 4 * i), one.get)),
      count.get,
    ],
  };
}
