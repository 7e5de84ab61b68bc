/** Rows held while they are worked on: in the engine's memory, which is faster, or in a file. */

import { join } from 'node:path';
import { literal } from '../core/sql.ts';
import type { Engine } from './engine.ts';

/** The number of a held row, from 0, in the order in which rows were written, which is that of the scan. */
export const NUMBER = '"_at"';

export interface Held {
  /** The name of the relation. */
  readonly as: string;
  readonly select: string;
  /** The columns that the definition names. */
  readonly names: readonly string[];
  readonly inMemory: boolean;
}

/** Makes a relation of what a SELECT gives, and of each row's number. */
export async function holdRows(engine: Engine, { as, select, names, inMemory }: Held): Promise<void> {
  // The engine's own name for a row's number cannot be told from a column of that name.
  if (inMemory || names.some((name) => name.toLowerCase() === 'file_row_number')) {
    await engine.run(`CREATE TABLE held_${as} AS ${select}`);
    await engine.run(`CREATE VIEW ${as} AS SELECT *, rowid AS ${NUMBER} FROM held_${as}`);
    return;
  }
  const path = literal(join(engine.folder, `held-${as}.parquet`));
  await engine.run(`COPY (${select}) TO ${path} (FORMAT parquet, COMPRESSION snappy)`);
  await engine.run(`CREATE VIEW ${as} AS SELECT * EXCLUDE (file_row_number), file_row_number AS ${NUMBER}
FROM read_parquet(${path}, file_row_number = true)`);
}
