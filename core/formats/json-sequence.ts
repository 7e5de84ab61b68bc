/** Format `jsonSequence`: JSON objects one after another, with any white space between and in them. */

import { ObjectRejectedError } from '../errors.ts';
import type { Format, RecordIndex, Scanner } from './format.ts';
import { alikeRows } from './json-alike.ts';
import { jsonRows } from './json-records.ts';
import { isSpace, skipSpace } from './json-token.ts';
import { recordList } from './record-list.ts';

/** Stands before each text of a JSON text sequence (RFC 7464). */
const SEPARATOR = 30;
const OTHER = 0;
const OPEN = 1;
const CLOSE = 2;
const QUOTE = 3;
const kinds = new Uint8Array(256);
for (const open of '{[') kinds[open.charCodeAt(0)] = OPEN;
for (const close of '}]') kinds[close.charCodeAt(0)] = CLOSE;
kinds[34] = QUOTE;

/**
 * JSON objects (RFC 8259) without commas or brackets around them, pretty-printed or not: each is a record. What stands
 * between two objects and is no white space is a record that is rejected alone.
 */
export function jsonSequence(): Format {
  return Object.freeze<Format>({
    kind: 'jsonSequence',
    options: Object.freeze({}),
    tagged: true,
    encoding: 'utf-8',
    header(head) {
      const first = skipSpace(head, 0, head.length);
      if (first < head.length && head[first] === 91) {
        throw new ObjectRejectedError(
          'object.format',
          'The object starts with "[": this is a JSON array, and not objects one after another. Use format.json().',
        );
      }
      return Object.freeze({ fields: null, bytes: 0 });
    },
    scanner: () => sequenceScanner(),
    prepare(chunk, layout, exact) {
      const index = sequenceIndex(chunk);
      return (exact ? undefined : alikeRows(chunk, index, layout)) ?? jsonRows(chunk, index, layout);
    },
    index: sequenceIndex,
  });
}

function sequenceIndex(chunk: Uint8Array): RecordIndex {
  const list = recordList();
  const scanner = sequenceScanner(list.add);
  scanner.push(chunk);
  scanner.end();
  return list.index();
}

function sequenceScanner(each?: (start: number, end: number) => void): Scanner {
  let base = 0;
  let start = -1; // Of the record that is not complete yet, from the first byte pushed; -1 between records.
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  let records = 0;
  let boundary = 0;

  function endRecord(at: number): void {
    records++;
    boundary = base + at;
    if (each !== undefined) each(start, base + at);
    start = -1;
  }

  return {
    push(block) {
      const n = block.length;
      for (let i = 0; i < n; i++) {
        const byte = block[i]!;
        if (isInText) {
          if (isEscaped) isEscaped = false;
          else if (byte === 92) isEscaped = true;
          else if (byte === 34) isInText = false;
          continue;
        }
        const kind = kinds[byte]!;
        if (depth === 0) {
          const isBetween = isSpace(byte) || byte === SEPARATOR;
          // Outside of objects, a record ends before white space and before the next object.
          if (start !== -1 && (isBetween || kind === OPEN)) endRecord(i);
          if (isBetween) continue;
          if (start === -1) start = base + i;
        }
        if (kind === OTHER) continue;
        if (kind === OPEN) depth++;
        else if (kind === QUOTE) isInText = true;
        else if (depth > 0 && --depth === 0) endRecord(i + 1);
      }
      base += n;
    },
    end() {
      if (depth > 0 || isInText) {
        throw new ObjectRejectedError(
          'object.truncated',
          `The object stops inside of record ${records + 1}, which starts at byte ${start}: it was cut off, or a bracket ` +
            'or a quote is missing. Deliver it whole.',
        );
      }
      if (start !== -1) endRecord(0);
    },
    get records() {
      return records;
    },
    get boundary() {
      return boundary;
    },
    takeNotes: () => 0,
  };
}
