/** Cuts depend on the content alone, whatever the blocks are and whoever uses their memory again. */

import { expect, test } from 'vitest';
import type { Format } from '../../../core/formats/format.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { format } from '../../../core/vocabulary.ts';
import { cutter } from '../../../runtime/intake/cutter.ts';

const object = new TextEncoder().encode(
  `a,b\n${Array.from({ length: 400 }, (_, i) => `${i},"x,${'y'.repeat(i % 9)}"\n`).join('')}`,
);
const limits = { ...defaultLimits, chunkBytes: 500 };

function cutInBlocks(bytes: number) {
  const cutting = cutter(format.csv(), limits);
  const block = new Uint8Array(bytes);
  for (let at = 0; at < object.length; at += bytes) {
    const length = Math.min(bytes, object.length - at);
    block.set(object.subarray(at, at + length));
    cutting.push(block.subarray(0, length));
    block.fill(10);
  }
  return cutting.end();
}

test.each([1, 2, 3, 7, 64, 499, 500, 501])('in blocks of %d bytes as in one', (bytes) => {
  const whole = cutInBlocks(object.length);
  expect(whole.chunks.length).toBeGreaterThan(5);
  expect(cutInBlocks(bytes)).toEqual(whole);
});

test('an object that ends before anything begins is refused by the name of its format', () => {
  const never: Format = { ...format.json(), header: () => undefined };
  const cutting = cutter(never, limits);
  cutting.push(object);
  expect(() => cutting.end()).toThrow(
    expect.objectContaining({ code: 'object.format', message: 'The object ends before its json begins.' }),
  );
});

test('what the first bytes say is not judged before enough of them are there', () => {
  const wide = Buffer.from('\ufeffa,b\n1,2\n', 'utf16le');
  const cutting = cutter(format.csv(), limits);
  for (const byte of wide) cutting.push(Uint8Array.of(byte));
  expect(cutting.end()).toMatchObject({
    found: { encoding: 'utf-16le' },
    header: { fields: ['a', 'b'], bytes: 8 },
    records: 1,
  });
});
