/** Format `excel`: one sheet of an Excel workbook (.xlsx). */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import type { Format } from './format.ts';
import { jsonLines } from './json-lines.ts';

export interface ExcelOptions {
  /** The sheet's name, or its place from 1 on. Default: the only one that is shown; of several one must be named. */
  readonly sheet?: string | number;
  /** The number of the row that names the fields, as Excel counts them. Default: the first that has anything in it. */
  readonly header?: number;
}

const optionsSchema = z.strictObject({
  sheet: z.union([z.string().min(1), z.int().min(1)]).optional(),
  header: z.int().min(1).optional(),
});

/**
 * An Excel workbook: each row below the header with anything in it is a record. Values are those that the cells hold, not
 * how they are shown: a number is a number, a date is told by the cell's format. While it is taken in, the rows are
 * written as JSON lines; a rejected one is kept as that.
 * @throws DefinitionError if an option cannot be used.
 */
export function excel(options: ExcelOptions = {}): Format {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new DefinitionError(`format.excel: ${z.prettifyError(parsed.error)}`);
  return Object.freeze<Format>({ ...jsonLines('excel', Object.freeze(parsed.data)), converter: 'excel' });
}
