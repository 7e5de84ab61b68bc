/** The exact way through a CSV chunk: every record judged on its own and written in canonical form. */

import { canonicalColumns, canonicalWriter } from './canonical.ts';
import {
  fieldSpans,
  ODD_ESCAPE,
  QUOTED,
  splitRecord,
  TEXT_AFTER_QUOTE,
  textOf,
  type FieldSpans,
} from './csv-record.ts';
import { isBlank } from './csv-byte-classes.ts';
import { isDelimiter } from './csv-delimiter.ts';
import { headerLines } from './csv-header-again.ts';
import { csvIndex } from './csv-index.ts';
import type { CsvShape } from './csv-shape.ts';
import type { ChunkLayout, Prepared } from './format.ts';
import { isUtf8, isUtf8Range } from './utf8.ts';

export interface CsvExactOptions {
  /** Whether the object has a header, which may come again. */
  readonly isNamed: boolean;
  /** Whether fields that are missing at a record's end are empty, and empty ones that are too many are none. */
  readonly ragged: boolean;
}

/** One row for each record, in order; a record that cannot be read is a row with its reason in `_fault`. */
export function csvExact(
  chunk: Uint8Array,
  shape: CsvShape,
  layout: ChunkLayout,
  { isNamed, ragged }: CsvExactOptions,
): Prepared {
  const expected = layout.fields.length;
  const torn = new Set(layout.torn?.filter((_, i) => i % 2 === 0));
  const index = csvIndex(chunk, shape, layout.torn);
  const rows = canonicalWriter(expected, chunk.length + index.count * (3 * expected + 3));
  const spans = fieldSpans(expected);
  const isValid = isUtf8(chunk);
  const hasNul = chunk.includes(0);
  const header = isNamed ? headerLines(layout.fields, shape) : undefined;
  const isHeader = header?.isIn(chunk) === true ? header.isRecord : () => false;
  for (let r = 0; r < index.count; r++) {
    const start = index.starts[r]!;
    const end = index.ends[r]!;
    rows.begin();
    if (end - start > layout.limits.recordBytes) {
      rows.fault({
        code: 'too_long',
        message: `expected at most ${layout.limits.recordBytes} bytes, found more`,
      });
    } else if (torn.has(start)) {
      rows.fault({
        code: 'malformed',
        message: 'expected a quote at the end of a quoted field, found the records that follow',
      });
    } else if (!isValid && !isUtf8Range(chunk, start, end)) {
      rows.fault({
        code: 'encoding',
        message: `expected ${layout.encoding ?? 'UTF-8'}, found bytes that are not`,
      });
    } else if (hasNul && chunk.subarray(start, end).includes(0)) {
      rows.fault({ code: 'encoding', message: 'expected text, found the character U+0000' });
    } else if (isHeader(chunk, start, end)) {
      rows.fault({ code: 'malformed', message: 'expected a record, found the header again' });
    } else {
      const found = splitRecord(chunk, start, end, shape, spans);
      if (found === TEXT_AFTER_QUOTE) {
        rows.fault({
          code: 'malformed',
          message: 'expected a delimiter or the end of the record after a closing quote, found text',
        });
      } else if (found === ODD_ESCAPE) {
        rows.fault({
          code: 'malformed',
          message: 'expected after a backslash a character that has a meaning here, found another',
        });
      } else if (found !== expected && !(ragged && hasNoMore(chunk, end, spans, found, shape))) {
        rows.fault({ code: 'malformed', message: `expected ${words(expected)}, found ${found}` });
      } else {
        for (let f = 0; f < expected; f++) {
          if (f >= found) {
            rows.field(chunk, end, end, 0);
          } else if (spans.written[f] === 0) {
            rows.field(chunk, spans.from[f]!, spans.to[f]!, 0);
          } else {
            const text = textOf(chunk, spans, f, shape);
            rows.field(text, 0, text.length, 0);
          }
        }
        rows.end();
      }
    }
  }
  return Object.freeze({
    bytes: rows.bytes(),
    dialect: rows.dialect(),
    columns: canonicalColumns(expected),
    extra: Object.freeze([]),
  });
}

/** Whether behind the fields that there is room for nothing stands but delimiters, and blanks where they are ignored. */
function hasNoMore(
  bytes: Uint8Array,
  end: number,
  { from, to, written }: FieldSpans,
  found: number,
  shape: CsvShape,
): boolean {
  const room = from.length;
  if (found < room) return true;
  for (let at = to[room - 1]! + (written[room - 1]! & QUOTED); at < end;) {
    if (isDelimiter(bytes, at, shape)) at += shape.lead.length + 1;
    else if (shape.blanks && isBlank(bytes[at]!)) at++;
    else return false;
  }
  return true;
}

const words = (fields: number): string => (fields === 1 ? '1 field' : `${fields} fields`);
