/** Thrift's compact form: what is wanted of it, the rest skipped whatever its type, and what is none. */

import { expect, test } from 'vitest';
import { readThrift, type Wanted } from '../../../runtime/intake/thrift.ts';
import { int, list, struct, text, type ThriftValue } from '../../support/thrift.ts';

const of = (type: number, ...bytes: readonly number[]): ThriftValue => ({ type, bytes: Buffer.from(bytes) });
const [yes, no, byte, double] = [of(1), of(2), of(3, 7), of(7, 1, 2, 3, 4, 5, 6, 7, 8)] as const;
/** A value beside one that is wanted. */
const beside = (value: ThriftValue) => readThrift(struct({ 1: value, 2: int(-5) }).bytes, { 2: 'number' });

test.each<[string, ThriftValue]>([
  ['a truth value', yes],
  ['another one', no],
  ['a byte', byte],
  ['a number of 16 bits', of(4, 2)],
  ['a number of 32 bits', of(5, 0x80, 1)],
  ['a double', double],
  ['a text', text('words')],
  ['a struct', struct({ 3: struct({ 1: text('a') }), 20: byte })],
  ['a list of structs', list([struct({ 1: int(1) }), struct({})])],
  ['a list of truth values', list([of(1, 1), of(1, 2)])],
  ['a set', { ...list([int(1)]), type: 10 }],
  ['a list with a short head', of(9, 0x26, 2, 4)],
  ['an empty map', of(11, 0)],
  ['a map', of(11, 2, 0x18, 1, 1, 97, 2, 1, 98)],
])('%s is skipped', (_, value) => {
  const { length } = struct({ 1: value, 2: int(-5) }).bytes;
  expect(beside(value)).toEqual({ found: { 2: -5 }, length });
});

test('what is wanted is told: numbers, truth as numbers, whether it is there, and what is inside', () => {
  const bytes = struct({
    1: yes,
    2: no,
    3: byte,
    4: struct({ 1: int(2n ** 40n), 2: text('x') }),
    5: list([struct({ 1: int(1) }), struct({})]),
    6: list([], 3),
    7: of(4, 3),
  }).bytes;
  const inside: Wanted = { 1: 'number' };
  const wanted: Wanted = { 1: 'number', 2: 'number', 3: 'there', 4: inside, 5: [inside], 6: [inside], 7: 'number', 8: 'there' }; // prettier-ignore
  expect(readThrift(bytes, wanted)).toEqual({
    found: { 1: 1, 2: 0, 3: true, 4: { 1: 2 ** 40 }, 5: [{ 1: 1 }, {}], 6: [], 7: -2 },
    length: bytes.length,
  });
  for (let length = 0; length < bytes.length; length++)
    expect([length, readThrift(bytes.subarray(0, length), wanted)]).toEqual([length, 'cut']);
});

let deep = struct({});
for (let level = 0; level < 16; level++) deep = struct({ 1: deep });

test.each<[string, ThriftValue, Wanted]>([
  ['a byte for a number', byte, { 1: 'number' }],
  ['a double for a number', double, { 1: 'number' }],
  ['a text for a number', text('\u0002'), { 1: 'number' }],
  ['a number for a struct', int(0), { 1: {} }],
  ['a struct for a list', struct({}), { 1: [{}] }],
  ['a list of numbers for one of structs', list([int(0)]), { 1: [{}] }],
  ['a type that there is not', of(13, 0), {}],
  ['a list of a type that there is not', of(9, 0x1e, 0), {}],
  ['a number without an end', of(6, ...Array<number>(12).fill(0xff), 0), {}],
  ['more levels than there are', deep, {}],
])('it is none with %s', (_, value, wanted) => {
  expect(readThrift(struct({ 1: value }).bytes, wanted)).toBe(undefined);
});

test('as many levels as there may be are read', () => {
  expect(readThrift(deep.bytes, {})).toEqual({ found: {}, length: deep.bytes.length });
});

test('what goes wrong in the reading itself is no fault of the bytes', () => {
  const wanted: Wanted = {
    get 1(): never {
      throw new TypeError('a bug');
    },
  };
  expect(() => readThrift(struct({ 1: int(1) }).bytes, wanted)).toThrow(new TypeError('a bug'));
});
