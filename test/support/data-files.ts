/** Data files for tests, written by the engine to their place in a table. */

import { join } from 'node:path';
import type { DeltaField } from '../../core/row.ts';
import { literal } from '../../core/sql.ts';
import { encodePath } from '../../runtime/delta/paths.ts';
import { fileStats } from '../../runtime/delta/stats.ts';
import type { Engine } from '../../runtime/engine.ts';
import { localFiles } from '../../runtime/local/files.ts';
import type { DataFile } from '../../runtime/ports.ts';
import type { Row } from './deltalake.ts';

let made = 0;

/** Writes a query's rows as a data file at its place in the table. */
export async function writeDataFile(
  engine: Engine,
  uri: string,
  name: string,
  fields: readonly DeltaField[],
  sql: string,
  partitionValues: DataFile['partitionValues'] = {},
): Promise<DataFile> {
  const local = join(engine.folder, `${made++}.parquet`);
  await engine.run(`COPY (${sql}) TO ${literal(local)} (FORMAT parquet, COMPRESSION zstd)`);
  const [counted] = await engine.rows(`SELECT count(*) AS records FROM ${literal(local)}`);
  const stats = await fileStats(engine, local, fields);
  await localFiles().upload(local, `${uri}/${name}`);
  const { size } = (await localFiles().stat(`${uri}/${name}`))!;
  return { path: encodePath(name), size, records: counted!['records'] as number, partitionValues, stats };
}

/** The ids of rows, in order. */
export const ids = (rows: readonly Row[]): unknown[] =>
  rows.map((row) => row['id']).sort((a, b) => Number(a) - Number(b));
