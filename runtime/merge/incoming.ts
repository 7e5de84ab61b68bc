/** The rows of a run in the engine, each with a number that is the same wherever they are taken in. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { agree } from '../../core/gate/reconcile.ts';
import { literal } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { World } from '../world.ts';
import type { MergeTask } from './task.ts';

/** The number of an incoming row. */
export const ROW = '"_row"';

/**
 * Makes the table `incoming`.
 * @param columns in SQL. Default: all.
 * @returns how many rows it has.
 */
export async function takeIn(
  { files }: World,
  engine: Engine,
  { rows, run }: Pick<MergeTask, 'rows' | 'run'>,
  columns = '*',
): Promise<number> {
  const paths = rows.map((_, i) => join(engine.folder, `incoming-${i}.parquet`));
  for (const [i, { uri }] of rows.entries()) await files.download(uri, paths[i]!);
  await engine.run(
    `CREATE TABLE incoming AS SELECT ${columns}, row_number() OVER () AS ${ROW} FROM read_parquet([${paths.map(literal).join(', ')}])`,
  );
  for (const path of paths) await rm(path, { force: true });
  const [counted] = await engine.rows('SELECT count(*) AS records FROM incoming');
  const records = counted!['records'] as number;
  agree(
    `${run}, rows to merge`,
    { of: 'what was staged', count: rows.reduce((sum, file) => sum + file.records, 0) },
    { of: 'the engine', count: records },
  );
  return records;
}
