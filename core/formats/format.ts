/**
 * What a format is: how bytes become records, and how records are given to the engine. A format is pure; reading,
 * decompressing, hashing and cutting into chunks is done around it by the intake.
 */

import type { Limits } from '../limits.ts';

/** The fields that a definition asks for: what is left open in a format is told from the first bytes by these. */
export interface Expected {
  /** Every name that a column asks for, each once. */
  readonly names: readonly string[];
  /** Those without which an object is rejected. */
  readonly required: readonly string[];
}

/** What was found of one object where its definition left it open: plain data, kept with the object. */
export type Found = Readonly<Record<string, string | number>>;

/** The names that an object gives to its fields, and how many bytes said so. */
export interface Header {
  /** In file order; null where each record names its own fields (JSON). */
  readonly fields: readonly string[] | null;
  /** Bytes before the first record. */
  readonly bytes: number;
}

/** Counts the records of an object in one pass, independently of the engine. Fed with what follows the header. */
export interface Scanner {
  /** The block's memory may be used again afterwards. */
  push(block: Uint8Array): void;
  /**
   * The end of the object: a last record without a line end counts.
   * @throws ObjectRejectedError if what was read cannot be told into records (an unclosed quote or array).
   */
  end(): void;
  /** Records completed so far. */
  readonly records: number;
  /** Offset just after the last completed record (and its separator), from the first byte pushed. */
  readonly boundary: number;
  /** What `prepare` should know of the records since the last call: a small bit set, of the format's own meaning. */
  takeNotes(): number;
  /**
   * Where records start and end that cannot be told by their bytes alone, in pairs, those that start before a place;
   * from the first byte pushed. Whoever looks at these bytes again must be told.
   */
  takeTorn?(before: number): readonly number[];
  /** Sentences about what was read and is no record: comments, a trailer. Asked at the end. */
  apart?(): readonly string[];
}

/** How the engine is to read the prepared bytes. */
export interface Dialect {
  readonly delimiter: string;
  /** Empty: no quoting at all. */
  readonly quote: string;
  readonly newline: '\n' | '\r\n';
  /** Whether a quoted field holds a line end: the engine must then read the file with one thread. */
  readonly newlinesInQuotes: boolean;
  /** Bytes of the longest row, where that is 64 KiB or more; else any smaller number. Lines count where fields hold line ends. */
  readonly longestRow: number;
}

/** A chunk in the form that the engine reads: delimited text, one row for each record, in order. */
export interface Prepared {
  readonly bytes: Uint8Array;
  readonly dialect: Dialect;
  /**
   * The engine's columns in order: `f0`, `f1`, … for the fields, and `_fault` first where records were judged here:
   * its text is empty, or a JSON list of reasons for a record that cannot be read.
   */
  readonly columns: readonly string[];
  /** Names of fields that no column asked for, as far as they were met here (JSON). */
  readonly extra: readonly string[];
  /**
   * For each asked field what it is in all of the records, null where `_tags` says it of each (JSON). Given, the columns
   * are those of the fields that records have, in the order of the keys, and `_tags` is there only where it says something.
   */
  readonly told?: readonly (Told | null)[];
}

/** How what was prepared is to be read. */
export type Reading = Omit<Prepared, 'bytes'>;

/**
 * A chunk that is prepared a block at a time. It is right only if all that was pushed is UTF-8, and what was made of it does
 * not start with a byte order mark.
 */
export interface InBlocks {
  /** Whether each block is given back as it is. */
  readonly isSame: boolean;
  /** What the engine is to read of these bytes, good until the next call; undefined where the chunk must be there as a whole. */
  push(block: Uint8Array): Uint8Array | undefined;
  /** The last of it, and how to read it all; undefined as above. */
  end(): Prepared | undefined;
}

/** What a field is in every record of a chunk. */
export interface Told {
  /** What JSON has it as (`tags`); `-`: no record has it. */
  readonly tag: Tag | '-';
  /** For numbers that are all written as whole ones are (not `-0`): how many bytes they have at most. Else null. */
  readonly digits: number | null;
}

