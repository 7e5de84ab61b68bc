/** What the first bytes of an object say it is, before a format reads them. */

import { ObjectRejectedError } from '../../core/errors.ts';

/** Bytes by which `checkEncoding` and `checkContainer` judge. */
export const SNIFFED = 64;

/** Containers that are not opened here, by the bytes that they start with. */
const containers: readonly (readonly [string, readonly number[]])[] = [
  ['a zip archive', [0x50, 0x4b, 0x03, 0x04]],
  ['compressed with zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['compressed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['compressed with gzip twice', [0x1f, 0x8b]],
  ['an Excel file of the old kind', [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]],
];

/**
 * Bytes of a UTF-8 byte order mark to skip: 3 or 0.
 * @throws ObjectRejectedError `object.encoding` for text that is UTF-16 or UTF-32.
 */
export function checkEncoding(head: Uint8Array): number {
  if (startsWith(head, [0xff, 0xfe]) || startsWith(head, [0xfe, 0xff])) {
    throw wrongEncoding(
      `starts with the byte order mark of ${startsWith(head, [0xff, 0xfe, 0, 0]) ? 'UTF-32' : 'UTF-16'}`,
    );
  }
  if (startsWith(head, [0, 0, 0xfe, 0xff])) throw wrongEncoding('starts with the byte order mark of UTF-32');
  const sniffed = head.subarray(0, SNIFFED);
  const zeros = sniffed.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  if (sniffed.length >= 4 && zeros * 4 >= sniffed.length) {
    throw wrongEncoding('has a zero in every few bytes, as UTF-16 and UTF-32 do');
  }
  return startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0;
}

/** @throws ObjectRejectedError `object.unreadable` for containers that are known and not read. */
export function checkContainer(head: Uint8Array): void {
  for (const [what, magic] of containers) {
    if (!startsWith(head, magic)) continue;
    throw new ObjectRejectedError(
      'object.unreadable',
      `The object is ${what}; deliver it as plain text, or compressed with gzip once.`,
    );
  }
}

const startsWith = (head: Uint8Array, bytes: readonly number[]): boolean =>
  bytes.length <= head.length && bytes.every((byte, i) => head[i] === byte);

const wrongEncoding = (found: string): ObjectRejectedError =>
  new ObjectRejectedError('object.encoding', `The object ${found}; deliver it as UTF-8.`);
