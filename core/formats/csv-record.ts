/** One CSV record told into its fields, by the same rules by which the scanner told the bytes into records. */

import type { CsvShape } from './csv-scan.ts';

/** Room for the fields of a record: where each field's text stands, and whether it was quoted. */
export interface FieldSpans {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly quoted: Uint8Array;
}

export const fieldSpans = (fields: number): FieldSpans => ({
  from: new Uint32Array(fields),
  to: new Uint32Array(fields),
  quoted: new Uint8Array(fields),
});

/** What `splitRecord` answers for a record with text between a closing quote and the next delimiter. */
export const TEXT_AFTER_QUOTE = -1;

/**
 * Finds the fields of the record from `start` up to `end`, as many as there is room for.
 * @returns how many fields the record has, or TEXT_AFTER_QUOTE.
 */
export function splitRecord(
  bytes: Uint8Array,
  start: number,
  end: number,
  { delimiter, quote }: CsvShape,
  spans: FieldSpans,
): number {
  const room = spans.from.length;
  let count = 0;
  let i = start;
  for (;;) {
    let from = i;
    let to;
    const isQuoted = i < end && bytes[i] === quote;
    if (isQuoted) {
      from = ++i;
      // A doubled quote is part of the text; the scanner has seen to it that the field is closed.
      while (i < end && (bytes[i] !== quote || (i + 1 < end && bytes[i + 1] === quote))) {
        i += bytes[i] === quote ? 2 : 1;
      }
      to = i++;
      if (i < end && bytes[i] !== delimiter) return TEXT_AFTER_QUOTE;
    } else {
      while (i < end && bytes[i] !== delimiter) i++;
      to = i;
    }
    if (count < room) {
      spans.from[count] = from;
      spans.to[count] = to;
      spans.quoted[count] = isQuoted ? 1 : 0;
    }
    count++;
    if (i >= end) return count;
    i++;
  }
}

/** The bytes from `from` up to `to` with each doubled quote made one. */
export function undoubled(bytes: Uint8Array, from: number, to: number, quote: number): Uint8Array {
  const text = new Uint8Array(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    text[length++] = byte;
    if (byte === quote) i++;
  }
  return text.subarray(0, length);
}
