/** Blocks of snappy, whole and damaged. */

import { expect, test } from 'vitest';
import { unsnap } from '../../../runtime/intake/unsnap.ts';

const read = (...bytes: number[]): string => Buffer.from(unsnap(Uint8Array.from(bytes), 1000)).toString();
/** A literal of one letter. */
const [ONE, A] = [0, 97];

test('literals and copies become what they stand for, also of what they write themselves', () => {
  expect(read(1, ONE, A)).toBe('a');
  expect(read(6, ONE, A, 0x05, 1)).toBe('aaaaaa');
  expect(read(5, ONE, A, 0x0e, 1, 0)).toBe('aaaaa');
  expect(read(5, ONE, A, 0x0f, 1, 0, 0, 0)).toBe('aaaaa');
  expect(read(3, 60 << 2, 2, 97, 98, 99)).toBe('abc');
});

test.each<[string, number[]]>([
  ['that has no size', []],
  ['that ends in a tag', [5, ONE, A, 0x05]],
  ['with a literal past its end', [5, 4 << 2, A]],
  ['with a literal larger than it says', [1, 1 << 2, A, A]],
  ['with a copy of nothing', [5, ONE, A, 0x01, 0]],
  ['with a copy from before its start', [5, ONE, A, 0x01, 2]],
  ['with a copy larger than it says', [2, ONE, A, 0x01, 1]],
  ['of fewer bytes than it says', [2, ONE, A]],
])('a block %s is damaged', (_, bytes) => {
  expect(() => read(...bytes)).toThrow(/A block of snappy is damaged/);
});

test('a block of more bytes than are allowed is refused before there is room for it', () => {
  const large = expect.objectContaining({ code: 'object.too_large' });
  expect(() => read(0xe9, 0x07)).toThrow(large);
  expect(() => read(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)).toThrow(large);
});
