/** The characters that give CSV its shape, and what the scanner may note of a chunk. */

export interface CsvShape {
  /** Byte between fields; of a delimiter of several bytes the last one. */
  readonly delimiter: number;
  /** The bytes of the delimiter before its last one: mostly none. */
  readonly lead: readonly number[];
  /** Byte around quoted fields; -1 for none. */
  readonly quote: number;
  /** Byte that makes the next one text; -1 for none: then a quote is doubled. */
  readonly escape: number;
  /** Byte with which a line starts that is no record; -1 for none. */
  readonly comment: number;
  /** Whether blanks around a field are no part of it, nor of its quotes. */
  readonly blanks: boolean;
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
  /** A line with nothing in it, or a comment, before a record. */
  blank: 128,
  /** A record of more than `limits.recordBytes`. */
  long: 256,
  /** A line end inside a field. */
  quotedNewline: 512,
  /** A byte 0. */
  nul: 1024,
  /** A byte that makes the next one text. */
  escaped: 2048,
  /** A line that names the fields as the header does. */
  header: 4096,
});
