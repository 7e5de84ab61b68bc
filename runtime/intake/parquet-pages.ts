/** The checksums that pages of a Parquet file may have, which the engine does not look at. */

import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { ObjectRejectedError } from '../../core/errors.ts';
import { literal } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import { FIRST_PAGE } from './parquet-footer.ts';
import { pageHeader, type PageHeader } from './parquet-page-header.ts';

interface ColumnChunk {
  readonly start: number;
  readonly bytes: number;
}

/** What a header takes mostly, and at most. */
const HEADER = 1024;
const LONGEST = 16 * 1024 * 1024;
const BLOCK = 1024 * 1024;

/**
 * Holds each page against its checksum, in column chunks whose first page has one: a writer gives it to all or to none.
 * What is no page ends the check of its column chunk; the engine says of that what there is to say.
 * @throws ObjectRejectedError `object.checksum`.
 */
export async function checkPages(engine: Engine, path: string): Promise<void> {
  const chunks = (await engine.rows(
    `SELECT ${FIRST_PAGE} AS start, total_compressed_size AS bytes FROM parquet_metadata(${literal(path)})`,
  )) as unknown as ColumnChunk[];
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (const { start, bytes } of chunks) {
      const end = start + bytes;
      if (start < 4 || end > size) continue;
      for (let at = start; at < end;) {
        const header = await headerAt(file, at, end);
        if (header?.checksum === undefined) break;
        const data = at + header.length;
        at = data + header.bytes;
        if (at > end) break;
        if ((await sumOf(file, data, at)) === header.checksum) continue;
        throw new ObjectRejectedError(
          'object.checksum',
          `A page of the Parquet file, ${header.bytes} bytes from ${data}, does not have the checksum that it says it has: it was ` +
            'changed on the way. Deliver the file again.',
        );
      }
    }
  } finally {
    await file.close();
  }
}

async function headerAt(file: FileHandle, at: number, end: number): Promise<PageHeader | undefined> {
  for (let most = HEADER; most <= LONGEST; most *= 16) {
    const wanted = Math.min(most, end - at);
    const header = pageHeader((await file.read(Buffer.alloc(wanted), 0, wanted, at)).buffer);
    if (header !== 'cut') return header;
    if (wanted < most) return undefined;
  }
  return undefined;
}

async function sumOf(file: FileHandle, start: number, end: number): Promise<number> {
  const block = Buffer.alloc(Math.min(BLOCK, end - start));
  let sum = 0;
  for (let at = start; at < end;) {
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, end - at), at);
    if (bytesRead === 0) break;
    sum = crc32(block.subarray(0, bytesRead), sum);
    at += bytesRead;
  }
  return sum;
}
