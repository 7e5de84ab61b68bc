/** The flights of vega-datasets as a CSV file of 3 million records: the demonstration's and the benchmark's large input. */

import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '../core/sql.ts';

/** The folder of the data that the development dependencies bring. */
export const dataSets = fileURLToPath(new URL('../node_modules/vega-datasets/data/', import.meta.url));

/** Writes the file, unless it is there. */
export async function writeFlights(path: string): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (FROM read_parquet(${literal(`${dataSets}flights-3m.parquet`)}))
     TO ${literal(`${path}.part`)} (FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S')`,
  );
  connection.closeSync();
  instance.closeSync();
  await rename(`${path}.part`, path);
}
