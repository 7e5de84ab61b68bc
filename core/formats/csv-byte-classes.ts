/** What a byte is to a scanner of CSV. */

import type { CsvShape } from './csv-shape.ts';

// What a byte is in a field's text; the values of ordinary bytes and delimiters are summed to count the fields.
export const DELIMITER = 1;
export const QUOTE = 2;
export const CR = 3;
export const LF = 4;
export const NUL = 5;
export const ESCAPE = 6;
const COMMENT = 7;
export const LAST_OF_DELIMITER = 8;

export function byteClasses(shape: CsvShape, text: boolean): Uint8Array {
  const classes = new Uint8Array(256);
  classes[0] = NUL;
  classes[10] = LF;
  classes[13] = CR;
  if (shape.quote >= 0) classes[shape.quote] = QUOTE;
  if (shape.escape >= 0) classes[shape.escape] = ESCAPE;
  if (text && shape.comment >= 0) classes[shape.comment] = COMMENT;
  if (text) classes[shape.delimiter] = shape.lead.length === 0 ? DELIMITER : LAST_OF_DELIMITER;
  return classes;
}

export const isBlank = (byte: number): boolean => byte === 32 || byte === 9;
