/** The header of a page of a Parquet file. */

import { readThrift } from './thrift.ts';

export interface PageHeader {
  /** Bytes of the header itself. */
  readonly length: number;
  /** Bytes of the page behind it, as they stand in the file. */
  readonly bytes: number;
  /** Bytes that it says the page has without compression. */
  readonly unpacked: number;
  /** Bytes in front of it that are not compressed, whatever the rest is. */
  readonly plain: number;
  /** CRC-32 of the page as it stands in the file, if it is told. */
  readonly checksum?: number;
}

/** Fields of the header, and of what it says of a page of the second kind. */
const [UNPACKED, BYTES, CHECKSUM, SECOND] = [2, 3, 4, 8] as const;
const [DEFINITIONS, REPETITIONS, PACKED] = [5, 6, 7] as const;
const WANTED = {
  [UNPACKED]: 'number',
  [BYTES]: 'number',
  [CHECKSUM]: 'number',
  [SECOND]: { [DEFINITIONS]: 'number', [REPETITIONS]: 'number', [PACKED]: 'number' },
} as const;

type Numbers = Partial<Record<number, number>>;

/** @returns `cut` if the bytes end before it does; undefined for what is no header. */
export function pageHeader(head: Uint8Array): PageHeader | 'cut' | undefined {
  const read = readThrift(head, WANTED);
  if (read === undefined || read === 'cut') return read;
  const { [UNPACKED]: unpacked, [BYTES]: bytes, [CHECKSUM]: checksum } = read.found as Numbers;
  if (bytes === undefined || bytes < 0 || unpacked === undefined || unpacked < 0) return undefined;
  const second = read.found[SECOND] as Numbers | undefined;
  return {
    length: read.length,
    bytes,
    unpacked,
    plain: second === undefined ? 0 : plainIn(second, bytes),
    ...(checksum === undefined ? {} : { checksum: checksum >>> 0 }),
  };
}

function plainIn(
  { [DEFINITIONS]: definitions = 0, [REPETITIONS]: repetitions = 0, [PACKED]: packed = 1 }: Numbers,
  all: number,
): number {
  return packed === 0 ? all : definitions + repetitions;
}
