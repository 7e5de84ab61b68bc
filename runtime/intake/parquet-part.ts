/** Row groups of a Parquet file, brought without the rest of it: a file of the same size that has their bytes and the footer. */

import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ObjectChangedError, TransientError } from '../../core/errors.ts';
import { quote } from '../../core/sql.ts';
import type { BringPart, Part, WantedPart } from './converter.ts';
import { columnsOf } from './parquet-columns.ts';
import { footerOf } from './parquet-footer.ts';
import { rowsIn } from './parquet-rows.ts';

export const parquetParts: BringPart = async (engine, wanted) => {
  const { decoded, found, chunk } = wanted;
  const path = join(engine.folder, `part-${chunk.n}.parquet`);
  const size = decoded.bytes;
  const footerStart = Number(found['footer']);
  const file = await open(path, 'w');
  try {
    await file.truncate(size);
    await bring(file, wanted, { ...chunk });
    await bring(file, wanted, { start: footerStart, end: size, crc32: Number(found['footerCrc32']) });
  } finally {
    await file.close();
  }
  const columns = await columnsOf(engine, path, wanted);
  const { from, number } = await rowsIn(engine, path, columns);
  const { groups } = await footerOf(path, { size, footerBytes: size - 8 - footerStart });
  const last = chunk.first + chunk.records - 1;
  const part = `${number} BETWEEN ${chunk.first} AND ${last}`;
  const own = groups.filter(({ first }) => first >= chunk.first && first <= last);
  const starts = own.map(({ first, start }) => `WHEN ${number} >= ${first} THEN ${start}`).toReversed();
  return Object.freeze<Part>({
    rows(fields) {
      const values = fields.flatMap((field, i) => {
        const value = columns.values.get(field);
        return value === undefined ? [] : [`${value} AS ${quote(`f${i}`)}`];
      });
      return `(SELECT ${[...values, `${number} AS "_n"`].join(', ')} FROM ${from} WHERE ${part})`;
    },
    typed: columns.typed,
    extra: columns.extra,
    records: (
      numbers,
    ) => `SELECT ${number} AS n, (CASE ${starts.join(' ')} END)::BIGINT AS byte_offset, encode(${columns.line}) AS raw
FROM ${from} WHERE ${part} AND ${number} IN (SELECT n FROM ${numbers})`,
    close: () => rm(path),
  });
};

/** Writes a range of the object to its place in a file. */
async function bring(
  file: FileHandle,
  { files, decoded: { uri, version } }: WantedPart,
  {
    start,
    end,
    crc32: sum,
  }: { readonly start: number; readonly end: number; readonly crc32?: number | undefined },
): Promise<void> {
  let at = start;
  let found = 0;
  for await (const block of files.read(uri, { start, end, version })) {
    found = crc32(block, found);
    await file.write(block, 0, block.length, at);
    at += block.length;
  }
  if (at !== end) {
    throw new TransientError(
      `${uri} gave another number of bytes than the ${end - start} from ${start} to ${end}; try again.`,
    );
  }
  if (sum === undefined || sum === found) return;
  throw new ObjectChangedError(
    `${uri}: the bytes from ${start} to ${end} are not those that were counted, though the store calls it the same ` +
      'version. Nothing was committed; run the object again, and look at the store if it comes back.',
  );
}
