/** What the first bytes of an object say it is, before a format reads them. */

import { ObjectRejectedError } from '../../core/errors.ts';
import type { Encoding } from '../../core/formats/format.ts';

/** Bytes by which `sniffEncoding` and `checkContainer` judge. */
export const SNIFFED = 512;
/** Of these, the bytes in which zeros are counted. */
const COUNTED = 64;

const ascii = (text: string): readonly number[] => [...text].map((character) => character.charCodeAt(0));

/** Containers that are not opened here, by the bytes that they start with, or that stand at a place. */
const containers: readonly (readonly [what: string, magic: readonly number[], at?: number])[] = [
  ['an empty zip archive', [0x50, 0x4b, 0x05, 0x06]],
  ['compressed twice, with zip inside', [0x50, 0x4b, 0x03, 0x04]],
  ['compressed twice, with zstd inside', [0x28, 0xb5, 0x2f, 0xfd]],
  ['compressed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['compressed twice, with gzip inside', [0x1f, 0x8b]],
  ['compressed with bzip2', ascii('BZh91AY&SY')],
  ['compressed with lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['a 7z archive', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['a RAR archive', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['a tar archive', ascii('ustar'), 257],
  ['a PDF document', ascii('%PDF-1.')],
  ['a Parquet file, and not of the format that its source says', ascii('PAR1')],
  ['an Avro file, and not of the format that its source says', [...ascii('Obj'), 1]],
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
  const sniffed = head.subarray(0, COUNTED);
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

/** @throws ObjectRejectedError `object.unreadable` for what is known, and not read as text. */
export function checkContainer(head: Uint8Array): void {
  for (const [what, magic, at = 0] of containers) {
    if (!startsWith(head.subarray(at), magic)) continue;
    throw new ObjectRejectedError(
      'object.unreadable',
      `The object is ${what}; deliver it as plain text, or compressed once with gzip, zstd or zip.`,
    );
  }
  if (!PAGE.test(String.fromCharCode(...head.subarray(0, COUNTED)))) return;
  throw new ObjectRejectedError(
    'object.unreadable',
    'The object is a web page (HTML) and not the data that it should hold: what fetched it was shown an error or a login. ' +
      'Fetch it again, and deliver what is meant.',
  );
}

const PAGE = /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype html|html|head)(?:>|\s[^,;|]*$)/i;

const startsWith = (head: Uint8Array, bytes: readonly number[]): boolean =>
  bytes.every((byte, i) => head[i] === byte);

const wrongEncoding = (found: string, said: Encoding | undefined): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.encoding',
    said === undefined
      ? `The object ${found}; deliver it as UTF-8, or say its encoding in the definition.`
      : `The object ${found}; the definition says ${said.toUpperCase()}. Deliver it so, or say what it is.`,
  );
