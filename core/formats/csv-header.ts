/** The header of a CSV object: the names in its first line that is a record. Whether they fit is judged elsewhere. */

import { ObjectRejectedError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { fieldSpans, ODD_ESCAPE, splitRecord, TEXT_AFTER_QUOTE, textOf } from './csv-record.ts';
import { csvScanner } from './csv-scan.ts';
import type { CsvShape } from './csv-shape.ts';
import type { Header } from './format.ts';
import { decodeUtf8 } from './utf8.ts';

/** Bytes that are looked through at a time: most headers end in the first ones. */
const PIECE = 4096;

/** @returns undefined if the header does not end within `head` and more may follow. */
export function csvHeader(
  head: Uint8Array,
  atEnd: boolean,
  limits: Limits,
  shape: CsvShape,
): Header | undefined {
  const found = firstRecord(head, atEnd, limits, shape);
  if (found === undefined) return undefined;
  if (found === 'nothing') return Object.freeze({ fields: Object.freeze([]), bytes: head.length });
  const { start, end, next } = found;
  if (head.subarray(start, end).includes(0)) {
    throw new ObjectRejectedError(
      'object.encoding',
      'The header holds the byte 0: this is not text in UTF-8 (UTF-16 looks like that, and so do binary files). ' +
        'Deliver the object as UTF-8, or say its encoding: format.csv({ encoding: … }).',
    );
  }
  const spans = fieldSpans(Math.min(limits.fields, end - start + 1));
  const count = splitRecord(head, start, end, shape, spans);
  if (count === TEXT_AFTER_QUOTE) {
    throw new ObjectRejectedError(
      'object.header',
      `The header has text between a closing quote and the next delimiter; ${
        head[start] === 123 || head[start] === 91
          ? 'this looks like JSON: use format.json() or format.jsonl().'
          : 'quote whole names, and double a quote that is part of a name.'
      }`,
    );
  }
  if (count === ODD_ESCAPE) {
    throw new ObjectRejectedError(
      'object.header',
      'The header has a backslash before a character that means nothing; double a backslash that is part of a name.',
    );
  }
  if (count > limits.fields) {
    throw new ObjectRejectedError(
      'object.header',
      `The header has ${count} fields; the limit (fields) is ${limits.fields}.`,
    );
  }
  const fields = Array.from({ length: count }, (_, f) => {
    const name = decodeUtf8(
      spans.written[f] === 0 ? head.subarray(spans.from[f], spans.to[f]) : textOf(head, spans, f, shape),
    );
    if (name === undefined) {
      throw new ObjectRejectedError(
        'object.encoding',
        `The name of field ${f + 1} in the header is not valid UTF-8; deliver the object as UTF-8, ` +
          'or say its encoding: format.csv({ encoding: … }).',
      );
    }
    return name;
  });
  return Object.freeze({ fields: Object.freeze(fields), bytes: next });
}

/**
 * Where so many lines end, whatever is in them, or undefined if more bytes are needed.
 * @throws ObjectRejectedError `object.header` if there are fewer lines, or they are longer than a header may be.
 */
export function afterLines(
  head: Uint8Array,
  lines: number,
  atEnd: boolean,
  limits: Limits,
): number | undefined {
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const next = afterLine(head, at, atEnd);
    if (next === undefined || (next === at && atEnd)) {
      if (!atEnd && head.length <= limits.headerBytes) return undefined;
      throw new ObjectRejectedError(
        'object.header',
        `The object has ${line} whole lines in its first ${head.length} bytes; ${lines} were expected before the header ` +
          '(the option preamble).',
      );
    }
    at = next;
  }
  return at;
}

/** Where the line from `at` ends, its line end included, or undefined if that cannot be said yet. */
export function afterLine(head: Uint8Array, at: number, atEnd: boolean): number | undefined {
  let i = at;
  while (i < head.length && head[i] !== 10 && head[i] !== 13) i++;
  if (i === head.length) return atEnd ? i : undefined;
  if (head[i] === 10) return i + 1;
  if (i + 1 === head.length) return atEnd ? i + 1 : undefined;
  return head[i + 1] === 10 ? i + 2 : i + 1;
}

function firstRecord(
  head: Uint8Array,
  atEnd: boolean,
  limits: Limits,
  shape: CsvShape,
): { start: number; end: number; next: number } | 'nothing' | undefined {
  let first: { start: number; end: number; next: number } | undefined;
  const scanner = csvScanner(shape, {
    fields: 0,
    recordBytes: Infinity,
    offset: 0,
    each: (start, end, next) => {
      first ??= { start, end, next };
    },
  });
  const most = Math.min(head.length, limits.headerBytes + 1);
  for (let at = 0; at < most; at += PIECE) {
    scanner.push(head.subarray(at, Math.min(most, at + PIECE)));
    if (first !== undefined) break;
  }
  const isWhole = atEnd && head.length <= limits.headerBytes;
  if (first === undefined && isWhole) {
    try {
      scanner.end();
    } catch (cause) {
      throw new ObjectRejectedError(
        'object.header',
        'The header has a quote that is not closed before the object ends; close it, or double it in a name.',
        { cause },
      );
    }
    if (first === undefined) return 'nothing';
  }
  if (first !== undefined && first.next <= limits.headerBytes) return first;
  if (head.length <= limits.headerBytes && first === undefined) return undefined;
  throw new ObjectRejectedError(
    'object.header',
    `The header does not end within ${limits.headerBytes} bytes (the limit headerBytes). ` +
      'Is this a CSV file with a header, and is every quote in it closed?',
  );
}
