/** Zip archives and frames of zstd at the edges of what there may be. */

import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { memberBytes } from '../../../runtime/intake/unzip.ts';
import { zstd } from '../../../runtime/intake/zstd.ts';
import { rejected } from '../../support/intake.ts';
import { zipOf } from '../../support/zip.ts';

test('an archive too short for numbers of 64 bits has none', async () => {
  const end = zipOf([]);
  end.writeUInt32LE(4, 16);
  const { result } = await rejected(csv(), Buffer.concat([Buffer.from('PK\u0003\u0004'), end]));
  expect(result.rejected).toMatchObject({
    code: 'object.format',
    message: 'Expected one file in the zip archive, found 0. Deliver each file in an archive of its own.',
  });
});

/** The archive of one file with another byte at a place, which is counted from its end. */
function changed(at: number, byte: number): Buffer {
  const archive = zipOf([{ name: 'x.csv', content: 'a,b\n1,2\n' }]);
  archive[archive.length + at] = byte;
  return archive;
}

test.each<[string, number, number, string]>([
  ['more files on all parts than on this one', -12, 2, 'it is one part of several'],
  ['fewer files on this part than on all', -14, 0, 'it is one part of several'],
  ['an entry that does not begin as one', -22 - 46 - 'x.csv'.length, 0, 'its directory is damaged'],
])('an archive that has %s is refused', async (_, at, byte, why) => {
  const { result } = await rejected(csv(), changed(at, byte));
  expect(result.rejected).toMatchObject({
    code: 'object.unreadable',
    message: `The zip archive cannot be read: ${why}. Deliver one file in a plain archive, or compressed with gzip or zstd.`,
  });
});

/** The frame as one that was made with a dictionary. */
function withDictionary(frame: Buffer): Buffer {
  const flags = frame[4]!;
  const at = (flags & 0x20) === 0 ? 6 : 5;
  const copy = Buffer.concat([frame.subarray(0, at), Buffer.of(7), frame.subarray(at)]);
  copy[4] = flags | 1;
  return copy;
}

test('a frame of zstd that was made with a dictionary says what to do', async () => {
  const { result } = await rejected(csv(), withDictionary(zstdCompressSync('a,b\n1,2\n')));
  expect(result.rejected).toMatchObject({
    code: 'object.unreadable',
    message:
      'The zstd data cannot be decompressed (Dictionary mismatch); compress it without a dictionary, and with a window of at most 128 MiB.',
  });
});

test('a frame of zstd with a block of no kind is damaged', async () => {
  const frame = zstdCompressSync('a,b\n1,2\n');
  frame[6]! |= 6;
  const { result } = await rejected(csv(), frame);
  expect(result.rejected).toMatchObject({
    code: 'object.unreadable',
    message: expect.stringMatching(
      /^The zstd data cannot be decompressed \(.+\); deliver the object again\.$/,
    ),
  });
});

test.each([undefined, 'ECONNRESET', 'ZLIB', 7])(
  'what the store says with the code %j comes through as it is',
  async (code) => {
    const failure = Object.assign(new Error('the store is down'), code === undefined ? {} : { code });
    async function* fails(): AsyncGenerator<Uint8Array, void> {
      yield await Promise.reject(failure);
    }
    const object = { size: 9, blocks: fails, range: fails };
    const member = { name: 'x', method: 8, start: 0, packed: 9, bytes: 9, checksum: 0 };
    await expect(Array.fromAsync(memberBytes(object, member, defaultLimits))).rejects.toBe(failure);
    await expect(Array.fromAsync(zstd(fails(), defaultLimits))).rejects.toBe(failure);
  },
);
