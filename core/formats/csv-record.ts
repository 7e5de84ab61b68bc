/** One CSV record told into its fields, by the same rules by which the scanner told the bytes into records. */

import { isDelimiter } from './csv-delimiter.ts';
import type { CsvShape } from './csv-shape.ts';

/** Room for the fields of a record: where each field's text stands, and how it is written. */
export interface FieldSpans {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** 0 for a text that stands as it is, else bits of `written`. */
  readonly written: Uint8Array;
}

/** In `written`: the text stands between quotes. */
export const QUOTED = 1;
const ESCAPED = 2;

export const fieldSpans = (fields: number): FieldSpans => ({
  from: new Uint32Array(fields),
  to: new Uint32Array(fields),
  written: new Uint8Array(fields),
});

/** What `splitRecord` answers for a record with text between a closing quote and the next delimiter. */
export const TEXT_AFTER_QUOTE = -1;
/** What it answers for one in which a backslash stands before a character that means nothing. */
export const ODD_ESCAPE = -2;

/**
 * Finds the fields of the record from `start` up to `end`, as many as there is room for.
 * @returns how many fields the record has, TEXT_AFTER_QUOTE or ODD_ESCAPE.
 */
export function splitRecord(
  bytes: Uint8Array,
  start: number,
  end: number,
  shape: CsvShape,
  spans: FieldSpans,
): number {
  const { delimiter, lead, quote, escape, blanks } = shape;
  const isLong = lead.length > 0;
  const isBlank = (at: number): boolean =>
    blanks && bytes[at] !== delimiter && (bytes[at] === 32 || bytes[at] === 9);
  const room = spans.from.length;
  let count = 0;
  let i = start;
  for (;;) {
    while (isBlank(i)) i++;
    let from = i;
    let to;
    let written = 0;
    if (i < end && bytes[i] === quote) {
      written = QUOTED;
      from = ++i;
      // A doubled quote is part of the text; the scanner has seen to it that the field is closed.
      for (; i < end; i++) {
        const byte = bytes[i]!;
        if (byte === quote) {
          if (bytes[i + 1] !== quote) break;
          i++;
        } else if (byte === escape) {
          if (!isEscape(bytes[++i], shape)) return ODD_ESCAPE;
          written |= ESCAPED;
        }
      }
      to = i++;
      while (isBlank(i)) i++;
      if (i < end && !(isLong ? isDelimiter(bytes, i, shape) : bytes[i] === delimiter)) {
        return TEXT_AFTER_QUOTE;
      }
    } else if (isLong) {
      while (i < end && !isDelimiter(bytes, i, shape)) i++;
      to = i;
    } else {
      while (i < end && bytes[i] !== delimiter && bytes[i] !== escape) i++;
      if (i < end && bytes[i] === escape && !(i === from && isNull(bytes, i, end, delimiter))) {
        written = ESCAPED;
        for (; i < end && bytes[i] !== delimiter; i++) {
          if (bytes[i] === escape && (++i >= end || !isEscape(bytes[i], shape))) return ODD_ESCAPE;
        }
      } else {
        while (i < end && bytes[i] !== delimiter) i++;
      }
      to = i;
      while (to > from && isBlank(to - 1)) to--;
    }
    if (count < room) {
      spans.from[count] = from;
      spans.to[count] = to;
      spans.written[count] = written;
    }
    count++;
    if (i >= end) return count;
    i += lead.length + 1;
  }
}

/** The field's text where it is not written as it is. */
export function textOf(
  bytes: Uint8Array,
  spans: FieldSpans,
  field: number,
  { quote, escape }: CsvShape,
): Uint8Array {
  const from = spans.from[field]!;
  const to = spans.to[field]!;
  const isQuoted = (spans.written[field]! & QUOTED) !== 0;
  const isEscaped = (spans.written[field]! & ESCAPED) !== 0;
  const text = new Uint8Array(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    if ((isEscaped && bytes[i] === escape) || (isQuoted && bytes[i] === quote)) i++;
    text[length++] = bytes[i]!;
  }
  return text.subarray(0, length);
}

/**
 * What a backslash may stand before: what means something here, or might elsewhere. Before a letter it may mean that
 * letter or something else entirely (`\n`, `\t`), which nobody here can tell.
 */
const isEscape = (byte: number | undefined, { delimiter, quote, escape, comment }: CsvShape): boolean =>
  byte === escape ||
  byte === quote ||
  byte === delimiter ||
  byte === 10 ||
  byte === 13 ||
  byte === 34 ||
  byte === 39 ||
  (byte === comment && comment >= 0);

/** A field that is `\N` and nothing else: databases write null so, and `decode.nulls` can name it. */
const isNull = (bytes: Uint8Array, at: number, end: number, delimiter: number): boolean =>
  bytes[at + 1] === 78 && (at + 2 >= end || bytes[at + 2] === delimiter);
