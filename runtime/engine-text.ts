/** Texts of the engine as they are: the library's own reading drops U+FEFF at the start of a text. */

import { DuckDBBlobVector, type DuckDBVector } from '@duckdb/node-api';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text in a row of a vector of VARCHAR, whose bytes lie as those of a BLOB do; null for NULL. */
export function textOf(vector: DuckDBVector, row: number): string | null {
  const bytes = DuckDBBlobVector.prototype.getItemBytes.call(vector as unknown as DuckDBBlobVector, row);
  return bytes === null ? null : decoder.decode(bytes);
}
