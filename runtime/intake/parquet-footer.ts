/**
 * What the footer of a Parquet file says: how many rows there are, and where its row groups and their pages stand. It is read
 * here and not by the engine, which also reads the bounds of values and breaks where these are none.
 */

import { crc32 } from 'node:zlib';
import { createReadStream } from 'node:fs';
import { ObjectRejectedError } from '../../core/errors.ts';
import type { Chunk } from '../values.ts';
import { readThrift, type Found } from './thrift.ts';

export interface ColumnChunk {
  /** Where its first page is, and the bytes of all of them. */
  readonly start: number;
  readonly bytes: number;
  /** Bytes of all its pages without compression; some writers say 0. */
  readonly unpacked: number;
  /** Whether its pages are compressed by gzip, which has a checksum of its own. */
  readonly isGzip: boolean;
}

export interface RowGroup {
  /** The number of its first row, and of its rows. */
  readonly first: number;
  readonly rows: number;
  /** Where its bytes are, up to those of the next one. */
  readonly start: number;
  readonly end: number;
  /** Bytes of its pages without compression. */
  readonly bytes: number;
}

export interface Footer {
  /** Rows that the file says it has. */
  readonly records: number;
  /** Where it begins. */
  readonly start: number;
  /** Those with rows, in order. */
  readonly groups: readonly RowGroup[];
  /** Whether each row group has bytes of its own, in order. */
  readonly isInOrder: boolean;
  /** Of all row groups. */
  readonly columns: readonly ColumnChunk[];
}

/** Fields of the footer, of its row groups, of their columns, and of what is said of these. */
const [ROWS, GROUPS, SECRET] = [3, 4, 8] as const;
const [GROUP_COLUMNS, GROUP_BYTES, GROUP_ROWS] = [1, 2, 3] as const;
const META = 3;
const [CODEC, UNPACKED, PACKED, DATA, DICTIONARY] = [4, 6, 7, 9, 11] as const;
const GZIP = 2;
const WANTED = {
  [ROWS]: 'number',
  [GROUPS]: [
    {
      [GROUP_COLUMNS]: [
        {
          [META]: {
            [CODEC]: 'number',
            [UNPACKED]: 'number',
            [PACKED]: 'number',
            [DATA]: 'number',
            [DICTIONARY]: 'number',
          },
        },
      ],
      [GROUP_BYTES]: 'number',
      [GROUP_ROWS]: 'number',
    },
  ],
  [SECRET]: 'there',
} as const;

/**
 * @param size of the file, and the bytes that it says its footer has.
 * @throws ObjectRejectedError `object.unreadable` if it is none, or some of the columns are encrypted.
 */
export async function footerOf(
  path: string,
  { size, footerBytes }: { readonly size: number; readonly footerBytes: number },
): Promise<Footer> {
  const start = size - 8 - footerBytes;
  if (start < 4) throw unreadable(`it says that it has ${footerBytes} bytes, and the file has ${size}`);
  const bytes = await bytesOf(path, start, size - 8);
  const read = readThrift(bytes, WANTED);
  if (read === undefined || read === 'cut') throw unreadable('its bytes are damaged');
  const { found } = read;
  if (found[SECRET] === true) throw encrypted();
  const said = (found[GROUPS] ?? []) as readonly Found[];
  const all = said.map(groupOf);
  const filled = all.filter(({ rows }) => rows > 0);
  let first = 0;
  const groups = filled.map(({ rows, bytes: unpacked, start: from }, i) => {
    const placed = { first, rows, start: from, end: filled[i + 1]?.start ?? start, bytes: unpacked };
    first += rows;
    return placed;
  });
  const isInOrder = groups.every((group, i) => group.start >= 4 && filled[i]!.end <= group.end);
  return {
    records: numberOf(found, ROWS),
    start,
    groups,
    isInOrder,
    columns: all.flatMap(({ columns }) => columns),
  };
}

function groupOf(group: Found): Omit<RowGroup, 'first'> & { readonly columns: readonly ColumnChunk[] } {
  const columns = ((group[GROUP_COLUMNS] ?? []) as readonly Found[]).map((column) => {
    const facts = (column[META] ?? {}) as Found;
    const data = numberOf(facts, DATA);
    // Some writers say 0 where there is no dictionary.
    const dictionary = facts[DICTIONARY] as number | undefined;
    const start = dictionary !== undefined && dictionary >= 4 ? Math.min(dictionary, data) : data;
    return {
      start,
      bytes: numberOf(facts, PACKED),
      unpacked: numberOf(facts, UNPACKED),
      isGzip: facts[CODEC] === GZIP,
    };
  });
  if (columns.length === 0) throw unreadable('a row group has no columns');
  return {
    rows: numberOf(group, GROUP_ROWS),
    bytes: numberOf(group, GROUP_BYTES),
    start: columns.reduce((least, { start }) => Math.min(least, start), Infinity),
    end: columns.reduce((most, { start, bytes }) => Math.max(most, start + bytes), 0),
    columns,
  };
}

function numberOf(found: Found, field: number): number {
  const value = found[field] as number | undefined;
  if (value === undefined) throw unreadable('a number that each file has is not in it');
  if (value < 0 || !Number.isSafeInteger(value))
    throw unreadable(`it has the number ${value}, which nothing can have`);
  return value;
}

async function bytesOf(path: string, start: number, end: number): Promise<Buffer> {
  if (end <= start) return Buffer.alloc(0);
  return Buffer.concat((await Array.fromAsync(createReadStream(path, { start, end: end - 1 }))) as Buffer[]);
}

/** The whole of it, or the columns alone. */
export const encrypted = (): ObjectRejectedError =>
  new ObjectRejectedError('object.unreadable', 'The Parquet file is encrypted; deliver it as plain Parquet.');

const unreadable = (why: string): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.unreadable',
    `The footer of the Parquet file cannot be read: ${why}. Deliver the file again.`,
  );
/** Runs of whole row groups of up to so many bytes; a larger one by itself. */
export async function chunksOf(
  path: string,
  { start: end, groups, isInOrder }: Footer,
  chunkBytes: number,
): Promise<Chunk[]> {
  const runs: { start: number; end: number; first: number; records: number; bytes: number }[] = [];
  for (const group of groups) {
    const bytes = Math.max(group.bytes, group.end - group.start);
    const last = runs.at(-1);
    if (last !== undefined && (!isInOrder || last.bytes + bytes <= chunkBytes)) {
      last.end = group.end;
      last.records += group.rows;
      last.bytes += bytes;
    } else {
      runs.push({ start: group.start, end: group.end, first: group.first, records: group.rows, bytes });
    }
  }
  const chunks: Chunk[] = [];
  for (const [n, { first, records, ...run }] of runs.entries()) {
    const place = isInOrder ? { start: run.start, end: run.end } : { start: 0, end };
    chunks.push({ n, ...place, first, records, notes: 0, crc32: await sumOf(path, place) });
  }
  return chunks;
}

/** CRC-32 of a part of a file. */
export async function sumOf(path: string, { start, end }: Pick<Chunk, 'start' | 'end'>): Promise<number> {
  let sum = 0;
  if (end === start) return sum;
  for await (const block of createReadStream(path, { start, end: end - 1, highWaterMark: 1024 * 1024 }))
    sum = crc32(block as Buffer, sum);
  return sum;
}
