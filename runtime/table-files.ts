/** Staged Parquet files on their way into a table: merged where small, split by partition, measured, put in place. */

import { randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LimitExceededError } from '../core/errors.ts';
import { agree } from '../core/gate/reconcile.ts';
import { copySql } from '../core/plan/write.ts';
import type { DeltaField } from '../core/row.ts';
import { literal, quote } from '../core/sql.ts';
import { atOnce, TRANSFERS } from './at-once.ts';
import { filesStats } from './delta/stats.ts';
import type { Engine } from './engine.ts';
import { runFolder } from './layout.ts';
import type { DataFile } from './ports.ts';
import type { StagedFile } from './values.ts';
import type { World } from './world.ts';

/** Files smaller than this on average become one before they enter a table. */
const SMALL_BYTES = 2 * 1024 * 1024;

export interface TableTarget {
  readonly uri: string;
  readonly fields: readonly DeltaField[];
  readonly partitionBy: readonly string[];
  /** The run that the files are of: they lie in its folder, under names of which each try has its own. */
  readonly run: string;
  /** Tags of every file. Default: none. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** A file in the engine's folder, with the rows of one partition. */
export interface Part {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
}

/** Puts staged rows in place as data files of a table, not yet visible. @throws ReconciliationError if rows are lost. */
export async function placeFiles(
  world: World,
  engine: Engine,
  staged: readonly StagedFile[],
  target: TableTarget,
): Promise<DataFile[]> {
  if (staged.length === 0) return [];
  const folder = join(engine.folder, randomBytes(3).toString('hex'));
  const paths = await downloadStaged(world, folder, staged);
  const isSplit = target.partitionBy.length > 0;
  const whole = isSplit ? paths : await merge(engine, folder, world, staged, paths);
  const placed = await placeLocal(world, engine, whole, target);
  const rows = (files: readonly { records: number }[]): number =>
    files.reduce((sum, file) => sum + file.records, 0);
  agree(
    target.uri,
    { of: 'what was staged', count: rows(staged) },
    { of: 'the files to commit', count: rows(placed) },
  );
  return placed;
}

/** The same for files in the engine's folder. */
export async function placeLocal(
  world: World,
  engine: Engine,
  paths: readonly string[],
  target: TableTarget,
): Promise<DataFile[]> {
  const own = randomBytes(3).toString('hex');
  const parts =
    target.partitionBy.length > 0
      ? await split(engine, join(engine.folder, own), paths, target)
      : paths.map((path) => ({ path, partitionValues: {} }));
  const placed = await placeParts(world, engine, parts, target, (i) => `${own}-${i}.parquet`);
  return placed.flatMap((file) => file ?? []);
}

/** Brings staged files to a folder of an engine. */
export async function downloadStaged(
  world: World,
  folder: string,
  staged: readonly StagedFile[],
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths = staged.map((_, i) => join(folder, `staged-${i}.parquet`));
  await atOnce([...staged.entries()], TRANSFERS, ([i, { uri }]) => world.files.download(uri, paths[i]!));
  return paths;
}

async function merge(
  engine: Engine,
  folder: string,
  world: World,
  staged: readonly StagedFile[],
  paths: string[],
): Promise<string[]> {
  const sizes = await Promise.all(staged.map(async ({ uri }) => (await world.files.stat(uri))?.size ?? 0));
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  if (paths.length === 1 || mean >= SMALL_BYTES) return paths;
  const path = join(folder, 'merged.parquet');
  await engine.run(copySql(`SELECT * FROM ${readParquet(paths)}`, path));
  return [path];
}

/** Partitions that one statement writes: each has a buffer of its own. */
const AT_ONCE = 256;
/** Partitions that one run may have rows for. */
const MOST_PARTITIONS = 20_000;

/**
 * Each combination of partition values gets a number, and its rows go to the folder of that number.
 * @throws LimitExceededError if there are so many that nobody could read the table.
 */
async function split(
  engine: Engine,
  within: string,
  paths: readonly string[],
  target: TableTarget,
): Promise<Part[]> {
  const names = target.partitionBy.map(quote);
  await engine.run(
    `CREATE OR REPLACE TABLE parts AS SELECT ${names.join(', ')}, row_number() OVER (ORDER BY ${names.join(', ')}) AS "_part"
FROM (SELECT DISTINCT ${names.join(', ')} FROM ${readParquet(paths)})`,
  );
  const values = await engine.rows(
    `SELECT "_part", ${target.partitionBy.map((name, i) => `${partitionText(name, target.fields)} AS "v${i}"`).join(', ')} FROM parts`,
  );
  if (values.length > MOST_PARTITIONS) {
    throw new LimitExceededError(
      `The rows of run ${target.run} have ${values.length} different values of ${target.partitionBy.join(', ')}, at most ` +
        `${MOST_PARTITIONS} may become partitions. Partition the table by columns with fewer values, such as a day.`,
    );
  }
  await mkdir(within, { recursive: true });
  const same = target.partitionBy.map((name) => `s.${quote(name)} IS NOT DISTINCT FROM p.${quote(name)}`);
  for (let from = 1; from <= values.length; from += AT_ONCE) {
    const some = `(SELECT * FROM parts WHERE "_part" BETWEEN ${from} AND ${from + AT_ONCE - 1})`;
    await engine.run(
      `COPY (SELECT s.* EXCLUDE (${names.join(', ')}), p."_part" FROM ${readParquet(paths)} s JOIN ${some} p ON ${same.join(' AND ')})
TO ${literal(join(within, `parts-${from}`))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY ("_part"))`,
    );
  }
  const files = await engine.rows(
    `SELECT file, regexp_extract(file, '_part=([0-9]+)', 1)::INTEGER AS part FROM glob(${literal(`${within}/*/*/*.parquet`)}) ORDER BY part, file`,
  );
  const byPart = new Map(values.map((row) => [row['_part'], row]));
  return files.map(({ file, part }) => ({
    path: String(file),
    partitionValues: Object.fromEntries(
      target.partitionBy.map((name, i) => [name, (byPart.get(part)?.[`v${i}`] ?? null) as string | null]),
    ),
  }));
}

/** A partition value in the text that Delta Lake's log holds. */
function partitionText(name: string, fields: readonly DeltaField[]): string {
  const type = fields.find((field) => field.name === name)?.type;
  const value = quote(name);
  if (type === 'timestamp') return `strftime(${value}, '%Y-%m-%dT%H:%M:%S.%fZ')`;
  // The engine writes no zero before the point where there is no room for one.
  const isDecimal = typeof type === 'string' && type.startsWith('decimal');
  return isDecimal ? `regexp_replace(${value}::VARCHAR, '^(-?)\\.', '\\10.')` : `${value}::VARCHAR`;
}

/** Measures files and puts them in place, in the folder of the run. @returns null for a file that has no row. */
export async function placeParts(
  world: World,
  engine: Engine,
  parts: readonly Part[],
  { uri, run, fields, partitionBy, tags }: TableTarget,
  nameOf: (i: number) => string,
): Promise<(DataFile | null)[]> {
  const inFile = fields.filter(({ name }) => !partitionBy.includes(name));
  const measured = await measureFiles(
    engine,
    parts.map(({ path }) => path),
    inFile,
  );
  const placing = parts.map(({ path, partitionValues }, i) => ({
    path,
    partitionValues,
    to: runFolder(uri, run) + nameOf(i),
    ...measured[i]!,
  }));
  return atOnce(placing, TRANSFERS, async ({ path, to, records, size, stats, partitionValues }) => {
    if (records === 0) return null;
    await world.files.upload(path, to);
    const tagged = tags === undefined ? {} : { tags };
    return { path: to.slice(uri.length + 1), size, records, partitionValues, stats, ...tagged };
  });
}

/** What the log holds of files in the engine's folder, by their footers. */
export async function measureFiles(
  engine: Engine,
  paths: readonly string[],
  columns: readonly DeltaField[],
): Promise<Pick<DataFile, 'size' | 'records' | 'stats'>[]> {
  if (paths.length === 0) return [];
  const rows = await engine.rows(
    `SELECT file_name AS path, num_rows AS records FROM parquet_file_metadata([${paths.map(literal).join(', ')}])`,
  );
  const records = new Map(rows.map((row) => [String(row['path']), row['records'] as number]));
  const stats = await filesStats(engine, paths, columns);
  return Promise.all(
    paths.map(async (path, i) => ({
      size: (await stat(path)).size,
      records: records.get(path)!,
      stats: stats[i]!,
    })),
  );
}

export const readParquet = (paths: readonly string[]): string =>
  `read_parquet([${paths.map(literal).join(', ')}])`;
