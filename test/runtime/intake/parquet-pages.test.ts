/** Pages put together byte by byte: what they say of their sizes and sums, and what is no page. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { checkPages } from '../../../runtime/intake/parquet-pages.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { int, struct, text, type ThriftValue } from '../../support/thrift.ts';

interface Page {
  readonly data: Uint8Array;
  readonly bytes?: number;
  readonly unpacked?: number;
  readonly sum?: number;
  readonly more?: Readonly<Record<number, ThriftValue>>;
}

const pageOf = ({ data, bytes = data.length, unpacked = data.length, sum, more = {} }: Page): Buffer =>
  Buffer.concat([
    struct({ 1: int(0), 2: int(unpacked), 3: int(bytes), ...(sum === undefined ? {} : { 4: int(sum | 0) }), ...more }).bytes,
    data,
  ]); // prettier-ignore

interface Facts {
  readonly unpacked?: number;
  readonly isGzip?: boolean;
  /** Bytes that the column says it has, where they are others than it has. */
  readonly bytes?: number;
}

/** What was told of the pages of a column. */
async function told(
  pages: readonly Uint8Array[],
  { unpacked = 0, isGzip = false, bytes }: Facts = {},
): Promise<number[]> {
  const path = join(await temporaryFolder(), 'x.parquet');
  const content = Buffer.concat(pages);
  await writeFile(path, Buffer.concat([Buffer.from('PAR1'), content]));
  const seen: number[] = [];
  const column = { start: 4, bytes: bytes ?? content.length, unpacked, isGzip };
  await checkPages(path, { columns: [column] }, (size) => void seen.push(size));
  return seen;
}

const data = Buffer.from('a page of some bytes');
const sum = crc32(data);
const rejection = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'ObjectRejectedError', code, message: expect.stringMatching(message) });

test('each page is told of, up to what is none', async () => {
  const good = pageOf({ data, unpacked: 70, sum });
  expect(await told([good, good, good])).toEqual([70, 70, 70]);
  expect(await told([good, Buffer.from([0x1e, 0, 0]), good])).toEqual([70]);
  expect(await told([good, pageOf({ data, bytes: -1 }), good])).toEqual([70]);
  expect(await told([good, good.subarray(0, 3)])).toEqual([70]);
  expect(await told([good, pageOf({ data, bytes: data.length + 1, sum })])).toEqual([70]);
});

test('a header may be as long as its bounds are, and is none if it is longer', async () => {
  const long = (bytes: number) => pageOf({ data, unpacked: 70, sum, more: { 9: text('x'.repeat(bytes)) } });
  expect(await told([long(5000), long(300_000)])).toEqual([70, 70]);
  expect(await told([long(5_000_000)])).toEqual([]);
});

test('a page has no more bytes than all of its column, if that says how many', async () => {
  const page = pageOf({ data, unpacked: 70 });
  expect(await told([page], { unpacked: 70 })).toEqual([70]);
  await expect(told([page], { unpacked: 69 })).rejects.toEqual(
    rejection(
      'object.unreadable',
      /says that it has 70 bytes without compression, and all pages of its column have 69\./,
    ),
  );
});

test('a page has the sum that it says it has', async () => {
  const large = Buffer.alloc(3_000_000, 'some');
  expect(await told([pageOf({ data: large, sum: crc32(large) })])).toEqual([3_000_000]);
  await expect(told([pageOf({ data, sum: sum ^ 1 })])).rejects.toEqual(
    rejection(
      'object.checksum',
      /^A page of the Parquet file, 20 bytes from \d+, does not have the checksum/,
    ),
  );
});

test('a page that ends behind the file has not the sum that it says it has', async () => {
  await expect(told([pageOf({ data, bytes: 1000, sum: 1 })], { bytes: 2000 })).rejects.toEqual(
    rejection('object.checksum', /1000 bytes from/),
  );
});

test('a page of gzip is held against what gzip says, where it has no sum of its own', async () => {
  const gzip = { unpacked: 1000, isGzip: true };
  const packed = gzipSync(data);
  const page = { data: packed, unpacked: data.length };
  expect(await told([pageOf(page)], gzip)).toEqual([data.length]);
  const flipped = packed.with(packed.length - 5, packed.at(-5)! ^ 1);
  for (const at of [-5, -1])
    await expect(
      told([pageOf({ ...page, data: packed.with(packed.length + at, packed.at(at)! ^ 1) })], gzip),
    ).rejects.toEqual(rejection('object.checksum', /does not have the checksum/));
  expect(await told([pageOf({ ...page, data: flipped, sum: crc32(flipped) })], gzip)).toEqual([data.length]);
  expect(await told([pageOf({ ...page, data: flipped })], { ...gzip, isGzip: false })).toEqual([data.length]);
  for (const other of [{ ...page, unpacked: data.length - 1 }, { ...page, data: packed.subarray(0, -1) }, { ...page, data }])
    await expect(told([pageOf(other)], gzip)).rejects.toEqual(
      rejection('object.unreadable', /^The Parquet file is damaged: a page, \d+ bytes from \d+, cannot be decompressed \(.+\)\. Deliver/),
    );
}); // prettier-ignore

test('what a page of the second kind has in front is not compressed, and may be all of it', async () => {
  const gzip = { unpacked: 1000, isGzip: true };
  const second = (definitions: number, repetitions: number, packed: number): ThriftValue =>
    struct({ 5: int(definitions), 6: int(repetitions), 7: { type: packed, bytes: Buffer.alloc(0) } });
  const [PACKED, PLAIN] = [1, 2];
  const page = { data: Buffer.concat([Buffer.from('dddrr'), gzipSync(data)]), unpacked: 5 + data.length };
  expect(await told([pageOf({ ...page, more: { 8: second(3, 2, PACKED) } })], gzip)).toEqual([25]);
  expect(await told([pageOf({ data, more: { 8: second(3, 2, PLAIN) } })], gzip)).toEqual([20]);
  // More in front than there is at all: what that means is for the engine to say.
  expect(await told([pageOf({ data, more: { 8: second(30, 2, PACKED) } })], gzip)).toEqual([20]);
  // Of nothing there may be nothing.
  const none = { data: gzipSync(''), unpacked: 0 };
  expect(await told([pageOf(none)], gzip)).toEqual([0]);
});
