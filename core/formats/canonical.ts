/** Canonical CSV: the one form in which judged records are given to the engine. Knows nothing of what was received. */

import type { Reason } from '../reasons.ts';
import type { Dialect } from './format.ts';

/**
 * Rows of quoted fields, commas between them, `\n` after them; `_fault` comes first. A row is begun, filled field by
 * field and ended; `fault` replaces all that its row held by the reasons.
 */
export interface CanonicalWriter {
  begin(): void;
  /** A field of the bytes from `start` up to `end`, after a tag where there is one (0: none). */
  field(bytes: Uint8Array, start: number, end: number, tag: number): void;
  /** The same for bytes that are known to hold no quote and no line end. */
  plainField(bytes: Uint8Array, start: number, end: number, tag: number): void;
  emptyField(): void;
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
const encoder = new TextEncoder();

/** The engine's columns for canonical rows of so many fields. */
export const canonicalColumns = (fields: number): readonly string[] =>
  Object.freeze(['_fault', ...engineColumns(fields)]);

export const engineColumns = (fields: number): readonly string[] =>
  Object.freeze(Array.from({ length: fields }, (_, i) => `f${i}`));

/** @param fields in each row, beside `_fault`. @param sizeHint bytes that the rows will take, roughly. */
export function canonicalWriter(fields: number, sizeHint: number): CanonicalWriter {
  let out = new Uint8Array(Math.max(1024, sizeHint));
  let at = 0;
  let rowStart = 0;
  let newlines = false;
  let longest = 0;

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
    reserve(1);
    out[at++] = NEWLINE;
    if (at - rowStart > longest) longest = at - rowStart;
  }

  function emptyField(): void {
    reserve(3);
    out[at++] = COMMA;
    out[at++] = QUOTE;
    out[at++] = QUOTE;
  }

  return {
    begin() {
      reserve(2);
      rowStart = at;
      out[at++] = QUOTE;
      out[at++] = QUOTE;
    },
    field(bytes, start, end, tag) {
      reserve(2 * (end - start) + 4);
      out[at++] = COMMA;
      out[at++] = QUOTE;
      if (tag !== 0) out[at++] = tag;
      text(bytes, start, end);
      out[at++] = QUOTE;
    },
    plainField(bytes, start, end, tag) {
      reserve(end - start + 4);
      const to = out;
      let o = at;
      to[o++] = COMMA;
      to[o++] = QUOTE;
      if (tag !== 0) to[o++] = tag;
      for (let i = start; i < end; i++) to[o++] = bytes[i]!;
      to[o++] = QUOTE;
      at = o;
    },
    emptyField,
    end: endRow,
    fault({ code, message }) {
      const reasons: Reason[] = [{ column: null, code, message, value: null }];
      const json = encoder.encode(JSON.stringify(reasons));
      at = rowStart;
      reserve(2 * json.length + 2);
      out[at++] = QUOTE;
      text(json, 0, json.length);
      out[at++] = QUOTE;
      for (let i = 0; i < fields; i++) emptyField();
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
