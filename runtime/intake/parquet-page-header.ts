/** The header of a page of a Parquet file. */

import { readThrift } from './thrift.ts';

export interface PageHeader {
  /** Bytes of the header itself. */
  readonly length: number;
  /** Bytes of the page behind it, as they stand in the file. */
  readonly bytes: number;
  /** Bytes that it says the page has without compression. */
  readonly unpacked: number;
  /** CRC-32 of the page as it stands in the file, if it is told. */
  readonly checksum?: number;
}

/** Fields of the header. */
const [UNPACKED, BYTES, CHECKSUM] = [2, 3, 4] as const;

/** @returns `cut` if the bytes end before it does; undefined for what is no header. */
export function pageHeader(head: Uint8Array): PageHeader | 'cut' | undefined {
  const read = readThrift(head, { [UNPACKED]: 'number', [BYTES]: 'number', [CHECKSUM]: 'number' });
  if (read === undefined || read === 'cut') return read;
  const {
    [UNPACKED]: unpacked,
    [BYTES]: bytes,
    [CHECKSUM]: checksum,
  } = read.found as Partial<Record<number, number>>;
  if (bytes === undefined || bytes < 0 || unpacked === undefined || unpacked < 0) return undefined;
  return {
    length: read.length,
    bytes,
    unpacked,
    ...(checksum === undefined ? {} : { checksum: checksum >>> 0 }),
  };
}
