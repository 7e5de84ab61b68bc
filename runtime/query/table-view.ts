/** A table as a view of the engine: its files, with the values that only the log knows. */

import { listValue, VARCHAR, DuckDBDataChunk, type DuckDBConnection } from '@duckdb/node-api';
import { UsageError } from '../../core/errors.ts';
import type { DeltaField } from '../../core/row.ts';
import { literal, quote } from '../../core/sql.ts';
import type { TableSchema } from '../ports.ts';
import { engineType } from './engine-type.ts';

export interface ViewedTable {
  /** The view's name, quoted as SQL, and a number that no other table has. */
  readonly view: string;
  readonly n: number;
  readonly schema: TableSchema;
  readonly files: readonly ViewedFile[];
}

/** A file where the engine reads it. */
export interface ViewedFile {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
}

/**
 * Makes the view. An empty file with the table's columns, written to `shape`, comes first in the list of files: columns
 * that an older file lacks are null, and a table without files has its columns. The files' partition values are a table,
 * joined by file name: whatever the number of files, the SQL stays short, and a condition on a partition column leaves the
 * rows of other files unread.
 */
export async function createTableView(
  connection: DuckDBConnection,
  { view, n, schema, files }: ViewedTable,
  shape: string,
): Promise<void> {
  const isPartition = new Set(schema.partitionBy);
  const stored = schema.fields.filter(({ name }) => !isPartition.has(name));
  const empty = stored.map((field) => `CAST(NULL AS ${typeOf(field)}) AS ${quote(field.name)}`);
  await connection.run(`COPY (SELECT ${empty.join(', ')} LIMIT 0) TO ${literal(shape)} (FORMAT parquet)`);
  const paths = `files_${n}`;
  await connection.run(`SET VARIABLE ${paths} = $1`, [listValue([shape, ...files.map(({ path }) => path)])]);
  const partitions = schema.fields.filter(({ name }) => isPartition.has(name));
  if (partitions.length > 0) await keepValues(connection, `table_${n}`, partitions, files);
  const path = freeName('file_path', schema.fields);
  const columns = schema.fields.map((field) => {
    const at = partitions.indexOf(field);
    const value = at === -1 ? `f.${quote(field.name)}` : `nullif(p.v${at}, '')`;
    return `CAST(${value} AS ${typeOf(field)}) AS ${quote(field.name)}`;
  });
  await connection.run(`CREATE VIEW ${view} AS SELECT ${columns.join(', ')}
FROM read_parquet(getvariable(${literal(paths)}), union_by_name=true, hive_partitioning=false, filename=${literal(path)}) f
${partitions.length === 0 ? '' : `JOIN partitions.table_${n} p ON p.path = f.${quote(path)}`}`);
}

const ROWS = 2048;

async function keepValues(
  connection: DuckDBConnection,
  table: string,
  partitions: readonly DeltaField[],
  files: readonly ViewedFile[],
): Promise<void> {
  const binary = partitions.find(({ type }) => type === 'binary');
  if (binary !== undefined) {
    throw new UsageError(
      `A table is partitioned by ${binary.name}, which is binary; Sluice cannot query it.`,
    );
  }
  const columns = partitions.map((_, i) => `v${i} VARCHAR`);
  await connection.run(`CREATE TABLE partitions.${table} (path VARCHAR, ${columns.join(', ')})`);
  const appender = await connection.createAppender(table, 'partitions');
  for (let at = 0; at < files.length; at += ROWS) {
    const some = files.slice(at, at + ROWS);
    const chunk = DuckDBDataChunk.create([VARCHAR, ...partitions.map(() => VARCHAR)]);
    chunk.setColumns([
      some.map(({ path }) => path),
      ...partitions.map(({ name }) => some.map(({ partitionValues }) => partitionValues[name] ?? null)),
    ]);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

const typeOf = (field: DeltaField): string => engineType(field.type);

function freeName(wanted: string, fields: readonly DeltaField[]): string {
  const taken = new Set(fields.map(({ name }) => name.toLowerCase()));
  return taken.has(wanted) ? freeName(`${wanted}_`, fields) : wanted;
}
