/** The state machine that tells CSV bytes into records; it knows where a field starts and judges nothing. */

import { ObjectRejectedError } from '../errors.ts';
import type { RecordIndex, Scanner } from './format.ts';
import { recordList } from './record-list.ts';

/** The characters that give CSV its shape. */
export interface CsvShape {
  /** Byte between fields. */
  readonly delimiter: number;
  /** Byte around quoted fields; -1 for none. */
  readonly quote: number;
}

/** What the scanner met in the records of a chunk: the bits of `takeNotes`. */
export const csvNotes = Object.freeze({
  /** A record with another number of fields than the header. */
  irregular: 1,
  /** A quoted field. */
  quoted: 2,
  /** A quote inside a field that is not quoted. */
  oddQuote: 4,
  /** Text between a closing quote and the next delimiter. */
  afterQuote: 8,
  lf: 16,
  crlf: 32,
  cr: 64,
  /** A line with nothing in it, before a record. */
  blank: 128,
  /** A record of more than `limits.recordBytes`. */
  long: 256,
  /** A line end inside a quoted field. */
  quotedNewline: 512,
  /** A byte 0. */
  nul: 1024,
});

export interface CsvScanOptions {
  /** Fields that a regular record has. */
  readonly fields: number;
  readonly recordBytes: number;
  /** Bytes of the object before the first one pushed: for messages. */
  readonly offset: number;
  /** Told of each record: where it starts and ends, and where its line end ends; offsets from the first byte pushed. */
  readonly each?: (start: number, end: number, next: number) => void;
}

// What a byte is in a field's text; the values of ordinary bytes and delimiters are summed to count the fields.
const DELIMITER = 1;
const QUOTE = 2;
const CR = 3;
const LF = 4;
const NUL = 5;
// Where the machine is.
const TEXT = 0;
const QUOTED = 1;
const QUOTE_SEEN = 2;
const AFTER_CR = 3;

/** A scanner of records. A record ends at CRLF, LF or CR outside quotes; a line with nothing in it is not a record. */
export function csvScanner(shape: CsvShape, options: CsvScanOptions): Scanner {
  const { fields: expected, recordBytes, each } = options;
  const { delimiter } = shape;
  const textClasses = byteClasses(shape, true);
  const quotedClasses = byteClasses(shape, false);
  let mode = TEXT;
  let base = 0; // Bytes pushed before the current block; `recordStart` and `quoteStart` are relative to it.
  let recordStart = 0;
  let quoteStart = 0;
  let lastByte = 0;
  let fieldsSoFar = 1;
  let bits = 0; // Of the record that is not complete yet.
  let notes = 0;
  let records = 0;
  let boundary = 0;

  /** The end of a line: of a record, or of nothing. Its line end stands from `end` up to `next`. */
  function endLine(end: number, next: number, kind: number, fields: number): void {
    if (end === recordStart) {
      bits |= csvNotes.blank;
    } else {
      if (fields !== expected) bits |= csvNotes.irregular;
      if (end - recordStart > recordBytes) bits |= csvNotes.long;
      notes |= bits | kind;
      bits = 0;
      records++;
      boundary = base + next;
      if (each !== undefined) each(base + recordStart, base + end, base + next);
    }
    recordStart = next;
  }

  function push(block: Uint8Array): void {
    // Locals, because the loops below run several times slower over variables of the closure.
    const inText = textClasses;
    const inQuotes = quotedClasses;
    const n = block.length;
    let fields = fieldsSoFar;
    let at = mode;
    let i = 0;
    while (i < n) {
      if (at === TEXT) {
        let kind = 0;
        while (i < n && (kind = inText[block[i]!]!) <= DELIMITER) {
          fields += kind;
          i++;
        }
        if (i === n) break;
        if (kind === LF) {
          endLine(i, i + 1, csvNotes.lf, fields);
          fields = 1;
        } else if (kind === CR) {
          at = AFTER_CR;
        } else if (kind === QUOTE) {
          if (i === recordStart || (i > 0 ? block[i - 1]! : lastByte) === delimiter) {
            at = QUOTED;
            quoteStart = i;
            bits |= csvNotes.quoted;
          } else {
            bits |= csvNotes.oddQuote;
          }
        } else {
          bits |= csvNotes.nul;
        }
        i++;
      } else if (at === QUOTED) {
        let kind = 0;
        while (i < n && (kind = inQuotes[block[i]!]!) === 0) i++;
        if (i === n) break;
        if (kind === QUOTE) at = QUOTE_SEEN;
        else bits |= kind === NUL ? csvNotes.nul : csvNotes.quotedNewline;
        i++;
      } else if (at === QUOTE_SEEN) {
        const kind = inText[block[i]!]!;
        if (kind === QUOTE) {
          at = QUOTED;
          i++;
        } else {
          at = TEXT; // The byte is looked at again, as text.
          if (kind === 0 || kind === NUL) bits |= csvNotes.afterQuote;
        }
      } else {
        const cr = i - 1;
        const isCrLf = block[i] === 10;
        if (isCrLf) i++;
        endLine(cr, i, isCrLf ? csvNotes.crlf : csvNotes.cr, fields);
        fields = 1;
        at = TEXT;
      }
    }
    mode = at;
    fieldsSoFar = fields;
    if (n > 0) lastByte = block[n - 1]!;
    base += n;
    recordStart -= n;
    quoteStart -= n;
  }

  function end(): void {
    if (mode === QUOTED) {
      throw new ObjectRejectedError(
        'object.format',
        `Record ${records + 1} has a quoted field without an end: its quote opens at byte ` +
          `${options.offset + base + quoteStart} and is not closed before the object ends. ` +
          'Close the quote, or double it if it is part of the text.',
      );
    }
    if (mode === AFTER_CR) endLine(-1, 0, csvNotes.cr, fieldsSoFar);
    else if (recordStart < 0) endLine(0, 0, 0, fieldsSoFar);
  }

  return {
    push,
    end,
    get records() {
      return records;
    },
    get boundary() {
      return boundary;
    },
    takeNotes() {
      const taken = notes;
      notes = 0;
      return taken;
    },
  };
}

/** The records of a whole chunk. */
export function csvIndex(chunk: Uint8Array, shape: CsvShape): RecordIndex {
  const list = recordList();
  const scanner = csvScanner(shape, { fields: 0, recordBytes: Infinity, offset: 0, each: list.add });
  scanner.push(chunk);
  scanner.end();
  return list.index();
}

function byteClasses(shape: CsvShape, text: boolean): Uint8Array {
  const classes = new Uint8Array(256);
  classes[0] = NUL;
  classes[10] = LF;
  classes[13] = CR;
  if (text) classes[shape.delimiter] = DELIMITER;
  if (shape.quote >= 0) classes[shape.quote] = QUOTE;
  return classes;
}
