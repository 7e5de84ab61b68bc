/**
 * Parquet, taken in as it is: its pages are read once to see that they can be, and its chunks are row groups. Where only the
 * reader of JSON can say what the values are, it becomes JSON lines, by the engine, batch by batch.
 */

import { createReadStream } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectRejectedError } from '../../core/errors.ts';
import { literal } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import { blowUp } from './blow-up.ts';
import type { Conversion, Converter } from './converter.ts';
import { faultOfFile } from './fault-of-file.ts';
import { columnsOf, type ParquetColumns } from './parquet-columns.ts';
import { chunksOf, encrypted, footerOf, sumOf, type Footer } from './parquet-footer.ts';
import { checkPages } from './parquet-pages.ts';
import { parquetParts } from './parquet-part.ts';
import { rowsIn, type ParquetRows } from './parquet-rows.ts';
import { survey } from './parquet-survey.ts';
import { checkTimes } from './parquet-times.ts';

const BATCH_ROWS = 200_000;
const BATCH_BYTES = 128 * 1024 * 1024;
/** Stands in no JSON text as it is, so that no line is cut. */
const NEVER = '\u0001';

interface Opened {
  readonly path: string;
  readonly footer: Footer;
  readonly columns: ParquetColumns;
  readonly rows: ParquetRows;
}

export const parquet: Converter = Object.freeze({
  parts: parquetParts,
  convert: (conversion, take, keep) =>
    conversion.inEngine(async (engine) => {
      const path = join(engine.folder, 'object.parquet');
      await writeFile(path, conversion.object.blocks());
      const ends = await checkEnds(path);
      const opened = await readable(async () => {
        const footer = await footerOf(path, ends);
        const columns = await columnsOf(engine, path, conversion);
        return { path, footer, columns, rows: await rowsIn(engine, path, columns) };
      });
      const { footer, columns, rows } = opened;
      const { limits, object } = conversion;
      const more = blowUp('Parquet', limits);
      await checkPages(path, footer, (bytes) => more(bytes, object.size));
      await readable(() => checkTimes(engine, columns, rows));
      const { records, textBytes, isPlain } = await readable(() => survey(engine, columns, rows, limits));
      // Its rows as lines are what is bounded, whether they are made or not.
      blowUp('Parquet', limits)(records * columns.leastLine + textBytes, object.size);
      if (!isPlain || records === 0) {
        await take(lines(engine, conversion, opened));
        return footer.records;
      }
      const runs = rows.isCounted ? { ...footer, isInOrder: false } : footer;
      const chunks = await chunksOf(path, runs, limits.chunkBytes);
      const found = {
        parts: 'parquet',
        footer: footer.start,
        footerCrc32: await sumOf(path, { start: footer.start, end: ends.size }),
      };
      await keep(path, { found, records, chunks });
      return footer.records;
    }),
} satisfies Converter);

async function* lines(
  engine: Engine,
  { object, limits }: Conversion,
  { footer, columns, rows }: Opened,
): AsyncGenerator<Uint8Array, void> {
  const part = join(engine.folder, 'rows.jsonl');
  const more = blowUp('Parquet', limits);
  for (const { first, rows: count } of batchesOf(footer, rows)) {
    await readable(() =>
      engine.run(
        `COPY (SELECT ${columns.line} AS line FROM ${rows.from} WHERE ${rows.number} BETWEEN ${first} AND ${first + count - 1})
TO ${literal(part)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ${literal(NEVER)})`,
      ),
    );
    for await (const block of createReadStream(part, { highWaterMark: 1024 * 1024 })) {
      more((block as Buffer).length, object.size);
      yield block as Buffer;
    }
    await rm(part);
  }
}

/** The row groups, those that are small together, so that the disk holds few of their lines. */
function batchesOf({ groups }: Footer, { isCounted }: ParquetRows): { first: number; rows: number }[] {
  const batches: { first: number; rows: number; bytes: number }[] = [];
  for (const { first, rows, bytes } of groups) {
    const last = batches.at(-1);
    const fits = last !== undefined && last.rows + rows <= BATCH_ROWS && last.bytes + bytes <= BATCH_BYTES;
    if (last !== undefined && (fits || isCounted)) {
      last.rows += rows;
      last.bytes += bytes;
    } else {
      batches.push({ first, rows, bytes });
    }
  }
  return batches;
}

/** What its last bytes say. @throws ObjectRejectedError unless the file starts and ends as Parquet does. */
async function checkEnds(path: string): Promise<{ size: number; footerBytes: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const ends = Buffer.alloc(12);
    await file.read(ends, 0, 4, 0);
    if (size >= 4) await file.read(ends, 8, 4, size - 4);
    if (size >= 12) await file.read(ends, 4, 4, size - 8);
    const [head, tail] = [ends.toString('latin1', 0, 4), ends.toString('latin1', 8)];
    if (size > 0 && !MAGIC.startsWith(head.slice(0, size)) && head !== SECRET) {
      throw new ObjectRejectedError(
        'object.format',
        'Expected a Parquet file, which starts with "PAR1", found something else.',
      );
    }
    if (tail === SECRET || head === SECRET) throw encrypted();
    if (tail !== MAGIC || size < 12) {
      throw new ObjectRejectedError(
        'object.truncated',
        `The Parquet file has ${size} bytes and does not end with "PAR1": it was cut off. Deliver it again.`,
      );
    }
    return { size, footerBytes: ends.readUInt32LE(4) };
  } finally {
    await file.close();
  }
}

const MAGIC = 'PAR1';
const SECRET = 'PARE';

const readable = <T>(read: () => Promise<T>): Promise<T> =>
  faultOfFile('The Parquet file is damaged, or of a kind that the engine does not read', read);
