/** What the first bytes of an object say it is, before a format reads them. */

import { ObjectRejectedError } from '../../core/errors.ts';
import type { Encoding } from '../../core/formats/format.ts';

/** Bytes by which `sniffEncoding` and `checkContainer` judge. */
export const SNIFFED = 64;

/** Containers that are not opened here, by the bytes that they start with. */
const containers: readonly (readonly [string, readonly number[]])[] = [
  ['an empty zip archive', [0x50, 0x4b, 0x05, 0x06]],
  ['compressed twice, with zip inside', [0x50, 0x4b, 0x03, 0x04]],
  ['compressed twice, with zstd inside', [0x28, 0xb5, 0x2f, 0xfd]],
  ['compressed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['compressed twice, with gzip inside', [0x1f, 0x8b]],
  ['an Excel file of the old kind', [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]],
];

const marks: readonly (readonly [Encoding | 'utf-32', readonly number[]])[] = [
  ['utf-32', [0xff, 0xfe, 0, 0]],
  ['utf-32', [0, 0, 0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
];

/** What the first bytes say of a text: its encoding, where a byte order mark names it, and the bytes of that mark. */
export interface Sniffed {
  readonly encoding: Encoding | undefined;
  readonly mark: number;
}

/**
 * @param said the encoding that the definition says.
 * @throws ObjectRejectedError `object.encoding` for text that is in another one than the definition says, and where
 * nobody says that it is UTF-16.
 */
export function sniffEncoding(head: Uint8Array, said: Encoding | undefined): Sniffed {
  const [marked, mark] = marks.find(([, bytes]) => startsWith(head, bytes)) ?? [undefined, []];
  if (marked === 'utf-32' || (marked !== undefined && said !== undefined && marked !== said)) {
    throw wrongEncoding(`starts with the byte order mark of ${marked.toUpperCase()}`, said);
  }
  const sniffed = head.subarray(0, SNIFFED);
  const zeros = sniffed.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  const encoding = said ?? marked;
  const isWide = encoding?.startsWith('utf-16') ?? false;
  if (!isWide && sniffed.length >= 4 && zeros * 4 >= sniffed.length) {
    throw wrongEncoding('has a zero in every few bytes, as UTF-16 and UTF-32 do', said);
  }
  if (isWide && zeros === 0 && sniffed.length >= 4) {
    throw wrongEncoding(`has no zero in its first ${sniffed.length} bytes, as UTF-16 has`, said);
  }
  return { encoding, mark: mark.length };
}

/** @throws ObjectRejectedError `object.unreadable` for containers that are known and not read. */
export function checkContainer(head: Uint8Array): void {
  for (const [what, magic] of containers) {
    if (!startsWith(head, magic)) continue;
    throw new ObjectRejectedError(
      'object.unreadable',
      `The object is ${what}; deliver it as plain text, or compressed once with gzip, zstd or zip.`,
    );
  }
}

const startsWith = (head: Uint8Array, bytes: readonly number[]): boolean =>
  bytes.length <= head.length && bytes.every((byte, i) => head[i] === byte);

const wrongEncoding = (found: string, said: Encoding | undefined): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.encoding',
    said === undefined
      ? `The object ${found}; deliver it as UTF-8, or say its encoding in the definition.`
      : `The object ${found}; the definition says ${said.toUpperCase()}. Deliver it so, or say what it is.`,
  );
