/** What the footer of a Parquet file says: how many rows there are, and where its row groups stand. */

import { crc32 } from 'node:zlib';
import { createReadStream } from 'node:fs';
import { literal } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { Chunk } from '../values.ts';

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
}

/** Where the first page of a column chunk is. Some writers say 0 where there is no dictionary. */
export const FIRST_PAGE =
  'CASE WHEN dictionary_page_offset >= 4 THEN least(dictionary_page_offset, data_page_offset) ELSE data_page_offset END';

/** @param size of the file, and the bytes that it says its footer has. */
export async function footerOf(
  engine: Engine,
  path: string,
  { size, footerBytes }: { readonly size: number; readonly footerBytes: number },
): Promise<Footer> {
  const [file] = await engine.rows(`SELECT num_rows AS n FROM parquet_file_metadata(${literal(path)})`);
  const found = (await engine.rows(
    `SELECT any_value(row_group_num_rows) AS rows, any_value(row_group_bytes) AS bytes, min(start) AS start,
  max(start + total_compressed_size) AS "end"
FROM (SELECT *, ${FIRST_PAGE} AS start
  FROM parquet_metadata(${literal(path)})) GROUP BY row_group_id ORDER BY row_group_id`,
  )) as unknown as Omit<RowGroup, 'first'>[];
  const start = size - 8 - footerBytes;
  const filled = found.filter(({ rows }) => rows > 0);
  let first = 0;
  const groups = filled.map((group, i) => {
    const placed = { ...group, first, end: filled[i + 1]?.start ?? start };
    first += group.rows;
    return placed;
  });
  const isInOrder = groups.every((group, i) => group.start >= 4 && filled[i]!.end <= group.end);
  return { records: file!['n'] as number, start, groups, isInOrder };
}

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
