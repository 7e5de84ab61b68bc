/** Decompresses gzip and believes nothing of it: checksums, sizes, what follows the end, and how far it blows up. */

import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ObjectRejectedError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import { blowUp } from './blow-up.ts';

/**
 * The decompressed bytes of all members.
 * @throws ObjectRejectedError `object.truncated`, `object.checksum`, `object.unreadable` or `object.too_large`; what the
 * source of the blocks throws comes through as it is.
 */
export async function* gunzip(
  blocks: AsyncIterable<Uint8Array>,
  limits: Limits,
): AsyncGenerator<Uint8Array, void> {
  let received = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void> {
    for await (const block of blocks) {
      received += block.length;
      yield block;
    }
  }
  const unzip = createGunzip({ chunkSize: 256 * 1024 });
  const more = blowUp('gzip', limits);
  // What fails in the source ends the decompression with the same error; there is nothing else to do about it here.
  pipeline(Readable.from(counted()), unzip, () => {});
  try {
    for await (const block of unzip as AsyncIterable<Uint8Array>) {
      more(block.length, received);
      yield block;
    }
  } catch (error) {
    throw asRejection(error);
  }
  // zlib stops at a zero byte after the end of a member and leaves the rest unread, whatever it is.
  if (unzip.bytesWritten !== received) {
    throw new ObjectRejectedError(
      'object.unreadable',
      `The gzip data ends after ${unzip.bytesWritten} bytes, and more bytes follow that are not gzip. ` +
        'Something was appended to the object, or it is damaged; deliver it again.',
    );
  }
}

function asRejection(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  if (!String(code).startsWith('Z_')) return error;
  if (code === 'Z_BUF_ERROR') {
    return new ObjectRejectedError(
      'object.truncated',
      'The gzip data ends in the middle; deliver the object again.',
      { cause: error },
    );
  }
  const isChecksum = message === 'incorrect data check' || message === 'incorrect length check';
  return isChecksum
    ? new ObjectRejectedError(
        'object.checksum',
        `The gzip data does not have the ${message.includes('data') ? 'checksum' : 'length'} that it says it has: ` +
          'it was changed on the way. Deliver the object again.',
        { cause: error },
      )
    : new ObjectRejectedError(
        'object.unreadable',
        `The gzip data cannot be decompressed (${message}); deliver the object again.`,
        { cause: error },
      );
}
