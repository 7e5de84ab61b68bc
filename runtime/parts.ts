/**
 * Rows that a chunk or a round leaves for work on rows that meet, parted by the hash of what makes them meet: one object
 * for each chunk or bucket, its parts one after another, so that the work on one bucket reads just its own.
 */

import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agree } from '../core/gate/reconcile.ts';
import { LIVE } from '../core/layer.ts';
import { bucketSql, copySql, digestSql, partedSql, stagedSql } from '../core/plan/write.ts';
import { literal } from '../core/sql.ts';
import type { Engine } from './engine.ts';
import type { Parting } from './rounds.ts';
import type { PartedFile } from './values.ts';
import type { World } from './world.ts';

export interface Left extends Parting {
  /** The relation whose live rows are left, and the SQL of the number of each one's record. */
  readonly from: string;
  readonly n: string;
  /** How many live rows there are. */
  readonly records: number;
}

/** Writes rows to one object, parted. @throws ReconciliationError unless the parts have each live row once. */
export async function writeParts(
  world: World,
  engine: Engine,
  { staged, by, buckets, from, n, records }: Left,
  uri: string,
): Promise<PartedFile> {
  const select = stagedSql(staged, from, n);
  const folder = join(engine.folder, 'parts');
  const whole = join(folder, '_bucket=0', 'data_0.parquet');
  if (buckets === 1) {
    await mkdir(join(folder, '_bucket=0'), { recursive: true });
    await engine.run(copySql(select, whole));
  } else {
    await engine.run(partedSql(select, by, buckets, folder));
  }
  const files = await engine.rows(
    `SELECT s.path, s.bucket, s.size, m.num_rows AS records
FROM (SELECT filename AS path, regexp_extract(filename, '_bucket=([0-9]+)', 1)::INTEGER AS bucket, size
  FROM read_blob(${literal(`${folder}/*/*.parquet`)})) s
JOIN parquet_file_metadata(${literal(`${folder}/*/*.parquet`)}) m ON m.file_name = s.path ORDER BY s.bucket, s.path`,
  );
  const sums = await engine.rows(
    `SELECT filename AS path, ${digestSql('"_n"')} AS digest
FROM read_parquet(${literal(`${folder}/*/*.parquet`)}, filename = true, hive_partitioning = false) GROUP BY ALL`,
  );
  const digests = new Map(sums.map((row) => [row['path'], String(row['digest'])]));
  let end = 0;
  const parts = files.map((file) => ({
    bucket: file['bucket'] as number,
    start: end,
    end: (end += file['size'] as number),
    records: file['records'] as number,
    digest: digests.get(file['path']) ?? '0',
  }));
  agree(
    uri,
    { of: 'the rows to part', count: records },
    { of: 'their parts', count: parts.reduce((sum, part) => sum + part.records, 0) },
  );
  const [live] = await engine.rows(
    `SELECT ${digestSql(`(${n})::BIGINT`)} AS digest FROM ${from} WHERE ${LIVE}`,
  );
  const digest = String(live!['digest']);
  agree(
    `${uri}, record numbers`,
    { of: 'the rows to part', count: digest },
    { of: 'their parts', count: String(parts.reduce((sum, part) => sum + BigInt(part.digest), 0n)) },
  );
  if (buckets === 1) await world.files.upload(whole, uri);
  else await world.files.write(uri, oneAfterAnother(files.map(({ path }) => String(path))));
  return { uri, records, digest, parts };
}

async function* oneAfterAnother(paths: readonly string[]): AsyncGenerator<Uint8Array, void> {
  for (const path of paths) yield* createReadStream(path, { highWaterMark: 1024 * 1024 });
}

/** Brings the parts of one bucket to the engine's folder. */
export async function bringParts(
  world: World,
  engine: Engine,
  staged: readonly PartedFile[],
  bucket: number,
): Promise<{ readonly paths: string[]; readonly records: number; readonly digest: bigint }> {
  const paths: string[] = [];
  let records = 0;
  let digest = 0n;
  for (const { uri, parts } of staged) {
    for (const part of parts) {
      if (part.bucket !== bucket) continue;
      const path = join(engine.folder, `part-${paths.length}.parquet`);
      await writeFile(path, world.files.read(uri, { start: part.start, end: part.end }));
      paths.push(path);
      records += part.records;
      digest += BigInt(part.digest);
    }
  }
  return { paths, records, digest };
}

/** @throws ReconciliationError if a row of the relation `staged` is of another bucket than the one that it was brought for. */
export async function noneAstray(
  engine: Engine,
  what: string,
  { by, buckets }: Parting,
  bucket: number,
): Promise<void> {
  if (buckets === 1) return;
  const [rows] = await engine.rows(
    `SELECT count(*) AS "all", count(*) FILTER (${bucketSql(by, buckets)} = ${bucket}) AS own FROM staged`,
  );
  agree(
    what,
    { of: 'its parts', count: rows!['all'] as number },
    { of: 'the hash of its rows', count: rows!['own'] as number },
  );
}
