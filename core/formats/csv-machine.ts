/** What the scanner of CSV is told, and what those see of it who may read bytes again from another place. */

import type { Trailer } from './csv-trailer.ts';
import type { Scanner } from './format.ts';

export interface CsvScanOptions {
  /** Fields that a regular record has. */
  readonly fields: number;
  readonly recordBytes: number;
  /** Bytes of the object before the first one pushed: for messages. */
  readonly offset: number;
  /** Told of each record: where it starts and ends, where its line end ends, from the first byte pushed; its notes. */
  readonly each?: (start: number, end: number, next: number, notes: number) => void;
  /** Holds records back that may turn out to be the trailer. */
  readonly trailer?: Trailer | undefined;
  /** Lines that were left out before the header. */
  readonly preamble?: number;
  /** Whether the machine stops after a record with a line end in a quoted field and a quote that stands wrong. */
  readonly stops?: boolean;
}

/** A record that looks as if a quote of it was not closed where it should be; it is not counted yet. */
export interface Suspect {
  readonly start: number;
  readonly end: number;
  readonly next: number;
  readonly notes: number;
}

/** The scanner as those see it who may read bytes again from another place. */
export interface CsvMachine extends Scanner {
  /** Reads a block. @returns how much of it: all, but where it stopped after a suspect. */
  scan(block: Uint8Array): number;
  readonly suspect: Suspect | undefined;
  /** Where the line starts that is not complete yet. */
  readonly from: number;
  /** Whether a quoted field is open. */
  readonly isOpen: boolean;
  /** Takes a stretch for a record. @param bytes from its start on. */
  count(bytes: Uint8Array, record: Suspect): void;
  /** Forgets what is not complete; the next block stands at this place. */
  restart(at: number): void;
}
