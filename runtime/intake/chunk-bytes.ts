/** The bytes of a chunk, held against what was counted: in memory, or as a file for the engine. */

import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { ObjectChangedError, TransientError } from '../../core/errors.ts';
import type { Files } from '../ports.ts';
import type { Chunk, Manifest } from '../values.ts';

/** Where the decoded bytes are: the object itself, or the copy made while decompressing. */
export type Decoded = Manifest['object']['decoded'];

type Place = Pick<Chunk, 'start' | 'end' | 'crc32'>;

/** @throws ObjectChangedError if the decoded bytes are no longer what they were. */
export async function readChunk(files: Files, decoded: Decoded, chunk: Place): Promise<Uint8Array> {
  const bytes = new Uint8Array(chunk.end - chunk.start);
  let at = 0;
  for await (const block of blocksOf(files, decoded, chunk)) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

/**
 * Copies a chunk to a file, a block in memory at a time.
 * @returns whether an engine that reads UTF-8 reads these bytes as they are: they are UTF-8, without a byte order mark in
 * front, which it would drop (an object's own is in no chunk).
 * @throws ObjectChangedError as `readChunk`.
 */
export async function copyChunk(
  files: Files,
  decoded: Decoded,
  chunk: Place,
  path: string,
): Promise<boolean> {
  const text = utf8InBlocks();
  let isFirst = true;
  let isMarked = false;
  const file = await open(path, 'w');
  try {
    for await (const block of blocksOf(files, decoded, chunk)) {
      isMarked ||= isFirst && BYTE_ORDER_MARK.every((byte, i) => block[i] === byte);
      isFirst = false;
      text.push(block);
      await file.writeFile(block);
    }
  } finally {
    await file.close();
  }
  return text.end() && !isMarked;
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

async function* blocksOf(
  files: Files,
  { uri, version }: Decoded,
  { start, end, crc32: counted }: Place,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  let sum = 0;
  for await (const block of files.read(uri, { start, end, version, reuse: true })) {
    length += block.length;
    if (length > end - start) break;
    sum = crc32(block, sum);
    yield block;
  }
  if (length !== end - start) {
    throw new TransientError(
      `${uri} gave another number of bytes than the ${end - start} from ${start} to ${end}; try again.`,
    );
  }
  if (counted !== undefined && sum !== counted) {
    throw new ObjectChangedError(
      `${uri}: the bytes from ${start} to ${end} are not those that were counted, though the store calls it the ` +
        'same version. Nothing was committed; run the object again, and look at the store if it comes back.',
    );
  }
}

/** Whether bytes are UTF-8, told block by block: a character may be cut between two of them. */
function utf8InBlocks(): { push(block: Uint8Array): void; end(): boolean } {
  let rest: Uint8Array = new Uint8Array(0);
  let isValid = true;
  return {
    push(block) {
      if (!isValid) return;
      const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
      const end = endOfCharacters(bytes);
      isValid = isUtf8(bytes.subarray(0, end));
      // A copy: the block's memory is used again.
      rest = Buffer.from(bytes.subarray(end));
    },
    end: () => isValid && rest.length === 0,
  };
}

/** Where a character that the bytes cut off begins; their end if they cut none. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at >= 0 && bytes.length - at <= 3; at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const whole = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return bytes.length - at < whole ? at : bytes.length;
  }
  return bytes.length;
}
