/** Staged Parquet files on their way into a table: merged where small, split by partition, measured, put in place. */

import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { agree } from '../core/gate/reconcile.ts';
import { copySql } from '../core/plan/write.ts';
import type { DeltaField } from '../core/row.ts';
import { literal, quote } from '../core/sql.ts';
import { fileStats } from './delta/stats.ts';
import type { Engine } from './engine.ts';
import { runFolder } from './layout.ts';
import type { DataFile } from './ports.ts';
import type { StagedFile } from './values.ts';
import type { World } from './world.ts';

/** Files smaller than this on average become one before they enter a table. */
const SMALL_BYTES = 4 * 1024 * 1024;

export interface TableTarget {
  readonly uri: string;
  readonly fields: readonly DeltaField[];
  readonly partitionBy: readonly string[];
  /** The run that the files are of: they lie in its folder, under names of which each try has its own. */
  readonly run: string;
}

interface Part {
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
  const own = randomBytes(3).toString('hex');
  const folder = join(engine.folder, own);
  const paths = await downloadStaged(world, folder, staged);
  const parts =
    target.partitionBy.length > 0
      ? await split(engine, folder, paths, target)
      : await merge(engine, folder, world, staged, paths);
  const placed: DataFile[] = [];
  for (const [i, part] of parts.entries())
    placed.push(await place(world, engine, part, target, `${own}-${i}.parquet`));
  const rows = (files: readonly { records: number }[]): number =>
    files.reduce((sum, file) => sum + file.records, 0);
  agree(
    target.uri,
    { of: 'what was staged', count: rows(staged) },
    { of: 'the files to commit', count: rows(placed) },
  );
  return placed;
}

/** Brings staged files to a folder of an engine. */
export async function downloadStaged(
  world: World,
  folder: string,
  staged: readonly StagedFile[],
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths = staged.map((_, i) => join(folder, `staged-${i}.parquet`));
  for (const [i, { uri }] of staged.entries()) await world.files.download(uri, paths[i]!);
  return paths;
}

async function merge(
  engine: Engine,
  folder: string,
  world: World,
  staged: readonly StagedFile[],
  paths: string[],
): Promise<Part[]> {
  const sizes = await Promise.all(staged.map(async ({ uri }) => (await world.files.stat(uri))?.size ?? 0));
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  if (paths.length === 1 || mean >= SMALL_BYTES) return paths.map((path) => ({ path, partitionValues: {} }));
  const path = join(folder, 'merged.parquet');
  await engine.run(copySql(`SELECT * FROM ${readParquet(paths)}`, path));
  return [{ path, partitionValues: {} }];
}

/** Each combination of partition values gets a number, and its rows go to the folder of that number. */
async function split(engine: Engine, within: string, paths: string[], target: TableTarget): Promise<Part[]> {
  const names = target.partitionBy.map(quote);
  await engine.run(
    `CREATE OR REPLACE TABLE parts AS SELECT ${names.join(', ')}, row_number() OVER (ORDER BY ${names.join(', ')}) AS "_part"
FROM (SELECT DISTINCT ${names.join(', ')} FROM ${readParquet(paths)})`,
  );
  const folder = join(within, 'parts');
  const same = target.partitionBy.map((name) => `s.${quote(name)} IS NOT DISTINCT FROM p.${quote(name)}`);
  await engine.run(
    `COPY (SELECT s.* EXCLUDE (${names.join(', ')}), p."_part" FROM ${readParquet(paths)} s JOIN parts p ON ${same.join(' AND ')})
TO ${literal(folder)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY ("_part"))`,
  );
  const values = await engine.rows(
    `SELECT "_part", ${target.partitionBy.map((name, i) => `${partitionText(name, target.fields)} AS "v${i}"`).join(', ')} FROM parts`,
  );
  const files = await engine.rows(
    `SELECT file, regexp_extract(file, '_part=([0-9]+)', 1)::INTEGER AS part FROM glob(${literal(`${folder}/*/*.parquet`)}) ORDER BY part, file`,
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
  return type === 'timestamp' ? `strftime(${value}, '%Y-%m-%dT%H:%M:%S.%fZ')` : `${value}::VARCHAR`;
}

async function place(
  world: World,
  engine: Engine,
  part: Part,
  target: TableTarget,
  name: string,
): Promise<DataFile> {
  const inFile = target.fields.filter((field) => !(field.name in part.partitionValues));
  const stats = await fileStats(engine, part.path, inFile);
  const [facts] = await engine.rows(
    `SELECT num_rows AS records FROM parquet_file_metadata(${literal(part.path)})`,
  );
  const [file] = await engine.rows(`SELECT size FROM read_blob(${literal(part.path)})`);
  const uri = runFolder(target.uri, target.run) + name;
  await world.files.upload(part.path, uri);
  const { partitionValues } = part;
  return {
    path: uri.slice(target.uri.length + 1),
    size: file!['size'] as number,
    records: facts!['records'] as number,
    partitionValues,
    stats,
  };
}

export const readParquet = (paths: readonly string[]): string =>
  `read_parquet([${paths.map(literal).join(', ')}])`;