/** What a chunk is, beside its bytes. */
export interface ChunkLayout {
  /** The object's fields that the engine gets, in the order of `f0`, `f1`, …: for CSV all, for JSON the asked ones. */
  readonly fields: readonly string[];
  readonly notes: number;
  readonly limits: Limits;
  /** Where records of the chunk start and end that cannot be told by their bytes alone, in pairs. */
  readonly torn?: readonly number[] | undefined;
  /** The encoding that the object was in before its text became UTF-8: for messages. */
  readonly encoding?: Encoding;
}

/** Where the records of a chunk stand: offsets into the chunk, the end without the separator. */
export interface RecordIndex {
  readonly count: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** A format with its options, as a definition holds it. All functions are pure. */
export interface Format {
  /** The word in a definition: `csv`. */
  readonly kind: string;
  /** What the definition said, with defaults filled in: plain data. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether rows say in `_tags`, the last column, what each field was in JSON (see `tags`). */
  readonly tagged: boolean;
  /** Who turns objects into the JSON lines that are read here: a name in the intake's registry. Absent: nobody need. */
  readonly converter?: string;
  /** For records that are parts of larger ones: the format of those. */
  readonly outer?: Format;
  /** The encoding that the definition says; absent where it says none. Formats that know UTF-8 alone say that. */
  readonly encoding?: Encoding;
  /**
   * What the definition leaves open, told from the first bytes (after a byte order mark), or undefined if it needs more
   * of them. Absent where nothing is open.
   * @throws ObjectRejectedError `object.header` where it cannot be told for certain.
   */
  detect?(head: Uint8Array, atEnd: boolean, expected: Expected, limits: Limits): Found | undefined;
  /** The format for an object of which this was found. Absent where nothing is ever left open. */
  readAs?(found: Found): Format;
  /** The bytes of a record as UTF-8, for people. Absent where they are UTF-8 already. */
  shown?(record: Uint8Array): Uint8Array;
  /**
   * The header from the first bytes (after a byte order mark), or undefined if it needs more of them.
   * @throws ObjectRejectedError `object.header`, `object.format` or `object.encoding`.
   */
  header(head: Uint8Array, atEnd: boolean, limits: Limits): Header | undefined;
  scanner(header: Header, limits: Limits): Scanner;
  /** Prepares a chunk that comes in blocks; undefined where its notes say that it must be there as a whole. Absent: always. */
  inBlocks?(layout: ChunkLayout): InBlocks | undefined;
  /** @param exact read record by record, judging each, although the notes say that the engine could read it all. */
  prepare(chunk: Uint8Array, layout: ChunkLayout, exact: boolean): Prepared;
  /** Finds every record of a chunk, in the same order and number as the scanner counted. @param torn as in its layout. */
  index(chunk: Uint8Array, torn?: readonly number[]): RecordIndex;
}

/**
 * The encodings of text that are read: Unicode, those in which every character is one byte, and those in which it is one or
 * several; in both ASCII as it is.
 */
export const encodings = Object.freeze([
  'utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252',
  'windows-1250', 'windows-1251', 'windows-1253', 'windows-1254', 'windows-1255', 'windows-1256', 'windows-1257', 'windows-1258',
  'iso-8859-2', 'iso-8859-5', 'iso-8859-7', 'iso-8859-13', 'iso-8859-15', 'koi8-r', 'ibm866', 'macintosh',
  'shift_jis', 'euc-jp', 'gbk', 'gb18030', 'big5', 'euc-kr',
] as const); // prettier-ignore
export type Encoding = (typeof encodings)[number];

/** The format as it reads an object of which something was found. */
export const readAs = (format: Format, found: Found = {}): Format => format.readAs?.(found) ?? format;

/**
 * What JSON said a field was: its character in `_tags`, in the field's place; `-` there: the record does not have it. The
 * field is, for `s`, the text itself; for the others the JSON as it was received, a number with an exponent written out in digits.
 */
export const tags = Object.freeze({
  s: 'a text',
  n: 'a number',
  b: 'true or false',
  z: 'null',
  o: 'an object',
  a: 'a list',
});
export type Tag = keyof typeof tags;
