/** Headers of pages as writers make them, cut anywhere, and bytes that are none. */

import { expect, test } from 'vitest';
import { pageHeader } from '../../../runtime/intake/parquet-page-header.ts';

/** Type 0, 300 bytes, 100 bytes, a checksum, and what a page of data says of itself, its bounds among it. */
const SIZES = [0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0xc8, 0x01];
const CHECKSUM = [0x15, 0xed, 0xfb, 0x8b, 0x9b, 0x0f];
const BOUNDS = [0x1c, 0x18, 0x02, 0x61, 0x62, 0x11, 0x12, 0x00];
const DATA = [0x1c, 0x15, 0x06, 0x15, 0x00, 0x15, 0x06, 0x15, 0x06, ...BOUNDS, 0x00];
const whole = Uint8Array.from([...SIZES, ...CHECKSUM, ...DATA, 0x00]);

test('tells how long it is, how long its page is, and the checksum as it is counted', () => {
  const checksum = -2041675511 >>> 0;
  expect(pageHeader(Uint8Array.from([...whole, 1, 2, 3]))).toEqual({
    length: whole.length,
    bytes: 100,
    unpacked: 300,
    plain: 0,
    checksum,
  });
});

test('has no checksum, or a type that nobody knows yet', () => {
  const [LIST, MAP] = [
    [0x79, 0x21, 0x01, 0x02],
    [0x1b, 0x01, 0x51, 0x02, 0x01],
  ];
  const bytes = Uint8Array.from([
    ...SIZES,
    ...LIST,
    ...MAP,
    0x13,
    0x07,
    0x17,
    ...Array(8).fill(1),
    0x05,
    0x40,
    0x02,
    0x00,
  ]);
  expect(pageHeader(bytes)).toEqual({ length: bytes.length, bytes: 100, unpacked: 300, plain: 0 });
});

test.each([
  [
    'is compressed behind its levels',
    [0x15, 0x06, 0x15, 0x00, 0x15, 0x06, 0x15, 0x00, 0x15, 0x04, 0x15, 0x06],
    5,
  ],
  ['is said to be compressed', [0x55, 0x04, 0x15, 0x06, 0x11], 5],
  ['is not compressed', [0x55, 0x04, 0x15, 0x06, 0x12], 100],
])('a page of the second kind %s', (_, second, plain) => {
  const bytes = Uint8Array.from([...SIZES, 0x5c, ...second, 0x00, 0x00]);
  expect(pageHeader(bytes)).toEqual({ length: bytes.length, bytes: 100, unpacked: 300, plain });
});

test('is cut wherever its bytes end', () => {
  for (let length = 0; length < whole.length; length++)
    expect([length, pageHeader(whole.subarray(0, length))]).toEqual([length, 'cut']);
});

test('is cut where a list goes on and on, and not counted to its end', () => {
  const began = performance.now();
  const list = [0x79, 0xf1, ...Array(6).fill(0xff), 0x0f];
  expect(pageHeader(Uint8Array.from([...SIZES, ...list, 1, 1, 0]))).toBe('cut');
  expect(performance.now() - began).toBeLessThan(1000);
});

test.each([
  ['a type that there is not', [0x1e, 0x00]],
  ['no size', [0x15, 0x00, 0x00]],
  ['a size without compression alone', [0x15, 0x00, 0x15, 0x02, 0x00]],
  ['no size without compression', [0x15, 0x00, 0x25, 0x02, 0x00]],
  ['a size below nothing', [0x15, 0x00, 0x15, 0x02, 0x15, 0x01, 0x00]],
  ['a size without compression below nothing', [0x15, 0x00, 0x15, 0x01, 0x15, 0x02, 0x00]],
  ['a size that is no number', [0x15, 0x00, 0x18, 0x01, 0x61, 0x15, 0x02, 0x00]],
  ['more levels than there are', Array(40).fill(0x1c)],
  ['a number without an end', [0x15, ...Array(12).fill(0xff)]],
])('is none with %s', (_, bytes) => {
  expect(pageHeader(Uint8Array.from([...bytes, ...Array(20).fill(0)]))).toBe(undefined);
});
