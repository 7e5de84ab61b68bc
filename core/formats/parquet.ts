/** Format `parquet`: rows in columns, flat or nested, read by the engine. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import type { Format } from './format.ts';
import { jsonLines } from './json-lines.ts';

export interface ParquetOptions {
  /**
   * What is done with times that have nanoseconds where the engine keeps microseconds (INT96, instants and times of day
   * in nanoseconds): the object is refused, or the digits behind the microseconds are cut off. Default: `refuse`.
   */
  readonly nanoseconds?: 'refuse' | 'cut';
}

const optionsSchema = z.strictObject({ nanoseconds: z.enum(['refuse', 'cut']).default('refuse') });

/**
 * A Parquet file: each of its rows is a record. Columns bind by name, their types must be those of the row without any
 * change of a value. While it is taken in, the rows are written as JSON lines; a rejected one is kept as that.
 * @throws DefinitionError if an option cannot be used.
 */
export function parquet(options: ParquetOptions = {}): Format {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new DefinitionError(`format.parquet: ${z.prettifyError(parsed.error)}`);
  return Object.freeze<Format>({ ...jsonLines('parquet', Object.freeze(parsed.data)), converter: 'parquet' });
}
