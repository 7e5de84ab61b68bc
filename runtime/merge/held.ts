/** Rows of a table's files in the engine's folder, as one relation with the table's columns. */

import type { DeltaField } from '../../core/row.ts';
import { literal, quote } from '../../core/sql.ts';
import { INTEGER, VARCHAR } from '@duckdb/node-api';
import type { Engine } from '../engine.ts';
import type { DataFile } from '../ports.ts';
import { engineType } from '../query/engine-type.ts';

export interface HeldFile {
  /** Its number in this meeting. */
  readonly n: number;
  readonly path: string;
  readonly file: DataFile;
}

/** The name under which a row tells its file; no column of a table begins so. */
export const FILE_COLUMN = '_at';

/** An empty file with the columns of the table: first in a list of files, it gives them to older files that lack some. */
export async function writeShape(engine: Engine, stored: readonly DeltaField[]): Promise<void> {
  const empty = stored.map(({ name, type }) => `CAST(NULL AS ${engineType(type)}) AS ${quote(name)}`);
  await engine.run(
    `COPY (SELECT ${empty.join(', ')} LIMIT 0) TO ${literal(shapeOf(engine))} (FORMAT parquet)`,
  );
}

const shapeOf = (engine: Engine): string => `${engine.folder}/shape.parquet`;

/** The columns that lie in files, of these files; those of the partition are known by the file. */
export function storedSql(
  engine: Engine,
  files: readonly HeldFile[],
  stored: readonly DeltaField[],
  more = '',
): string {
  const columns = stored.map(
    ({ name, type }) => `CAST(${quote(name)} AS ${engineType(type)}) AS ${quote(name)}`,
  );
  const paths = [shapeOf(engine), ...files.map(({ path }) => path)].map(literal).join(', ');
  return `SELECT ${columns.join(', ')}${more}
FROM read_parquet([${paths}], union_by_name = true, hive_partitioning = false, filename = ${literal(FILE_COLUMN)})`;
}

/** Makes the view `held` of whole rows, and the table `held_files`, which tells their files. */
export async function viewHeld(
  engine: Engine,
  files: readonly HeldFile[],
  fields: readonly DeltaField[],
  partitionBy: readonly string[],
): Promise<void> {
  const values = partitionBy.map((_, i) => `p${i}`);
  await engine.run(
    `CREATE OR REPLACE TABLE held_files (path VARCHAR, n INTEGER${values.map((name) => `, ${name} VARCHAR`).join('')})`,
  );
  await engine.append(
    'held_files',
    [VARCHAR, INTEGER, ...values.map(() => VARCHAR)],
    [
      files.map(({ path }) => path),
      files.map(({ n }) => n),
      ...partitionBy.map((name) => files.map(({ file }) => file.partitionValues[name] ?? null)),
    ],
  );
  const stored = fields.filter(({ name }) => !partitionBy.includes(name));
  const at = quote(FILE_COLUMN);
  const rows = storedSql(engine, files, stored, `, ${at}`);
  const columns = fields.map(({ name, type }) => {
    const i = partitionBy.indexOf(name);
    if (i === -1) return `r.${quote(name)}`;
    return `CAST(nullif(f.p${i}, '') AS ${engineType(type)}) AS ${quote(name)}`;
  });
  // Values of partition columns are known by the file.
  const joined = partitionBy.length === 0 ? '' : `JOIN held_files f ON f.path = r.${at}`;
  await engine.run(
    `CREATE OR REPLACE VIEW held AS SELECT ${columns.join(', ')}, r.${at} FROM (${rows}) r ${joined}`,
  );
}
