/** The header of a CSV object: the names in its first line that is not blank. Whether they fit is judged elsewhere. */

import { ObjectRejectedError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { fieldSpans, splitRecord, TEXT_AFTER_QUOTE, undoubled } from './csv-record.ts';
import { csvScanner, type CsvShape } from './csv-scan.ts';
import type { Header } from './format.ts';
import { decodeUtf8 } from './utf8.ts';

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
        'Deliver the object as UTF-8.',
    );
  }
  const spans = fieldSpans(Math.min(limits.fields, end - start + 1));
  const count = splitRecord(head, start, end, shape, spans);
  if (count === TEXT_AFTER_QUOTE) {
    throw new ObjectRejectedError(
      'object.header',
      'The header has text between a closing quote and the next delimiter; ' +
        'quote whole names, and double a quote that is part of a name.',
    );
  }
  if (count > limits.fields) {
    throw new ObjectRejectedError(
      'object.header',
      `The header has ${count} fields; the limit (fields) is ${limits.fields}.`,
    );
  }
  const fields = Array.from({ length: count }, (_, f) => {
    const from = spans.from[f]!;
    const to = spans.to[f]!;
    const name = decodeUtf8(
      spans.quoted[f] === 1 ? undoubled(head, from, to, shape.quote) : head.subarray(from, to),
    );
    if (name === undefined) {
      throw new ObjectRejectedError(
        'object.encoding',
        `The name of field ${f + 1} in the header is not valid UTF-8; deliver the object as UTF-8.`,
      );
    }
    return name;
  });
  return Object.freeze({ fields: Object.freeze(fields), bytes: next });
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
  scanner.push(head.subarray(0, limits.headerBytes + 1));
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
