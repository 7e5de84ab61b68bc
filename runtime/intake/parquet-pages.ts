/** The pages of a Parquet file held against their checksums, and their sizes against what may be: the engine looks at neither. */

import { open, type FileHandle } from 'node:fs/promises';
import { crc32, gunzipSync } from 'node:zlib';
import { ObjectRejectedError } from '../../core/errors.ts';
import type { Footer } from './parquet-footer.ts';
import { pageHeader, type PageHeader } from './parquet-page-header.ts';

/** What a header takes mostly, and at most. */
const HEADER = 1024;
const LONGEST = 16 * 1024 * 1024;
const BLOCK = 1024 * 1024;

/**
 * Goes from page to page, by their headers. What is no page ends the check of its column chunk; the engine says of that what
 * there is to say.
 * @param more is told of the bytes that each page says it has without compression: as many as the engine makes room for.
 * @throws ObjectRejectedError `object.checksum`, or `object.unreadable` for a page with more bytes than its column; what `more` throws.
 */
export async function checkPages(
  path: string,
  { columns }: Pick<Footer, 'columns'>,
  more: (bytes: number) => void,
): Promise<void> {
  const file = await open(path);
  try {
    for (const { start, bytes, unpacked, isGzip } of columns) {
      const end = start + bytes;
      for (let at = start; at < end;) {
        const header = await headerAt(file, at, end);
        if (header === undefined) break;
        const data = at + header.length;
        at = data + header.bytes;
        if (at > end) break;
        if (unpacked > 0 && header.unpacked > unpacked) throw tooMuch(header, data, unpacked);
        more(header.unpacked);
        if (header.checksum !== undefined && (await sumOf(file, data, at)) !== header.checksum)
          throw changed(header, data);
        if (header.checksum === undefined && isGzip) await checkGzip(file, header, data);
      }
    }
  } finally {
    await file.close();
  }
}

/** The engine reads what gzip has, and not the checksum that stands behind it. */
async function checkGzip(file: FileHandle, header: PageHeader, data: number): Promise<void> {
  const [size, most] = [header.bytes - header.plain, header.unpacked - header.plain];
  if (size <= 0) return;
  const { buffer } = await file.read(Buffer.alloc(size), 0, size, data + header.plain);
  try {
    gunzipSync(buffer, { maxOutputLength: Math.max(most, 1) });
  } catch (error) {
    const { message } = error as Error;
    if (/^incorrect (?:data|length) check$/.test(message)) throw changed(header, data);
    throw new ObjectRejectedError(
      'object.unreadable',
      `The Parquet file is damaged: a page, ${header.bytes} bytes from ${data}, cannot be decompressed (${message}). Deliver the file again.`,
      { cause: error },
    );
  }
}

const changed = (header: PageHeader, data: number): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.checksum',
    `A page of the Parquet file, ${header.bytes} bytes from ${data}, does not have the checksum that it says it has: it was ` +
      'changed on the way. Deliver the file again.',
  );

const tooMuch = (header: PageHeader, data: number, unpacked: number): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.unreadable',
    `The Parquet file is damaged: a page, ${header.bytes} bytes from ${data}, says that it has ${header.unpacked} bytes without ` +
      `compression, and all pages of its column have ${unpacked}. Deliver the file again.`,
  );

async function headerAt(file: FileHandle, at: number, end: number): Promise<PageHeader | undefined> {
  for (let most = HEADER; most <= LONGEST; most *= 16) {
    const wanted = Math.min(most, end - at);
    const header = pageHeader((await file.read(Buffer.alloc(wanted), 0, wanted, at)).buffer);
    if (header !== 'cut') return header;
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
