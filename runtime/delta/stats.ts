/**
 * Statistics of a data file, taken from the Parquet footer that the engine wrote. They let a reader skip the file, so a
 * bound is the exact value or lies further out: never does it exclude a row that is there.
 */

import type { DeltaField } from '../../core/row.ts';
import { literal, literals, quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { FileStats } from '../ports.ts';
import { boundsOf } from './bounds.ts';

interface Measured {
  readonly file: string;
  readonly name: string;
  readonly nulls: number;
  readonly empty: boolean;
  readonly low: string | null;
  readonly high: string | null;
}

/** The statistics of one file: see `filesStats`. */
export async function fileStats(
  engine: Engine,
  path: string,
  columns: readonly DeltaField[],
): Promise<FileStats> {
  const [stats] = await filesStats(engine, [path], columns);
  return stats!;
}

/**
 * The statistics of Parquet files in the engine's folder, in Delta's form, without `numRecords`.
 * - Texts are cut to 32 characters, timestamps told in milliseconds, both outwards.
 * - Numbers that JavaScript cannot hold (integers past 2^53, long decimals, -0.0) are raw JSON: `JSON.stringify` writes
 *   them exactly, and they are for the log alone.
 * - Binary has only a null count, nested columns nothing.
 * - If a column has values and no bound can be told (NaN, infinity, a year past 9999), the file has no bounds at all:
 *   deltalake's Arrow reader takes a bound that is missing beside others for one that no value fulfils, and drops rows.
 */
export async function filesStats(
  engine: Engine,
  paths: readonly string[],
  columns: readonly DeltaField[],
): Promise<FileStats[]> {
  const measured = await measure(engine, paths, columns);
  return paths.map((path) => statsOf(measured.get(path), columns));
}

function statsOf(
  measured: ReadonlyMap<string, Measured> | undefined,
  columns: readonly DeltaField[],
): FileStats {
  const stats = { minValues: {}, maxValues: {}, nullCount: {} } satisfies FileStats;
  const nullCount: Record<string, number> = stats.nullCount;
  const minValues: Record<string, unknown> = stats.minValues;
  const maxValues: Record<string, unknown> = stats.maxValues;
  let untold = false;
  for (const { name, type } of columns) {
    const found = measured?.get(name);
    if (found === undefined) continue;
    nullCount[name] = found.nulls;
    const bounds = boundsOf(type);
    if (bounds === undefined || found.empty) continue;
    // Where there is a value there is a lowest one: `measure` asked for it.
    minValues[name] = bounds.low(found.low!);
    maxValues[name] = bounds.high(found.high!);
    untold ||= minValues[name] === undefined || maxValues[name] === undefined;
  }
  return untold ? { ...stats, minValues: {}, maxValues: {} } : stats;
}

/** What the footers say of each column, by file; where one does not state a bound, the column itself is asked. */
async function measure(
  engine: Engine,
  paths: readonly string[],
  columns: readonly DeltaField[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Measured>>> {
  const types = new Map<string, string[]>();
  for (const { name, type } of columns) {
    if (typeof type === 'string') types.set(type, [...(types.get(type) ?? []), name]);
  }
  if (types.size === 0) return new Map();
  const parts = Array.from(types, ([type, names]) => footerSql(boundsOf(type)?.sql ?? 'VARCHAR', names));
  const rows = (await engine.rows(
    `WITH footer AS MATERIALIZED (SELECT * FROM parquet_metadata([${paths.map(literal).join(', ')}])) ${parts.join(' UNION ALL ')}`,
  )) as unknown as Measured[];
  const boundsBy = new Map(columns.map(({ name, type }) => [name, boundsOf(type)]));
  const measured = new Map<string, Map<string, Measured>>();
  for (const row of rows) {
    const { file: path, name } = row;
    const inFile = measured.get(path) ?? new Map<string, Measured>();
    measured.set(path, inFile.set(name, row));
    if (!boundsBy.get(name) || row.empty || (row.low !== null && row.high !== null)) continue;
    const [asked] = await engine.rows(
      `SELECT min(${quote(name)})::VARCHAR AS low, max(${quote(name)})::VARCHAR AS high FROM read_parquet(${literal(path)})`,
    );
    inFile.set(name, { ...row, ...(asked as Pick<Measured, 'low' | 'high'>) });
  }
  return measured;
}

/**
 * For each column over all row groups: the nulls, and the bounds if every row group with a value states one. A nested
 * column has another path (`a, b`), which no column's name equals.
 */
function footerSql(type: string, names: readonly string[]): string {
  const bound = (value: string, pick: string) =>
    `CASE WHEN count(TRY_CAST(${value} AS ${type})) = count(*) FILTER (stats_null_count < num_values)
  THEN ${pick}(TRY_CAST(${value} AS ${type}))::VARCHAR END`;
  return `SELECT file_name AS file, path_in_schema AS name, sum(stats_null_count) AS nulls,
  sum(stats_null_count) = sum(num_values) AS empty,
  ${bound('stats_min_value', 'min')} AS low, ${bound('stats_max_value', 'max')} AS high
FROM footer WHERE path_in_schema IN ${literals(names)}
GROUP BY ALL HAVING count(stats_null_count) = count(*)`;
}
