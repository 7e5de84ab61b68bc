/** How objects are compressed, one line each: told by their first bytes, and opened under the same limits. */

import { ObjectRejectedError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { Compressed } from './compressed.ts';
import { gunzip } from './gunzip.ts';
import { unzip } from './unzip.ts';
import { zstd } from './zstd.ts';

interface Codec {
  readonly name: string;
  readonly ending: string;
  /** Its first bytes are one of these; a frame of zstd without data may stand first, and has 16 numbers. */
  readonly magics: readonly (readonly number[])[];
  /** The decompressed bytes, of which none may be believed before the last one. @throws ObjectRejectedError */
  open(object: Compressed, limits: Limits): AsyncIterable<Uint8Array>;
}

const withoutData = Array.from({ length: 16 }, (_, i) => [0x50 + i, 0x2a, 0x4d, 0x18]);

const codecs: readonly Codec[] = [
  { name: 'gzip', ending: '.gz', magics: [[0x1f, 0x8b]], open: (object, limits) => gunzip(object.blocks(), limits) },
  { name: 'zstd', ending: '.zst', magics: [[0x28, 0xb5, 0x2f, 0xfd], ...withoutData], open: (object, limits) => zstd(object.blocks(), limits) },
  { name: 'zip', ending: '.zip', magics: [[0x50, 0x4b, 0x03, 0x04]], open: unzip },
]; // prettier-ignore

/** Bytes by which a codec is told. */
export const CODEC_BYTES = Math.max(...codecs.flatMap(({ magics }) => magics.map(({ length }) => length)));

/**
 * How the object is compressed, if it is.
 * @throws ObjectRejectedError if its name says so, wrongly.
 */
export function codecOf(head: Uint8Array, uri: string): Codec | undefined {
  const found = codecs.find(({ magics }) =>
    magics.some((magic) => magic.every((byte, i) => head[i] === byte)),
  );
  const named = codecs.find(({ ending }) => uri.toLowerCase().endsWith(ending));
  if (found !== undefined || named === undefined) return found;
  const { name, ending, magics } = named;
  if (head.length < magics[0]!.length) {
    throw new ObjectRejectedError(
      'object.truncated',
      `The object's name ends with ${ending}, and it has ${head.length} bytes; deliver it again.`,
    );
  }
  throw new ObjectRejectedError(
    'object.unreadable',
    `The object's name ends with ${ending}, and its bytes are not ${name}. Compress it, or name it without ${ending}.`,
  );
}
