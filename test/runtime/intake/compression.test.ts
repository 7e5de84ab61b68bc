/** zstd and zip: nothing is believed that is not proved, and nothing that follows is left unread. */

import { createHash } from 'node:crypto';
import { constants, createZstdDecompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { memberBytes } from '../../../runtime/intake/unzip.ts';
import { DECODED, rejected, rowsOf, take, taken, type Taking } from '../../support/intake.ts';
import { zipOf, type ZipFile } from '../../support/zip.ts';

const text = `a,b\n${Array.from({ length: 60 }, (_, i) => `${i},${(i * 7919) % 1000}\n`).join('')}`;
const zstdOf = (content: string) =>
  zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const zst = zstdOf(text);
const both = Buffer.concat([zstdOf(text.slice(0, 50)), zstdOf(text.slice(50))]);
const file = (more: Partial<ZipFile> = {}): ZipFile => ({ name: 'in/x.csv', content: text, ...more });
const zip = zipOf([file()]);
const zip64 = zipOf([file()], { long: true });
const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);

/** `same`, `other`, or the code that the object was rejected with; nothing is left of one that was. */
async function verdictOn(object: Uint8Array, taking: Taking = {}): Promise<string> {
  const { files, result } = await take(csv(), object, taking);
  expect(result.sha256).toBe(createHash('sha256').update(object).digest('hex'));
  expect(files.contents.has(DECODED)).toBe(!('rejected' in result));
  if ('rejected' in result) return result.rejected.code;
  return Buffer.from(files.contents.get(DECODED)!).toString() === text ? 'same' : 'other';
}

describe('a good object is known by its bytes and read whole', () => {
  it.each([
    ['zstd', zst],
    ['zstd without a checksum', zstdCompressSync(text)],
    ['two frames', both],
    ['a frame without data before, between and behind', Buffer.concat([skippable, both, skippable])],
    ['zip', zip],
    ['zip, stored', zipOf([file({ method: 0 })])],
    ['zip with numbers of 64 bits', zip64],
    [
      'zip with numbers of 64 bits and a comment',
      zipOf([file()], { long: true, comment: 'x'.repeat(65_535) }),
    ],
    ['zip with numbers of 64 bits in its records alone', withShortEnd(zip64, zip)],
    ['zip with a comment', zipOf([file()], { comment: 'sent by PK\u0005\u0006 us' })],
    [
      'zip with folders and what a Mac adds',
      zipOf([
        { name: 'in/', content: '', method: 0 },
        file(),
        { name: '__MACOSX/in/._x.csv', content: 'x' },
        { name: '.DS_Store', content: 'y' },
      ]),
    ],
  ])('%s', async (_, object) => {
    for (const blockBytes of [1, 7, 1e6]) {
      for (const name of ['/in/object', '/in/object.csv']) {
        expect(await verdictOn(object, { blockBytes, name })).toBe('same');
      }
    }
    const { files, result } = await taken(csv(), object, { blockBytes: 3 });
    expect(await rowsOf(csv(), files, result)).toHaveLength(60);
  });

  it('where the library would stop after the first frame and tell nobody', async () => {
    const unzip = createZstdDecompress();
    unzip.end(both);
    expect(Buffer.concat(await Array.fromAsync(unzip)).toString()).toBe(text.slice(0, 50));
    expect(await verdictOn(both)).toBe('same');
  });
});

/** An archive that says to have one file. */
function fewer(object: Buffer): Buffer {
  const copy = Buffer.from(object);
  copy.writeUInt16LE(1, copy.length - 14);
  copy.writeUInt16LE(1, copy.length - 12);
  return copy;
}

/** Where the entry of the only file begins, from the archive's end. */
const ENTRY = -22 - 46 - 'in/x.csv'.length;

/** An archive whose second file does not begin as files do. */
function damagedHead(object: Buffer): Buffer {
  const copy = Buffer.from(object);
  copy[copy.indexOf('PK\u0003\u0004', 4, 'latin1')] = 0;
  return copy;
}

/** Places in the archive with numbers of 64 bits, from its end. */
const [LOCATOR, LONG_END, EXTRA] = [-22 - 20, -22 - 20 - 56, -22 - 20 - 56 - 34];

/** A copy with other bytes at some places, which are counted from its end. */
function changed(object: Buffer, ...places: readonly number[]): Buffer {
  const copy = Buffer.from(object);
  for (let i = 0; i < places.length; i += 2) copy[copy.length + places[i]!] = places[i + 1]!;
  return copy;
}

/** The archive with the other one's numbers in its last record. */
function withShortEnd(object: Buffer, other: Buffer): Buffer {
  const end = Buffer.from(other.subarray(-22));
  end.writeUInt32LE(object.length - 22 - 20 - 56 - end.readUInt32LE(16), 12);
  return Buffer.concat([object.subarray(0, -22), end]);
}

