/** Delimiters of several bytes: the first place where one stands whole ends the field. */

import type { CsvShape } from './csv-shape.ts';

/** What a byte was that may be a delimiter's last one. */
export const NO_DELIMITER = 0;
export const DELIMITS = 1;
/** It delimits, and between it and the closing quote before it there is text. */
export const DELIMITS_LATE = 2;

/** Follows the fields of records that come in blocks; places are those in the block that is read, below 0 before it. */
export interface LongDelimiter {
  /** What the byte at a place is, which has the value of a delimiter's last one. */
  at(block: Uint8Array, place: number): number;
  /** Whether a field starts at a place, behind a delimiter. */
  starts(place: number): boolean;
  /** A quote was closed before a place. */
  closed(place: number): void;
  /** A record ends at a place. @returns whether there is text between it and the closing quote before it. */
  ends(place: number): boolean;
  /** The block was read: places are those of the next one. */
  next(block: Uint8Array): void;
  reset(): void;
}

const NOTHING = new Uint8Array(0);

/** Undefined for a delimiter of one byte. */
export function longDelimiter({ lead }: CsvShape): LongDelimiter | undefined {
  if (lead.length === 0) return undefined;
  let from = -Infinity; // Where the field starts, or where its quote was closed: no delimiter starts before.
  let isClosed = false;
  let tail = NOTHING; // Of the bytes before the block, as many as the delimiter has before its last one.
  const byteAt = (block: Uint8Array, place: number): number | undefined =>
    place < 0 ? tail[tail.length + place] : block[place];

  return {
    at(block, place) {
      const start = place - lead.length;
      if (start < from) return NO_DELIMITER;
      if (!lead.every((byte, i) => byteAt(block, start + i) === byte)) return NO_DELIMITER;
      const isLate = isClosed && start !== from;
      from = place + 1;
      isClosed = false;
      return isLate ? DELIMITS_LATE : DELIMITS;
    },
    starts: (place) => place === from,
    closed(place) {
      from = place;
      isClosed = true;
    },
    ends(place) {
      const isLate = isClosed && place !== from;
      isClosed = false;
      return isLate;
    },
    next(block) {
      from -= block.length;
      const joined = new Uint8Array(tail.length + Math.min(block.length, lead.length));
      joined.set(tail);
      joined.set(block.subarray(Math.max(0, block.length - lead.length)), tail.length);
      tail = joined.slice(Math.max(0, joined.length - lead.length));
    },
    reset() {
      from = -Infinity;
      isClosed = false;
      tail = NOTHING;
    },
  };
}

/** Whether a delimiter starts at a place. It has no line end, so that it ends where the record does or before. */
export const isDelimiter = (bytes: Uint8Array, place: number, { lead, delimiter }: CsvShape): boolean =>
  bytes[place + lead.length] === delimiter && lead.every((byte, i) => bytes[place + i] === byte);
