/** The rows of a Parquet file as a relation: numbered, and with nothing believed that the file says of its values. */

import { join } from 'node:path';
import { literal, quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { ParquetColumns } from './parquet-columns.ts';

export interface ParquetRows {
  /** The relation. */
  readonly from: string;
  /** Its column of numbers, from 0; whoever asks for some of them reads no other row groups. */
  readonly number: string;
  /** Whether the numbers are counted, so that all rows must be read to find some. */
  readonly isCounted: boolean;
}

/**
 * The engine decides conditions by the bounds and the numbers of nulls that a file tells of its columns, and a writer may
 * tell them wrong. Of several files it takes none, so a file without rows stands beside.
 */
export async function rowsIn(
  engine: Engine,
  path: string,
  { all, isNamed }: Pick<ParquetColumns, 'all' | 'isNamed'>,
): Promise<ParquetRows> {
  const nothing = join(engine.folder, 'nothing.parquet');
  await engine.run(
    `COPY (SELECT * FROM read_parquet(${literal(path)}) LIMIT 0) TO ${literal(nothing)} (FORMAT parquet)`,
  );
  const files = `[${literal(path)}, ${literal(isNamed ? nothing : path)}]`;
  // A file without rows would have the name that the engine gives, and not be taken for one of the same columns.
  const one = isNamed ? '' : ' WHERE file_index = 0';
  const names = new Set(all.map(({ sql }) => sql.toLowerCase()));
  const number = quote('file_row_number');
  if (!names.has(number)) {
    const numbered = `read_parquet(${files}, file_row_number = true)`;
    return { from: isNamed ? numbered : `(SELECT * FROM ${numbered}${one})`, number, isCounted: false };
  }
  let own = '_at';
  while (names.has(quote(own))) own += '_';
  return {
    from: `(SELECT *, row_number() OVER () - 1 AS ${quote(own)} FROM read_parquet(${files})${one})`,
    number: quote(own),
    isCounted: true,
  };
}