/** The window of a frame, which may be any size, as 2 GiB. */
function wideWindow(object: Uint8Array): Buffer {
  const [magic, rest] = [object.subarray(0, 4), object.subarray(4)];
  const [flags, ...size] = rest;
  const skipped = [1, 2, 4, 8][flags! >> 6]!;
  return Buffer.concat([magic, Buffer.of(flags! & 4, 21 << 3), Buffer.from(size.slice(skipped))]);
}

/** A zip archive that says to be the second of several. */
function numbered(object: Buffer): Buffer {
  const part = Buffer.from(object);
  part.writeUInt16LE(1, part.length - 18);
  return part;
}

describe('a damaged object', () => {
  it.each([
    ['zstd', zst],
    ['zip', zip],
    ['zip', zip64],
  ])('of %s is truncated, wherever it was cut', async (name, object) => {
    for (let length = 0; length < object.length; length++) {
      const cut = object.subarray(0, length);
      const taking = {
        blockBytes: length % 2 === 0 ? 1 : 1e6,
        name: `/in/x.csv.${name === 'zip' ? 'zip' : 'zst'}`,
      };
      expect(await verdictOn(cut, taking)).toBe('object.truncated');
    }
    for (let length = zstdOf(text.slice(0, 50)).length + 1; length < both.length; length++) {
      expect(await verdictOn(both.subarray(0, length))).toBe('object.truncated');
    }
  });

  it.each([
    ['zstd', zst],
    ['zip', zip],
    ['zip with numbers of 64 bits', zip64],
  ])('of %s is never taken in with other data, whichever bit was flipped', async (_, object) => {
    const verdicts = new Set<string>();
    for (let bit = 32; bit < object.length * 8; bit++) {
      const flipped = Buffer.from(object);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      verdicts.add(await verdictOn(flipped));
    }
    // Bits that mean nothing (dates, who made it) change nothing.
    expect([...verdicts].filter((verdict) => verdict === 'other')).toEqual([]);
    expect(verdicts).toContain('object.checksum');
  });

  it.each([
    ['zeros behind zstd', Buffer.concat([zst, Buffer.alloc(8)]), 'object.unreadable', /something follows/],
    [
      'text behind zstd',
      Buffer.concat([zst, Buffer.from('a,b\n1,2\n')]),
      'object.unreadable',
      /something follows/,
    ],
    [
      'something behind zip',
      Buffer.concat([zip, Buffer.from('more')]),
      'object.truncated',
      /no directory at its end/,
    ],
    [
      'a program in front of zip',
      Buffer.concat([Buffer.from('PK\u0003\u0004MZ'), zip]),
      'object.unreadable',
      /not where it says/,
    ],
    ['gzip in zstd', zstdCompressSync(gzipSync(text)), 'object.unreadable', /compressed twice, with gzip/],
    ['zip in zip', zipOf([file({ content: zip })]), 'object.unreadable', /compressed twice, with zip/],
    [
      'a checksum that is not its own',
      zipOf([file({ says: { checksum: 1 } })]),
      'object.checksum',
      /checksum/,
    ],
    ['a length that is not its own', zipOf([file({ says: { bytes: 9 } })]), 'object.checksum', /length/],
    [
      'compressed bytes that are fewer',
      zipOf([file({ says: { packed: 20 } })]),
      'object.unreadable',
      /cannot be decompressed|ends before/,
    ],
    [
      'bytes behind the compressed ones',
      zipOf([file({ behind: 'more' })]),
      'object.unreadable',
      /ends before/,
    ],
    ['the number of a part', numbered(zip), 'object.unreadable', /one part of several/],
    [
      'the number of a part in 64 bits',
      changed(zip64, LONG_END + 16, 1),
      'object.unreadable',
      /one part of several/,
    ],
    [
      'a record of the end that is elsewhere',
      changed(zip64, LOCATOR + 8, 0),
      'object.unreadable',
      /not where it says/,
    ],
    [
      'a record of the end that is behind',
      changed(zip64, LOCATOR + 8, 255),
      'object.unreadable',
      /not where it says/,
    ],
    [
      'a record of the end of another length',
      changed(zip64, LONG_END + 4, 45),
      'object.unreadable',
      /not where it says/,
    ],
    [
      'another thing than a record of the end',
      changed(zip64, LONG_END, 0),
      'object.unreadable',
      /not where it says/,
    ],
    [
      'a directory that is elsewhere',
      changed(zip64, LONG_END + 48, 1),
      'object.unreadable',
      /not where it says/,
    ],
    [
      'more files than there are',
      changed(zip64, LONG_END + 24, 2, LONG_END + 32, 2),
      'object.unreadable',
      /directory is damaged/,
    ],
    [
      'numbers of 64 bits that are cut',
      changed(zip64, EXTRA + 8, 23),
      'object.unreadable',
      /directory is damaged/,
    ],
    [
      'a name that is not its own',
      zipOf([file({ says: { name: 'other.csv' } })]),
      'object.unreadable',
      /another name/,
    ],
    ['an encrypted file', zipOf([file({ flags: 1 })]), 'object.unreadable', /encrypted/],
    ['a method that is not read', zipOf([file({ method: 12 })]), 'object.unreadable', /method 12/],
    [
      'a size that stands nowhere',
      zipOf([file({ says: { bytes: 0xffffffff } })]),
      'object.unreadable',
      /its directory is damaged/,
    ],
    [
      'a zstd window of gigabytes',
      wideWindow(zst),
      'object.unreadable',
      /too much memory.*window of at most 128 MiB/,
    ],
    [
      'more bytes than stand before its directory',
      zipOf([file({ says: { packed: 2 ** 30 } })]),
      'object.unreadable',
      /is not where its directory says/,
    ],
    [
      'a file behind its end',
      changed(zip, ENTRY + 44, 1),
      'object.unreadable',
      /is not where its directory says/,
    ],
    [
      'a file that does not begin as one',
      damagedHead(zipOf([{ name: 'in/', content: '', method: 0 }, file()])),
      'object.unreadable',
      /is not where its directory says/,
    ],
    [
      'an entry longer than its directory',
      changed(zip, ENTRY + 31, 255),
      'object.unreadable',
      /its directory is damaged/,
    ],
    [
      'a stored file of another length',
      zipOf([file({ method: 0, says: { bytes: 9 } })]),
      'object.checksum',
      /length/,
    ],
    [
      'more in its directory than it says',
      fewer(zipOf([file(), file({ name: 'y.csv' })])),
      'object.unreadable',
      /directory is damaged/,
    ],
    ['two files', zipOf([file(), file({ name: 'y.csv' })]), 'object.format', /found 2: "in\/x.csv", "y.csv"/],
    ['folders alone', zipOf([{ name: 'in/', content: '', method: 0 }]), 'object.format', /found 0/],
    ['text with the name of zstd', Buffer.from('a,b\n1,2\n'), 'object.unreadable', /name ends with \.zst/],
  ])('with %s is refused', async (what, object, code, message) => {
    const name = what.startsWith('text with') ? '/in/x.csv.zst' : '/in/object';
    const { result } = await rejected(csv(), Uint8Array.from(object), { name });
    expect(result.rejected).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test('of zip has a directory of bounded length', async () => {
  const { result } = await rejected(csv(), zipOf([file({ name: 'x'.repeat(2_000) })]), {
    limits: { headerBytes: 1_000 },
  });
  expect(result.rejected).toMatchObject({
    code: 'object.unreadable',
    message: expect.stringMatching(/more than 1000 bytes \(the limit headerBytes\)/),
  });
});

test('what the store says while a zip archive is read comes through as it is', async () => {
  const member = { name: 'x', method: 8, start: 0, packed: 9, bytes: 9, checksum: 0 };
  const object = {
    size: 9,
    blocks: () => fails(),
    range: () => fails(),
  };
  await expect(Array.fromAsync(memberBytes(object, member, defaultLimits))).rejects.toThrow(
    'the store is down',
  );
});

async function* fails(): AsyncGenerator<Uint8Array, void> {
  yield await Promise.reject(new Error('the store is down'));
}

describe('an object that blows up', () => {
  const limits = { ratio: 20, ratioFloor: 10_000, decodedBytes: 1_000_000 };
  const large = 'a,b\n'.padEnd(100_000, '1,2\n');
  const huge = 'a,b\n'.padEnd(2_000_000, '1,2\n');
  it.each([
    ['zstd, by its ratio', zstdCompressSync(large), /20 times/],
    ['zip, by its ratio', zipOf([file({ content: large })]), /20 times/],
    ['zip that says otherwise', zipOf([file({ content: large, says: { bytes: 10 } })]), /20 times/],
    ['zip, by its size', zipOf([file({ content: huge, method: 0 })]), /1000000 decompressed bytes/],
  ])('%s is not read further', async (_, object, message) => {
    const { files, result } = await rejected(csv(), object, { limits });
    expect(result.rejected).toMatchObject({
      code: 'object.too_large',
      message: expect.stringMatching(message),
    });
    expect(files.contents.has(DECODED)).toBe(false);
    expect(await verdictOn(object)).not.toBe('object.too_large');
  });
});
