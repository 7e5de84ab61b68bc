/** Parquet as JSON lines, by the engine: batch by batch of row groups, so that the disk holds little of them. */

import { createReadStream } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, ObjectRejectedError } from '../../core/errors.ts';
import { literal } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import { blowUp } from './blow-up.ts';
import type { Converter } from './converter.ts';
import { lineOf } from './parquet-columns.ts';

const BATCH_ROWS = 200_000;
const BATCH_BYTES = 128 * 1024 * 1024;
/** Stands in no JSON text as it is, so that no line is cut. */
const NEVER = '\u0001';

interface Batch {
  readonly first: number;
  readonly rows: number;
}

export const parquet: Converter = Object.freeze({
  opensItself: false,
  convert: (conversion, take) =>
    conversion.inEngine(async (engine) => {
      const path = join(engine.folder, 'object.parquet');
      await writeFile(path, conversion.object.blocks());
      await checkEnds(path);
      const { records, batches } = await readable(() => batchesOf(engine, path));
      const line = await readable(() => lineOf(engine, path, conversion));
      const more = blowUp('Parquet', conversion.limits);
      async function* lines(): AsyncGenerator<Uint8Array, void> {
        const part = join(engine.folder, 'rows.jsonl');
        for (const { first, rows } of batches) {
          await readable(() =>
            engine.run(
              `COPY (SELECT ${line} FROM read_parquet(${literal(path)}, file_row_number = true)
WHERE file_row_number BETWEEN ${first} AND ${first + rows - 1})
TO ${literal(part)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ${literal(NEVER)})`,
            ),
          );
          for await (const block of createReadStream(part, { highWaterMark: 1024 * 1024 })) {
            more((block as Buffer).length, conversion.object.size);
            yield block as Buffer;
          }
          await rm(part);
        }
      }
      await take(lines());
      return records;
    }),
} satisfies Converter);

/** The row groups, those that are small together; how many rows the footer says that there are. */
async function batchesOf(engine: Engine, path: string): Promise<{ records: number; batches: Batch[] }> {
  const [file] = await engine.rows(`SELECT num_rows AS n FROM parquet_file_metadata(${literal(path)})`);
  const groups = await engine.rows(
    `SELECT row_group_num_rows AS rows, row_group_bytes AS bytes FROM parquet_metadata(${literal(path)})
GROUP BY row_group_id, row_group_num_rows, row_group_bytes ORDER BY row_group_id`,
  );
  const batches: { first: number; rows: number; bytes: number }[] = [];
  let first = 0;
  for (const group of groups as { rows: number; bytes: number }[]) {
    const last = batches.at(-1);
    if (
      last !== undefined &&
      last.rows + group.rows <= BATCH_ROWS &&
      last.bytes + group.bytes <= BATCH_BYTES
    ) {
      last.rows += group.rows;
      last.bytes += group.bytes;
    } else {
      batches.push({ first, ...group });
    }
    first += group.rows;
  }
  return { records: file!['n'] as number, batches: batches.filter(({ rows }) => rows > 0) };
}

/** @throws ObjectRejectedError unless the file starts and ends as Parquet does. */
async function checkEnds(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const ends = Buffer.alloc(8);
    await file.read(ends, 0, 4, 0);
    if (size >= 4) await file.read(ends, 4, 4, size - 4);
    const [head, tail] = [ends.toString('latin1', 0, 4), ends.toString('latin1', 4)];
    if (size > 0 && !MAGIC.startsWith(head.slice(0, size)) && head !== SECRET) {
      throw new ObjectRejectedError(
        'object.format',
        'Expected a Parquet file, which starts with "PAR1", found something else.',
      );
    }
    if (tail === SECRET || head === SECRET) {
      throw new ObjectRejectedError(
        'object.unreadable',
        'The Parquet file is encrypted; deliver it as plain Parquet.',
      );
    }
    if (tail !== MAGIC || size < 12) {
      throw new ObjectRejectedError(
        'object.truncated',
        `The Parquet file has ${size} bytes and does not end with "PAR1": it was cut off. Deliver it again.`,
      );
    }
  } finally {
    await file.close();
  }
}

const MAGIC = 'PAR1';
const SECRET = 'PARE';

/** Errors of the machine, and of the statement: no file is to blame for them. */
const OURS = /no space left|out of memory|^(?:Parser|Binder|Catalog) Error/i;

/** What the engine cannot read of the file is the file's fault, unless the machine has no room for it. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EngineError) || OURS.test(error.message)) throw error;
    const [says] = error.message.split('\n');
    throw new ObjectRejectedError(
      'object.unreadable',
      `The Parquet file is damaged, or of a kind that the engine does not read: ${says!.replaceAll(/'[^']*object\.parquet'/g, 'the file')}`,
      { cause: error },
    );
  }
}
