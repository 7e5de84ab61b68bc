/**
 * Decompresses zstd frame by frame: where a frame ends is read from its own structure, because the library stops after
 * the first one and leaves the rest unread, whatever it is.
 */

import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { ObjectRejectedError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import { blowUp } from './blow-up.ts';
import { byteReader, type ByteReader } from './byte-reader.ts';

const FRAME = 0xfd2fb528;
/** Of a frame that holds no data, in the upper 28 bits. */
const SKIPPABLE = 0x184d2a5;
const RUN = 1;

/**
 * The decompressed bytes of all frames.
 * @throws ObjectRejectedError `object.truncated`, `object.checksum`, `object.unreadable` or `object.too_large`; what the
 * source of the blocks throws comes through as it is.
 */
export async function* zstd(
  blocks: AsyncIterable<Uint8Array>,
  limits: Limits,
): AsyncGenerator<Uint8Array, void> {
  const reader = byteReader(blocks, truncated);
  const more = blowUp('zstd', limits);
  for (;;) {
    const magic = await reader.atMost(4);
    if (magic.length === 0) return;
    const name = magic.length < 4 ? 0 : magic.readUInt32LE(0);
    if (name >>> 4 === SKIPPABLE) {
      let rest = (await reader.exactly(4)).readUInt32LE(0);
      while (rest > 0) rest -= (await reader.some(rest)).length;
      continue;
    }
    if (name !== FRAME) {
      if (magic.length < 4) throw truncated();
      throw unreadable(`after ${reader.read - 4} bytes something follows that is no frame`);
    }
    const unzip = createZstdDecompress({ chunkSize: 256 * 1024 });
    let failure: unknown;
    async function* judged(): AsyncGenerator<Uint8Array, void> {
      try {
        yield* frame(reader, magic);
      } catch (error) {
        failure = error;
        throw error;
      }
    }
    // What fails in the source ends the decompression with the same error; there is nothing else to do about it here.
    pipeline(Readable.from(judged()), unzip, () => {});
    try {
      for await (const block of unzip as AsyncIterable<Uint8Array>) {
        more(block.length, reader.read);
        yield block;
      }
    } catch (error) {
      throw failure ?? asRejection(error);
    }
  }
}

/** The bytes of one frame, its magic number given. */
async function* frame(reader: ByteReader, magic: Buffer): AsyncGenerator<Uint8Array, void> {
  yield magic;
  const [descriptor] = yield* passed(reader, 1);
  const isSingle = (descriptor! & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor! & 3]!;
  const size = [isSingle ? 1 : 0, 2, 4, 8][descriptor! >> 6]!;
  yield* passed(reader, (isSingle ? 0 : 1) + dictionary + size);
  for (let isLast = false; !isLast;) {
    const header = (yield* passed(reader, 3)).readUIntLE(0, 3);
    isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    let rest = type === RUN ? 1 : header >> 3;
    while (rest > 0) {
      const bytes = await reader.some(rest);
      rest -= bytes.length;
      yield bytes;
    }
  }
  if ((descriptor! & 4) !== 0) yield await reader.exactly(4);
}

async function* passed(reader: ByteReader, count: number): AsyncGenerator<Uint8Array, Buffer> {
  const bytes = await reader.exactly(count);
  if (count > 0) yield bytes;
  return bytes;
}

const truncated = (): ObjectRejectedError =>
  new ObjectRejectedError('object.truncated', 'The zstd data ends in the middle; deliver the object again.');

const unreadable = (why: string, cause?: unknown): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.unreadable',
    `The zstd data cannot be decompressed (${why}); deliver the object again.`,
    { cause },
  );

/** What is whole, and takes more than there is here. */
const otherwise = (why: string, cause: unknown): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.unreadable',
    `The zstd data cannot be decompressed (${why}); compress it without a dictionary, and with a window of at most 128 MiB.`,
    { cause },
  );

function asRejection(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  if (!/^(?:ZSTD_error|Z)_/.test(String(code))) return error;
  if (code === 'ZSTD_error_frameParameter_windowTooLarge' || code === 'ZSTD_error_dictionary_wrong')
    return otherwise(message, error);
  if (code !== 'ZSTD_error_checksum_wrong') return unreadable(message, error);
  return new ObjectRejectedError(
    'object.checksum',
    'The zstd data does not have the checksum that it says it has: it was changed on the way. Deliver the object again.',
    { cause: error },
  );
}
