/** Format `csv`: delimited text with a header. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { engineColumns } from './canonical.ts';
import { csvExact } from './csv-exact.ts';
import { csvHeader } from './csv-header.ts';
import { csvIndex, csvNotes, csvScanner, type CsvShape } from './csv-scan.ts';
import type { ChunkLayout, Dialect, Format } from './format.ts';
import { isUtf8 } from './utf8.ts';

export interface CsvOptions {
  /** The character between fields: one of ASCII, such as `;` or a tab. Default: `,`. */
  readonly delimiter?: string;
  /** The character around fields that hold delimiters, line ends or itself (doubled). Empty: none. Default: `"`. */
  readonly quote?: string;
  /** The first line names the fields. There is no other way yet. Default: true. */
  readonly header?: true;
}

const oneCharacter = /^[^\0\r\n\u0080-\uffff]$/;
const optionsSchema = z
  .strictObject({
    delimiter: z
      .string()
      .regex(oneCharacter, 'a delimiter is one ASCII character and not a line end')
      .default(','),
    quote: z
      .union([
        z.literal(''),
        z.string().regex(oneCharacter, 'a quote is one ASCII character and not a line end'),
      ])
      .default('"'),
    header: z.literal(true).default(true),
  })
  .refine(
    ({ delimiter, quote }) => delimiter !== quote,
    'delimiter and quote must not be the same character',
  );

/**
 * Delimited text. Records end at LF, CRLF or CR; a line with nothing in it is not a record. A quote opens only where a
 * field starts; inside, it is doubled. A field's text is what stands between the delimiters, white space included. A
 * record with another number of fields than the header, with text after a closing quote, with bytes that are not
 * UTF-8 or with the character U+0000 is rejected alone; its neighbours are not touched.
 * @throws DefinitionError if an option cannot be used.
 */
export function csv(options: CsvOptions = {}): Format {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new DefinitionError(`format.csv: ${z.prettifyError(parsed.error)}`);
  const { delimiter, quote } = parsed.data;
  const shape: CsvShape = Object.freeze({
    delimiter: delimiter.charCodeAt(0),
    quote: quote === '' ? -1 : quote.charCodeAt(0),
  });
  return Object.freeze<Format>({
    kind: 'csv',
    options: Object.freeze(parsed.data),
    tagged: false,
    header: (head, atEnd, limits) => csvHeader(head, atEnd, limits, shape),
    scanner: (header, limits) =>
      csvScanner(shape, {
        fields: header.fields?.length ?? 0,
        recordBytes: limits.recordBytes,
        offset: header.bytes,
      }),
    prepare(chunk, layout, exact) {
      const dialect = exact ? undefined : strictDialect(chunk, layout, parsed.data);
      if (dialect === undefined) return csvExact(chunk, shape, layout);
      const columns = engineColumns(layout.fields.length);
      return Object.freeze({ bytes: chunk, dialect, columns, extra: Object.freeze([]) });
    },
    index: (chunk) => csvIndex(chunk, shape),
  });
}

/** How the engine reads the chunk as it is, or undefined where it would fail, or read something else than it says. */
function strictDialect(
  chunk: Uint8Array,
  { notes }: ChunkLayout,
  { delimiter, quote }: { delimiter: string; quote: string },
): Dialect | undefined {
  const { quoted, quotedNewline, lf, crlf } = csvNotes;
  if ((notes & ~(quoted | quotedNewline | lf | crlf)) !== 0) return undefined;
  if ((notes & lf) !== 0 && (notes & crlf) !== 0) return undefined;
  // The engine strips white space around quoted fields; with a blank as delimiter it would strip delimiters.
  if ((notes & quoted) !== 0 && delimiter === ' ') return undefined;
  // The engine takes these bytes at a chunk's start for a byte order mark; the object's own has been removed.
  if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) return undefined;
  if (!isUtf8(chunk)) return undefined;
  return Object.freeze({
    delimiter,
    quote: (notes & quoted) === 0 ? '' : quote,
    newline: (notes & crlf) === 0 ? '\n' : '\r\n',
    newlinesInQuotes: (notes & quotedNewline) !== 0,
    longestRow: 0,
  });
}
