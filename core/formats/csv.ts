/** Format `csv`: delimited text, in whatever dialect a definition says or its header shows. */

import { ObjectRejectedError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { engineColumns } from './canonical.ts';
import { detectCsv } from './csv-detect.ts';
import { csvExact } from './csv-exact.ts';
import { headerLines } from './csv-header-again.ts';
import { afterLines, csvHeader } from './csv-header.ts';
import { csvOptions, shapeOf, type CsvOptions, type ReadCsvOptions } from './csv-options.ts';
import { rescuingScanner } from './csv-rescue.ts';
import { csvIndex } from './csv-index.ts';
import { csvNotes, type CsvShape } from './csv-shape.ts';
import { csvTrailer } from './csv-trailer.ts';
import { inEncoding } from './encoding.ts';
import type { Reading, ChunkLayout, Dialect, Encoding, Format, Found, Header } from './format.ts';
import { longRows, type LongRows } from './long-rows.ts';
import { isUtf8 } from './utf8.ts';

/**
 * Delimited text. Records end at LF, CRLF or CR; a line with nothing in it is not a record. A quote opens only where a
 * field starts; inside, it is doubled. A field's text is what stands between the delimiters, white space included. A
 * record with another number of fields than the header, with text after a closing quote, with bytes that are not of
 * the encoding or with the character U+0000 is rejected alone; its neighbours are not touched. So is one with a quote
 * that is never closed, where whole records follow it.
 * @throws DefinitionError if an option cannot be used.
 */
export const csv = (options: CsvOptions = {}): Format => csvOf(csvOptions(options), {});

function csvOf(options: ReadCsvOptions, found: Found): Format {
  const shape = shapeOf(options, found['delimiter'] as string | undefined);
  const encoding = options.encoding ?? (found['encoding'] as Encoding | undefined) ?? 'utf-8';
  const preamble = Number(found['preamble'] ?? (options.preamble === 'until-header' ? 0 : options.preamble));
  const isNamed = options.columns === undefined;
  const exactly = { isNamed, ragged: options.ragged ?? false };
  const format: Format = {
    kind: 'csv',
    options,
    tagged: false,
    ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
    detect: (head, atEnd, expected, limits) => detectCsv(head, atEnd, options, expected, limits),
    readAs: (more) => csvOf(options, more),
    header: (head, atEnd, limits) => headerOf(head, atEnd, limits, { shape, preamble, options }),
    scanner(header, limits) {
      const fields = header.fields ?? [];
      const scanner = rescuingScanner(shape, {
        fields: fields.length,
        recordBytes: limits.recordBytes,
        offset: header.bytes,
        trailer: csvTrailer(options.trailer),
        preamble: header.bytes === 0 ? 0 : preamble,
      });
      return (isNamed ? headerLines(fields, shape)?.noting(scanner) : undefined) ?? scanner;
    },
    inBlocks(layout) {
      const reading = asItIs(layout, shape);
      if (reading === undefined) return undefined;
      const rows = longRows();
      return {
        isSame: true,
        push(block) {
          rows.push(block);
          return block;
        },
        end: () => ({ ...withRows(reading, rows), bytes: NOTHING }),
      };
    },
    prepare(chunk, layout, exact) {
      // The notes are of the bytes as received; in another encoding the names are not found there.
      const isHidden = encoding !== 'utf-8' && isNamed && headerLines(layout.fields, shape)?.isIn(chunk);
      const strict = exact || isHidden || isMarked(chunk) ? undefined : asItIs(layout, shape);
      if (strict === undefined || !isUtf8(chunk)) return csvExact(chunk, shape, layout, exactly);
      const rows = longRows();
      rows.push(chunk);
      return Object.freeze({ ...withRows(strict, rows), bytes: chunk });
    },
    index: (chunk, torn) => csvIndex(chunk, shape, torn),
  };
  return inEncoding(Object.freeze(format), encoding);
}

interface HeaderPlace {
  readonly shape: CsvShape;
  readonly preamble: number;
  readonly options: ReadCsvOptions;
}

function headerOf(
  head: Uint8Array,
  atEnd: boolean,
  limits: Limits,
  { shape, preamble, options }: HeaderPlace,
): Header | undefined {
  if (preamble > 0 && head.length === 0 && atEnd)
    return Object.freeze({ fields: Object.freeze([]), bytes: 0 });
  const start = afterLines(head, preamble, atEnd, limits);
  if (start === undefined) return undefined;
  const rest = head.subarray(start);
  if (options.columns === undefined) {
    const header = csvHeader(rest, atEnd, limits, shape);
    return header === undefined ? undefined : Object.freeze({ ...header, bytes: start + header.bytes });
  }
  const first = firstFields(rest, atEnd, limits, shape);
  if (first === undefined) return undefined;
  if (first.length === options.columns.length && options.columns.every((name, i) => name === first[i])) {
    throw new ObjectRejectedError(
      'object.header',
      'The first line names the columns, and the definition says that there is no header (`header: false`). ' +
        'Leave `header` and `columns` out, or deliver the object without it.',
    );
  }
  return Object.freeze({ fields: options.columns, bytes: start });
}

/** The fields of the first record, none if it cannot be read: then it is judged as a record. */
function firstFields(
  head: Uint8Array,
  atEnd: boolean,
  limits: Limits,
  shape: CsvShape,
): readonly string[] | undefined {
  try {
    return csvHeader(head, atEnd, limits, shape)?.fields ?? undefined;
  } catch (error) {
    if (error instanceof ObjectRejectedError) return [];
    throw error;
  }
}

const NOTHING = new Uint8Array(0);

/** Undefined where the engine would fail on the chunk as it is, or read something else than it says. */
function asItIs({ notes, fields }: ChunkLayout, shape: CsvShape): Reading | undefined {
  const { delimiter, lead, quote, blanks } = shape;
  const { quoted, quotedNewline, lf, crlf } = csvNotes;
  if (blanks || lead.length > 0 || (notes & ~(quoted | quotedNewline | lf | crlf)) !== 0) return undefined;
  if ((notes & lf) !== 0 && (notes & crlf) !== 0) return undefined;
  // The engine strips white space around quoted fields; with a blank as delimiter it would strip delimiters.
  if ((notes & quoted) !== 0 && delimiter === 32) return undefined;
  const dialect = Object.freeze({
    delimiter: String.fromCharCode(delimiter),
    quote: (notes & quoted) === 0 ? '' : String.fromCharCode(quote),
    newline: (notes & crlf) === 0 ? '\n' : '\r\n',
    newlinesInQuotes: (notes & quotedNewline) !== 0,
    longestRow: 0,
  } satisfies Dialect);
  return Object.freeze({ dialect, columns: engineColumns(fields.length), extra: Object.freeze([]) });
}

const withRows = (reading: Reading, rows: LongRows): Reading => ({
  ...reading,
  dialect: Object.freeze({ ...reading.dialect, longestRow: rows.longest() }),
});

/** The engine takes these bytes at a chunk's start for a byte order mark; the object's own has been removed. */
const isMarked = (chunk: Uint8Array): boolean => chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
