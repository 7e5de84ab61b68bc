/** The files that the benchmark reads, made once from the flights, or by formulas. */

import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '../core/sql.ts';
import { writeFlights } from '../scripts/flights-data.ts';
import { WIDE_COLUMNS } from './pipelines.ts';

export const RECORDS = 3_000_000;

/** How each file is made from the CSV file of three million flights; one of ten, and ten times it. */
export const inputs = {
  flights: 'flights.csv',
  'flights-300k': 'flights-300k.csv',
  'flights-1m': 'flights-1m.csv',
  'flights-30m': 'flights-30m.csv',
  gzip: 'flights.csv.gz',
  jsonl: 'flights.jsonl',
  parquet: 'flights.parquet',
  dirty: 'flights-dirty.csv',
  wide: 'wide.csv',
} as const;
export type Input = keyof typeof inputs;

/** Writes the file, unless it is there. @returns its path */
export async function inputAt(folder: string, name: Input): Promise<string> {
  const path = join(folder, inputs[name]);
  if (existsSync(path)) return path;
  const flights = join(folder, inputs.flights);
  if (name === 'flights') await writeFlights(path);
  else {
    await inputAt(folder, 'flights');
    await makers[name](flights, `${path}.part`);
    renameSync(`${path}.part`, path);
  }
  return path;
}

const makers: Readonly<Record<Exclude<Input, 'flights'>, (flights: string, to: string) => unknown>> = {
  'flights-300k': (flights, to) => writeFileSync(to, first(flights, 300_000)),
  'flights-1m': (flights, to) => writeFileSync(to, first(flights, 1_000_000)),
  'flights-30m': tenTimes,
  gzip: (flights, to) => writeFileSync(to, gzipSync(readFileSync(flights))),
  jsonl: (flights, to) => copy(`SELECT * FROM ${read(flights)}`, to, 'FORMAT json'),
  parquet: (flights, to) =>
    copy(
      `SELECT date::TIMESTAMP::TIMESTAMPTZ AS date, * EXCLUDE date FROM ${read(flights)}`,
      to,
      'FORMAT parquet',
    ),
  // Three records of ten have a delay that is no number, a distance of nothing, or an airport of four letters.
  dirty: (flights, to) =>
    copy(
      `SELECT date, CASE WHEN n % 10 = 1 THEN 'late' ELSE delay::VARCHAR END AS delay,
  CASE WHEN n % 10 = 4 THEN 0 ELSE distance END AS distance,
  CASE WHEN n % 10 = 7 THEN origin || 'X' ELSE origin END AS origin, destination
FROM (SELECT *, row_number() OVER () AS n FROM ${read(flights)})`,
      to,
      'FORMAT csv, HEADER',
    ),
  wide: (_flights, to) => copy(`SELECT ${wideColumns()} FROM range(200000) r(i)`, to, 'FORMAT csv, HEADER'),
};

const read = (path: string): string =>
  `read_csv(${literal(path)}, header = true, columns = {'date': 'VARCHAR', 'delay': 'BIGINT', 'distance': 'BIGINT', 'origin': 'VARCHAR', 'destination': 'VARCHAR'})`;

function first(flights: string, records: number): Uint8Array {
  const bytes = readFileSync(flights);
  let end = 0;
  for (let line = 0; line <= records; line++) end = bytes.indexOf(10, end) + 1;
  return bytes.subarray(0, end);
}

function tenTimes(flights: string, to: string): void {
  copyFileSync(flights, to);
  const bytes = readFileSync(flights);
  const records = bytes.subarray(bytes.indexOf(10) + 1);
  const file = openSync(to, 'a');
  for (let n = 1; n < 10; n++) writeSync(file, records);
  closeSync(file);
}

const wideColumns = (): string =>
  Array.from({ length: WIDE_COLUMNS }, (_, i) => {
    const value = [
      `(i * ${i + 7}) % 100000`,
      `((i * ${i + 3}) % 1000000) / 100.0`,
      `'word' || (i % ${i + 11})`,
      `(DATE '2020-01-01' + (i % ${i + 365})::INTEGER)::VARCHAR`,
      `'free text, ' || (i % ${i + 5})`,
    ][i % 5]!;
    return `${value} AS c${i}`;
  }).join(', ');

async function copy(select: string, to: string, how: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  await connection.run(`COPY (${select}) TO ${literal(to)} (${how})`);
  connection.closeSync();
  instance.closeSync();
}
