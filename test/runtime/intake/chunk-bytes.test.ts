/** Chunks copied for the engine: byte by byte what was counted, and whether the engine may read them as they are. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import type { InBlocks } from '../../../core/formats/format.ts';
import { isUtf8 } from '../../../core/formats/utf8.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { prepareInBlocks } from '../../../runtime/intake/chunk-bytes.ts';
import type { Files } from '../../../runtime/ports.ts';
import { SEED } from '../../support/schemas.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A store that gives its bytes in blocks of a size, always in the same memory. */
const stored = (bytes: Uint8Array, size: number): Files =>
  ({
    async *read() {
      const block = Buffer.alloc(size);
      for (let at = 0; at < bytes.length; at += size) {
        const length = Math.min(size, bytes.length - at);
        block.set(bytes.subarray(at, at + length));
        yield block.subarray(0, length);
        block.fill(0xff);
      }
    },
  }) as Partial<Files> as Files;

/** As a format does that the engine reads as it is. */
const plain = (): InBlocks => csv().inBlocks!({ fields: ['a'], notes: csvNotes.lf, limits: defaultLimits })!;

const decoded = { uri: '/in/object', version: '1', bytes: 0 };

async function copied(
  bytes: Uint8Array,
  size: number,
  { folder, ...change }: { readonly folder: string; readonly end?: number; readonly crc32?: number },
) {
  const path = join(folder, 'chunk');
  const chunk = { start: 0, end: bytes.length, crc32: crc32(bytes), ...change };
  const read = await prepareInBlocks(stored(bytes, size), decoded, chunk, { inBlocks: plain(), path });
  return { asItIs: read !== undefined, content: await readFile(path) };
}

test('are the same, and UTF-8 wherever a block ends', async () => {
  const folder = await temporaryFolder();
  const text = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '€', '👍', '\u{10ffff}'), maxLength: 12 });
  const byte = fc.constantFrom(0x61, 0x80, 0xbf, 0xc1, 0xc3, 0xe0, 0xed, 0xa0, 0xf0, 0xf4, 0xf5, 0xff);
  const bytes = fc.oneof(
    text.map((plain) => Buffer.from(plain)),
    fc
      .tuple(text, fc.array(byte, { maxLength: 4 }), text)
      .map(([a, b, c]) => Buffer.concat([Buffer.from(a), Buffer.from(b), Buffer.from(c)])),
  );
  const seen = { yes: 0, no: 0 };
  await fc.assert(
    fc.asyncProperty(bytes, async (given) => {
      for (const size of [1, 2, 3, 5, 64]) {
        const { asItIs, content } = await copied(given, size, { folder });
        expect(content.equals(given)).toBe(true);
        expect({ size, asItIs }).toEqual({ size, asItIs: isUtf8(given) });
        if (asItIs) seen.yes++;
        else seen.no++;
      }
    }),
    { numRuns: 150, seed: SEED },
  );
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100);
});

test('are not read as they are with a byte order mark in front, which the engine would drop', async () => {
  const folder = await temporaryFolder();
  const marked = Buffer.from('\ufeffa,b\n');
  expect(await copied(marked, 64, { folder })).toMatchObject({ asItIs: false });
  expect(await copied(Buffer.from('a\ufeff,b\n'), 64, { folder })).toMatchObject({ asItIs: true });
});

describe('are not what was counted', () => {
  const bytes = Buffer.from('1\n2\n');
  test.each([
    ['other bytes', { crc32: 7 }, 'ObjectChangedError'],
    ['more bytes', { end: 3 }, 'TransientError'],
    ['fewer bytes', { end: 5 }, 'TransientError'],
  ])('%s', async (_, change, name) => {
    const folder = await temporaryFolder();
    await expect(copied(bytes, 2, { folder, ...change })).rejects.toThrow(expect.objectContaining({ name }));
    expect(await copied(bytes, 2, { folder })).toMatchObject({ asItIs: true });
  });
});
