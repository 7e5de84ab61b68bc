/** The rows that tables are measured with, made by formulas so that each run has the same. */

import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '../core/sql.ts';

/** How many rows the table has at first, and how many partitions. */
export const ROWS = 10_000_000;
export const PARTITIONS = 100;

const columns = (id: string, mark: string): string =>
  `(${id})::BIGINT AS id, (${id}) % ${PARTITIONS} AS part, (hash(${id}) % 1000000) / 100.0::DOUBLE AS amount,
  ${mark} || (hash(${id}) % 100000)::VARCHAR AS text, TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds((${id}) % 31536000) AS "at"`;

const parts = {
  /** Ids from 0 on. */
  base: `SELECT ${columns('i', `'text '`)} FROM range(${ROWS}) r(i)`,
  /** New rows. */
  more: `SELECT ${columns('i', `'text '`)} FROM range(${ROWS}, ${ROWS + 3_000_000}) r(i)`,
  /** One row of a hundred, over all partitions; one of ten of them is new. */
  spread: `SELECT ${columns(`CASE WHEN i % 10 = 0 THEN ${ROWS} + i ELSE (hash(i) % ${ROWS})::BIGINT END`, `'changed '`)}
FROM range(${ROWS / 100}) r(i) QUALIFY row_number() OVER (PARTITION BY id) = 1`,
  /** As many, all in one partition. */
  one: `SELECT ${columns(`i * ${PARTITIONS} + 42`, `'changed '`)} FROM range(${ROWS / PARTITIONS}) r(i)`,
} as const;

export type Part = keyof typeof parts;
export const partNames = Object.keys(parts) as Part[];

export async function writePart(part: Part, path: string): Promise<void> {
  await onEngine((run) =>
    run(`COPY (${parts[part]}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`),
  );
}

export async function parquetRows(path: string): Promise<number> {
  const [row] = await onEngine((run) =>
    run(`SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata(${literal(path)})`),
  );
  return Number(row![0]);
}

async function onEngine<T>(work: (run: (sql: string) => Promise<unknown[][]>) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`SET TimeZone = 'UTC'`);
    return await work(async (sql) => (await connection.runAndReadAll(sql)).getRows());
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
