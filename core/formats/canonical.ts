/** Canonical CSV: the one form in which judged records are given to the engine. Knows nothing of what was received. */

import type { Reason } from '../reasons.ts';
import type { Dialect } from './format.ts';

/**
 * Rows of fields, commas between them, `\n` after them; `_fault` comes first, and `_tags` last where fields have tags:
 * a character for each field. A row is begun, filled field by field and ended; `fault` replaces all that its row held by
 * the reasons.
 */
export interface CanonicalWriter {
  begin(): void;
  /** A field of the bytes from `start` up to `end`. @param tag of the field; 0 where rows have no tags. */
  field(bytes: Uint8Array, start: number, end: number, tag: number): void;
  /**
   * A whole row of fields with tags, without their quotes and line ends; one that is no text is not empty and has no
   * comma. @param tag of each field: 0 for one that is missing. @param room bytes that all fields take at most.
   */
  plainRow(bytes: Uint8Array, from: Uint32Array, to: Uint32Array, tag: Uint8Array, room: number): void;
  missingField(): void;
  end(): void;
  fault(reason: Pick<Reason, 'code' | 'message'>): void;
  /** The rows written. */
  bytes(): Uint8Array;
  dialect(): Dialect;
}

const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;
const CR = 13;
const TEXT = 's'.charCodeAt(0);
const encoder = new TextEncoder();

/** The engine's columns for canonical rows of so many fields. */
export const canonicalColumns = (fields: number, isTagged = false): readonly string[] =>
  Object.freeze(['_fault', ...engineColumns(fields), ...(isTagged ? ['_tags'] : [])]);

/** Stands in `_tags` for a field that its record does not have. */
export const MISSING = '-';

export const engineColumns = (fields: number): readonly string[] =>
  Object.freeze(Array.from({ length: fields }, (_, i) => `f${i}`));

/** @param fields in each row, beside `_fault` and `_tags`. @param sizeHint bytes that the rows will take, roughly. */
export function canonicalWriter(fields: number, sizeHint: number, isTagged = false): CanonicalWriter {
  let out = new Uint8Array(Math.max(1024, sizeHint));
  let at = 0;
  let rowStart = 0;
  let newlines = false;
  let longest = 0;
  const tags = new Uint8Array(fields);
  const missingTag = MISSING.charCodeAt(0);
  let field = 0;

  function reserve(more: number): void {
    if (at + more <= out.length) return;
    const larger = new Uint8Array(Math.max(out.length * 2, at + more));
    larger.set(out.subarray(0, at));
    out = larger;
  }

  /** Copies a quoted field's text, doubling its quotes; what is written has room for it. */
  function text(bytes: Uint8Array, start: number, end: number): void {
    const to = out;
    let o = at;
    let sawNewline = false;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      to[o++] = byte;
      if (byte === QUOTE) to[o++] = QUOTE;
      else if (byte === NEWLINE || byte === CR) sawNewline = true;
    }
    at = o;
    if (sawNewline) newlines = true;
  }

  function endRow(): void {
    reserve(fields + 2);
    if (isTagged) {
      out[at++] = COMMA;
      for (let f = 0; f < fields; f++) out[at++] = tags[f]!;
    }
    out[at++] = NEWLINE;
    if (at - rowStart > longest) longest = at - rowStart;
  }

  function missingField(): void {
    reserve(3);
    out[at++] = COMMA;
    out[at++] = QUOTE;
    out[at++] = QUOTE;
    tags[field++] = missingTag;
  }

  return {
    begin() {
      reserve(2);
      rowStart = at;
      field = 0;
      out[at++] = QUOTE;
      out[at++] = QUOTE;
    },
    field(bytes, start, end, tag) {
      reserve(2 * (end - start) + 4);
      out[at++] = COMMA;
      out[at++] = QUOTE;
      text(bytes, start, end);
      out[at++] = QUOTE;
      tags[field++] = tag;
    },
    plainRow(bytes, from, to, tag, room) {
      reserve(room + 4 * fields + 2);
      const row = out;
      let o = at;
      for (let f = 0; f < fields; f++) {
        row[o++] = COMMA;
        const isText = tag[f] === TEXT;
        if (isText) row[o++] = QUOTE;
        if (tag[f] !== 0) {
          const end = to[f]!;
          for (let i = from[f]!; i < end; i++) row[o++] = bytes[i]!;
        }
        if (isText) row[o++] = QUOTE;
      }
      row[o++] = COMMA;
      for (let f = 0; f < fields; f++) row[o++] = tag[f] === 0 ? missingTag : tag[f]!;
      row[o++] = NEWLINE;
      if (o - at > longest) longest = o - at;
      at = o;
    },
    missingField,
    end: endRow,
    fault({ code, message }) {
      const reasons: Reason[] = [{ column: null, code, message, value: null }];
      const json = encoder.encode(JSON.stringify(reasons));
      at = rowStart;
      field = 0;
      reserve(2 * json.length + 2);
      out[at++] = QUOTE;
      text(json, 0, json.length);
      out[at++] = QUOTE;
      for (let i = 0; i < fields; i++) missingField();
      endRow();
    },
    bytes: () => out.subarray(0, at),
    dialect: () =>
      Object.freeze({
        delimiter: ',',
        quote: '"',
        newline: '\n',
        newlinesInQuotes: newlines,
        longestRow: longest,
      }),
  };
}
