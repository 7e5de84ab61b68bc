/** The bytes of a chunk, held against what was counted: in memory, or as a file for the engine. */

import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { ObjectChangedError, TransientError } from '../../core/errors.ts';
import type { InBlocks, Reading } from '../../core/formats/format.ts';
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
 * Prepares a chunk for the engine in a file, a block in memory at a time.
 * @returns how it is to be read; undefined where it has to be prepared as a whole.
 * @throws ObjectChangedError as `readChunk`.
 */
export async function prepareInBlocks(
  files: Files,
  decoded: Decoded,
  chunk: Place,
  { inBlocks, path }: { readonly inBlocks: InBlocks; readonly path: string },
): Promise<Reading | undefined> {
  const text = utf8InBlocks();
  const file = await open(path, 'w');
  try {
    for await (const block of blocksOf(files, decoded, chunk)) {
      text.push(block);
      const rows = inBlocks.push(block);
      if (rows === undefined) return undefined;
      await file.writeFile(rows);
    }
    const last = inBlocks.end();
    if (last === undefined || !text.end()) return undefined;
    const { bytes, ...reading } = last;
    await file.writeFile(bytes);
    return (await isMarked(path)) ? undefined : reading;
  } finally {
    await file.close();
  }
}

/** Whether a file starts with the bytes that an engine takes for a byte order mark, and drops; an object's own is in no chunk. */
async function isMarked(path: string): Promise<boolean> {
  for await (const start of createReadStream(path, { end: BYTE_ORDER_MARK.length - 1 })) {
    return BYTE_ORDER_MARK.equals(start as Buffer);
  }
  return false;
}

const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

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

/** Where a character that the bytes may cut off begins; their end if they cut none. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at >= 0 && bytes.length - at <= 3; at--) {
    const byte = bytes[at]!;
    // The first byte of several is none of these.
    if (byte < 0xc0) continue;
    const whole = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return bytes.length - at < whole ? at : bytes.length;
  }
  return bytes.length;
}
