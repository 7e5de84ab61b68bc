/**
 * What is measured, each case in a process of its own: called with a case, an input and an empty folder, it does the
 * work once and prints what it took as JSON.
 */

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse';
import { z } from 'zod';
import type { Pipeline } from '../core/pipeline.ts';
import { literal } from '../core/sql.ts';
import { defaultLimits } from '../core/limits.ts';
import { format } from '../core/vocabulary.ts';
import { flights } from '../pipelines/flights.ts';
import { readChunk } from '../runtime/intake/chunk-bytes.ts';
import { intake } from '../runtime/intake/intake.ts';
import { localFiles } from '../runtime/local/files.ts';
import { runObject } from '../runtime/local/run.ts';
import { localWorld } from '../runtime/local/world.ts';
import { benchPipelines, WIDE_COLUMNS } from './pipelines.ts';

/** What a case says of itself; the process's whole time is taken by who starts it. */
export interface Measured {
  readonly records: number;
  /** The work alone, without starting a process and loading code. */
  readonly workMs: number;
  /** The most memory that the process held. */
  readonly peakMb: number;
}

type Work = (input: string, folder: string) => Promise<number>;

/** The whole run: read, count, hash, decode, check, stage, reconcile, gate, commit, report. */
const whole =
  (pipeline: Pipeline): Work =>
  async (input, folder) => {
    const record = await runObject(localWorld({ out: folder }), pipeline, { uri: input });
    if (!record.status.startsWith('published'))
      throw new Error(`The run ended as ${record.status}: ${record.error?.message}`);
    return record.records.read ?? 0;
  };

const types = `{'date': 'TIMESTAMP', 'delay': 'BIGINT', 'distance': 'BIGINT', 'origin': 'VARCHAR', 'destination': 'VARCHAR'}`;
const wideTypes = Array.from(
  { length: WIDE_COLUMNS },
  (_, i) => `'c${i}': '${['BIGINT', 'DOUBLE', 'VARCHAR', 'DATE', 'VARCHAR'][i % 5]}'`,
).join(', ');

/** DuckDB's own way from a file to Parquet, types given, nothing checked: the limit. */
const copy =
  (read: (input: string) => string): Work =>
  async (input, folder) => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(
      `COPY (FROM ${read(literal(input))}) TO ${literal(join(folder, 'copy.parquet'))} (FORMAT parquet, COMPRESSION zstd)`,
    );
    return Number(result.getRows()[0]![0]);
  };
const csv = (columns: string, more = ''): Work =>
  copy((input) => `read_csv(${input}, header = true, auto_detect = false, columns = ${columns}${more})`);

const cases = {
  sluice: whole(flights as unknown as Pipeline),
  copy: csv(types),
  /** The proof that does not come from the engine: hash and count of what was received, a checksum of each chunk. */
  proof: async (input, folder) => {
    const taken = await intake(localFiles(), { uri: input }, format.csv(), {
      limits: { ...defaultLimits, chunkBytes: flights.scale.chunkMb * 1024 * 1024 },
      decodedTo: join(folder, 'decoded'),
      onProgress: () => undefined,
    });
    if (!('records' in taken)) throw new Error('The object was not taken in.');
    for (const chunk of taken.chunks) await readChunk(localFiles(), taken.decoded, chunk);
    return taken.records;
  },
  sluiceCsv: whole(benchPipelines.csv),
  sluiceJsonl: whole(benchPipelines.jsonl),
  copyJsonl: copy((input) => `read_json(${input}, format = 'newline_delimited', columns = ${types})`),
  sluiceParquet: whole(benchPipelines.parquet),
  copyParquet: copy((input) => `read_parquet(${input})`),
  sluiceWide: whole(benchPipelines.wide),
  copyWide: csv(`{${wideTypes}}`),
  /** What it cannot read is left out, without a word of why. */
  copyDirty: csv(types, ', ignore_errors = true'),

  /** What one writes by hand: csv-parse and the same rules in zod, row by row; good rows are counted, not written. */
  async rowByRow(input: string): Promise<number> {
    const row = z.object({
      date: z.iso.datetime(),
      delay: z.coerce.number().int().min(-1440).max(2880),
      distance: z.coerce.number().int().min(1).max(10_000),
      origin: z.string().regex(/^[A-Z]{3}$/),
      destination: z.string().regex(/^[A-Z]{3}$/),
    });
    let good = 0;
    for await (const record of createReadStream(input).pipe(parse({ columns: true }))) {
      const { date, ...rest } = record as Record<string, string>;
      if (row.safeParse({ ...rest, date: `${date?.replace(' ', 'T')}Z` }).success) good++;
    }
    return good;
  },
} satisfies Record<string, Work>;

export type Case = keyof typeof cases;

if (import.meta.main) {
  const [name, input, folder] = process.argv.slice(2) as [Case, string, string];
  const began = performance.now();
  const records = await cases[name](input, folder);
  const workMs = performance.now() - began;
  const measured: Measured = { records, workMs, peakMb: process.resourceUsage().maxRSS / 1024 };
  process.stdout.write(JSON.stringify(measured));
}
