/** The state machine that tells CSV bytes into records; it knows where a field starts and judges nothing. */

import { ObjectRejectedError } from '../errors.ts';
import { apartOf } from './csv-apart.ts';
import {
  byteClasses, CR, DELIMITER, ESCAPE, isBlank, LAST_OF_DELIMITER, LF, NUL, QUOTE,
} from './csv-byte-classes.ts'; // prettier-ignore
import { DELIMITS_LATE, longDelimiter, NO_DELIMITER } from './csv-delimiter.ts';
import { csvLines, LATER, WORTH_IT } from './csv-lines.ts';
import type { CsvMachine, CsvScanOptions, Suspect } from './csv-machine.ts';
import { csvNotes, type CsvShape } from './csv-shape.ts';
import { MOST } from './line-machine.ts';

// Where the machine is.
const TEXT = 0;
const QUOTED = 1;
const QUOTE_SEEN = 2;
const AFTER_CR = 3;
const IN_COMMENT = 4;
const TEXT_ESCAPED = 5;
const QUOTED_ESCAPED = 6;
const AFTER_QUOTED = 7;
const CR_ESCAPED = 8;

const SUSPICIOUS = csvNotes.afterQuote | csvNotes.oddQuote;

/**
 * A scanner of records. A record ends at CRLF, LF or CR outside quotes; a line with nothing in it is not a record, nor
 * is a comment.
 */
