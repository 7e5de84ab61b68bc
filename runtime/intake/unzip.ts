/** The one file in a zip archive, found by the archive's directory and held against what that says of it. */

import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { ObjectRejectedError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import { blowUp } from './blow-up.ts';
import type { Compressed } from './compressed.ts';
import { onlyFile, zipDirectory, type ZipMember } from './zip-directory.ts';

const STORED = 0;

/**
 * The bytes of the archive's only file.
 * @throws ObjectRejectedError `object.format` for another number of files, `object.truncated`, `object.checksum`,
 * `object.unreadable` or `object.too_large`; what the store throws comes through as it is.
 */
export async function* unzip(object: Compressed, limits: Limits): AsyncGenerator<Uint8Array, void> {
  yield* memberBytes(object, onlyFile(await zipDirectory(object, limits)), limits);
}

/** The bytes of one member, checked against its size and checksum at the end. */
export async function* memberBytes(
  object: Compressed,
  member: ZipMember,
  limits: Limits,
): AsyncGenerator<Uint8Array, void> {
  const more = blowUp('zip', limits);
  const packed = object.range(member.start, member.start + member.packed);
  let checksum = 0;
  let bytes = 0;
  for await (const block of member.method === STORED ? packed : inflated(packed, member)) {
    more(block.length, member.packed);
    checksum = crc32(block, checksum);
    bytes += block.length;
    yield block;
  }
  if (bytes === member.bytes && checksum === member.checksum) return;
  throw new ObjectRejectedError(
    'object.checksum',
    `The zip archive does not have the ${bytes === member.bytes ? 'checksum' : 'length'} for ${member.name} that it says ` +
      'it has: it was changed on the way. Deliver the object again.',
  );
}

async function* inflated(
  packed: AsyncIterable<Uint8Array>,
  member: ZipMember,
): AsyncGenerator<Uint8Array, void> {
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
  // What fails in the source ends the decompression with the same error; there is nothing else to do about it here.
  pipeline(Readable.from(packed), inflate, () => {});
  try {
    yield* inflate as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (!String(code).startsWith('Z_')) throw error;
    throw new ObjectRejectedError(
      'object.unreadable',
      `${member.name} in the zip archive cannot be decompressed (${message}); deliver the object again.`,
      { cause: error },
    );
  }
  if (inflate.bytesWritten === member.packed) return;
  throw new ObjectRejectedError(
    'object.unreadable',
    `${member.name} in the zip archive ends before the archive says it does; deliver the object again.`,
  );
}
