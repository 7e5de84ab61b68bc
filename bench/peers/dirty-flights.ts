/** The flights with one record of a hundred broken, in four ways that the rules forbid, by the number of the record. */

import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '../../core/sql.ts';
import { dataSets } from '../../scripts/flights-data.ts';

/** Every so manieth record is broken, in one of as many ways as there are, in turn. */
export const EACH = 100;
export const ways = [
  'a text as delay',
  'a distance of 0',
  'an airport of four letters',
  'a date without a time',
];

/** Writes the file, unless it is there. */
export async function writeDirtyFlights(path: string): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const broken = `CASE WHEN file_row_number % ${EACH} = ${EACH - 1} THEN file_row_number // ${EACH} % ${ways.length} ELSE -1 END`;
  await connection.run(
    `COPY (
       SELECT CASE way WHEN 3 THEN strftime(date, '%Y-%m-%d') ELSE strftime(date, '%Y-%m-%d %H:%M:%S') END AS date,
         CASE way WHEN 0 THEN 'late' ELSE delay::VARCHAR END AS delay,
         CASE way WHEN 1 THEN 0 ELSE distance END AS distance,
         CASE way WHEN 2 THEN origin || 'X' ELSE origin END AS origin, destination
       FROM (SELECT *, ${broken} AS way FROM read_parquet(${literal(`${dataSets}flights-3m.parquet`)}, file_row_number = true))
     ) TO ${literal(`${path}.part`)} (FORMAT csv, HEADER)`,
  );
  connection.closeSync();
  instance.closeSync();
  await rename(`${path}.part`, path);
}