export function csvScanner(shape: CsvShape, options: CsvScanOptions): CsvMachine {
  const { fields: expected, recordBytes, each, trailer, stops = false } = options;
  const { delimiter } = shape;
  const long = longDelimiter(shape);
  const textClasses = byteClasses(shape, true);
  const quotedClasses = byteClasses(shape, false);
  const isPlain = each === undefined && trailer === undefined && recordBytes >= MOST;
  const take = isPlain ? csvLines(shape, expected) : undefined;
  let mode = TEXT;
  let base = 0; // Bytes pushed before the current block; `recordStart` and `quoteStart` are relative to it.
  let recordStart = 0;
  let quoteStart = 0;
  let lastByte = 0; // Of the block before; of no meaning to a quote where it was escaped.
  let fieldsSoFar = 1;
  let isBegun = false; // Whether the field that is not complete yet has more than blanks.
  let bits = 0; // Of the record that is not complete yet.
  let notes = 0;
  let records = 0;
  let boundary = 0;
  let isComment = false;
  let comments = 0;
  let suspect: Suspect | undefined;

  /** The end of a line: of a record, or of nothing. Its line end stands from `end` up to `next`. */
  function endLine(end: number, next: number, kind: number, fields: number): void {
    if (isComment) {
      bits |= csvNotes.blank;
      comments++;
      isComment = false;
    } else if (end === recordStart) {
      bits |= csvNotes.blank;
    } else {
      if (fields !== expected) bits |= csvNotes.irregular;
      if (end - recordStart > recordBytes) bits |= csvNotes.long;
      const all = bits | kind;
      bits = 0;
      if (stops && (all & csvNotes.quotedNewline) !== 0 && (all & SUSPICIOUS) !== 0) {
        suspect = { start: base + recordStart, end: base + end, next: base + next, notes: all };
      } else {
        count(recordStart, end, next, all);
      }
    }
    recordStart = next;
  }

  function count(start: number, end: number, next: number, all: number): void {
    if (trailer === undefined) {
      notes |= all;
      records++;
      boundary = base + next;
    } else {
      trailer.line(start, end, base + next, all);
    }
    if (each !== undefined) each(base + start, base + end, base + next, all);
  }

  function scan(block: Uint8Array): number {
    // Locals, because the loops below run several times slower over variables of the closure.
    const inText = textClasses;
    const inQuotes = quotedClasses;
    const n = block.length;
    trailer?.block(block);
    let fields = fieldsSoFar;
    let at = mode;
    let i = 0;
    let escapedAt = -2; // Where the last escaped byte stood.
    let tryAt = 0;
    while (i < n) {
      if (at === TEXT && i === recordStart && i >= tryAt && bits === 0 && take !== undefined) {
        const lines = take(block, i);
        if (lines.count > 0) {
          notes |= lines.notes;
          records += lines.count;
          i = lines.next;
          boundary = base + i;
          recordStart = i;
        }
        if (lines.count < WORTH_IT) tryAt = i + LATER;
      } else if (at === TEXT) {
        let kind = 0;
        while (i < n && (kind = inText[block[i]!]!) <= DELIMITER) {
          fields += kind;
          i++;
        }
        if (i >= n) break;
        if ((kind === LF || kind === CR) && long?.ends(i) === true) bits |= csvNotes.afterQuote;
        if (kind === LF) {
          endLine(i, i + 1, csvNotes.lf, fields);
          if (suspect !== undefined) return i + 1;
          fields = 1;
        } else if (kind === CR) {
          at = AFTER_CR;
        } else if (kind === QUOTE) {
          const before = i > 0 ? block[i - 1]! : lastByte;
          const isBehind = long === undefined ? before === delimiter && escapedAt !== i - 1 : long.starts(i);
          if (i === recordStart || isBehind || opensBehindBlanks(block, i)) {
            at = QUOTED;
            quoteStart = i;
            bits |= csvNotes.quoted;
          } else {
            bits |= csvNotes.oddQuote;
          }
        } else if (kind === NUL) {
          bits |= csvNotes.nul;
        } else if (kind === ESCAPE) {
          at = TEXT_ESCAPED;
          bits |= csvNotes.escaped;
        } else if (kind === LAST_OF_DELIMITER) {
          const is = long!.at(block, i);
          if (is !== NO_DELIMITER) fields++;
          if (is === DELIMITS_LATE) bits |= csvNotes.afterQuote;
        } else if (i === recordStart) {
          at = IN_COMMENT;
          isComment = true;
        }
        i++;
      } else if (at === QUOTED) {
        let kind = 0;
        while (i < n && (kind = inQuotes[block[i]!]!) === 0) i++;
        if (i === n) break;
        if (kind === QUOTE) {
          at = QUOTE_SEEN;
        } else if (kind === ESCAPE) {
          at = QUOTED_ESCAPED;
          bits |= csvNotes.escaped;
        } else {
          bits |= kind === NUL ? csvNotes.nul : csvNotes.quotedNewline;
        }
        i++;
      } else if (at === QUOTE_SEEN || at === AFTER_QUOTED) {
        const kind = inText[block[i]!]!;
        if (kind === QUOTE && at === QUOTE_SEEN) {
          at = QUOTED;
          i++;
        } else if (shape.blanks && kind !== DELIMITER && isBlank(block[i]!)) {
          at = AFTER_QUOTED;
          i++;
        } else {
          if (at === AFTER_QUOTED && kind === QUOTE) bits |= csvNotes.afterQuote;
          at = TEXT; // The byte is looked at again, as text.
          if (long !== undefined) long.closed(i);
          else if (kind === 0 || kind >= NUL) bits |= csvNotes.afterQuote;
        }
      } else if (at === AFTER_CR) {
        const cr = i - 1;
        const isCrLf = block[i] === 10;
        if (isCrLf) i++;
        endLine(cr, i, isCrLf ? csvNotes.crlf : csvNotes.cr, fields);
        if (suspect !== undefined) return i;
        fields = 1;
        at = TEXT;
      } else if (at === IN_COMMENT) {
        while (i < n && block[i] !== 10 && block[i] !== 13) i++;
        if (i < n) at = TEXT;
      } else if (at === CR_ESCAPED) {
        if (block[i] === 10) i++;
        at = TEXT;
      } else {
        const byte = block[i]!;
        if (byte === 10 || byte === 13) bits |= csvNotes.quotedNewline;
        else if (byte === 0) bits |= csvNotes.nul;
        at = at === QUOTED_ESCAPED ? QUOTED : byte === 13 ? CR_ESCAPED : TEXT;
        escapedAt = i++;
      }
    }
    mode = at;
    fieldsSoFar = fields;
    if (shape.blanks && n > 0) isBegun = at !== TEXT || !opensBehindBlanks(block, n);
    if (n > 0) lastByte = escapedAt === n - 1 ? -1 : block[n - 1]!;
    trailer?.leave(recordStart);
    long?.next(block);
    base += n;
    recordStart -= n;
    quoteStart -= n;
    return n;
  }

  /** Whether nothing but blanks stands between the start of the field and a place. */
  function opensBehindBlanks(block: Uint8Array, place: number): boolean {
    if (!shape.blanks) return false;
    let from = place;
    while (from > Math.max(0, recordStart) && block[from - 1] !== delimiter && isBlank(block[from - 1]!))
      from--;
    if (from === recordStart || (from > 0 && block[from - 1] === delimiter)) return true;
    return from === 0 && (lastByte === delimiter || !isBegun);
  }

  function end(): void {
    if (mode === QUOTED || mode === QUOTED_ESCAPED) {
      throw new ObjectRejectedError(
        'object.format',
        `Record ${records + 1} has a quoted field without an end: its quote opens at byte ` +
          `${options.offset + base + quoteStart} and is not closed before the object ends. ` +
          'Close the quote, or double it if it is part of the text.',
      );
    }
    trailer?.block(new Uint8Array(0));
    if (mode === TEXT && long?.ends(0) === true) bits |= csvNotes.afterQuote;
    if (mode === AFTER_CR) endLine(-1, 0, csvNotes.cr, fieldsSoFar);
    else if (recordStart < 0) endLine(0, 0, 0, fieldsSoFar);
    if (suspect === undefined) trailer?.end();
  }

  return {
    scan,
    push: (block) => void scan(block),
    end,
    get suspect() {
      return suspect;
    },
    get from() {
      return base + recordStart;
    },
    get isOpen() {
      return mode === QUOTED || mode === QUOTED_ESCAPED;
    },
    count(bytes, record) {
      base = record.start;
      trailer?.block(bytes);
      count(0, record.end - base, record.next - base, record.notes);
    },
    restart(at) {
      base = at;
      mode = TEXT;
      recordStart = 0;
      lastByte = 0;
      fieldsSoFar = 1;
      isBegun = false;
      bits = 0;
      isComment = false;
      suspect = undefined;
      long?.reset();
    },
    get records() {
      return trailer?.records ?? records;
    },
    get boundary() {
      return trailer?.boundary ?? boundary;
    },
    takeNotes() {
      const taken = trailer?.takeNotes() ?? notes;
      notes = 0;
      return taken;
    },
    apart: () => apartOf(comments, options),
  };
}
