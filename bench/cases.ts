/**
 * What is measured, each case in a process of its own: called with a case, an input and an empty folder, it does the
 * work once and prints what it took as JSON.
 */

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse';
import { z } from 'zod';
import { literal } from '../core/sql.ts';
import { flights } from '../pipelines/flights.ts';
import { runObject } from '../runtime/local/run.ts';
import { localWorld } from '../runtime/local/world.ts';

/** What a case says of itself; the process's whole time is taken by who starts it. */
export interface Measured {
  readonly records: number;
  /** The work alone, without starting a process and loading code. */
  readonly workMs: number;
  /** The most memory that the process held. */
  readonly peakMb: number;
}

const cases = {
  /** The whole run: read, count, hash, decode, check, stage, reconcile, gate, commit, report. */
  async sluice(input: string, folder: string): Promise<number> {
    const record = await runObject(localWorld({ out: folder }), flights, { uri: input });
    if (record.status !== 'published')
      throw new Error(`The run ended as ${record.status}: ${record.error?.message}`);
    return record.records.loaded;
  },

  /** DuckDB's own way from CSV to Parquet, types given, nothing checked: the limit. */
  async copy(input: string, folder: string): Promise<number> {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const columns = `{'date': 'TIMESTAMP', 'delay': 'BIGINT', 'distance': 'BIGINT', 'origin': 'VARCHAR', 'destination': 'VARCHAR'}`;
    const result = await connection.runAndReadAll(
      `COPY (FROM read_csv(${literal(input)}, header = true, auto_detect = false, columns = ${columns}))
       TO ${literal(join(folder, 'flights.parquet'))} (FORMAT parquet, COMPRESSION zstd)`,
    );
    return Number(result.getRows()[0]![0]);
  },

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
};

export type Case = keyof typeof cases;

if (import.meta.main) {
  const [name, input, folder] = process.argv.slice(2) as [Case, string, string];
  const began = performance.now();
  const records = await cases[name](input, folder);
  const workMs = performance.now() - began;
  const measured: Measured = { records, workMs, peakMb: process.resourceUsage().maxRSS / 1024 };
  process.stdout.write(JSON.stringify(measured));
}
