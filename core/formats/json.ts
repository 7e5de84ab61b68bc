/** Format `json`: one JSON array of objects, alone or inside an object. */

import { z } from 'zod';
import { DefinitionError, ObjectRejectedError } from '../errors.ts';
import type { Format } from './format.ts';
import { arrayIndex, arrayScanner } from './json-array-scan.ts';
import { eachOf, jsonPath } from './json-each.ts';
import { checkTail, openingOf } from './json-list.ts';
import { alikeRows } from './json-alike.ts';
import { jsonRows } from './json-records.ts';
import { skipSpace } from './json-token.ts';

export interface JsonOptions {
  /** Where the list of records stands in the object that is delivered: `data` or `result.items`. Default: it is the list. */
  readonly records?: string;
  /**
   * Where a list stands in each of these objects whose elements are the records: `items`. An element is read where the list
   * stood (`items.sku`), with what the object has beside it. Default: the objects are the records.
   */
  readonly each?: string;
}

const optionsSchema = z.strictObject({ records: jsonPath.optional(), each: jsonPath.optional() });

/**
 * A JSON array (RFC 8259), pretty-printed or not: every element is a record, and must be an object. An element that is
 * not is rejected alone, as long as the commas between the elements are clear.
 * @throws DefinitionError if an option cannot be used.
 */
export function json(options: JsonOptions = {}): Format {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new DefinitionError(`format.json: ${z.prettifyError(parsed.error)}`);
  const { records, each } = parsed.data;
  return each === undefined ? listOf(records) : eachOf(listOf(records), each);
}

function listOf(records: string | undefined): Format {
  return Object.freeze<Format>({
    kind: 'json',
    options: Object.freeze(records === undefined ? {} : { records }),
    tagged: true,
    encoding: 'utf-8',
    header(head, atEnd, limits) {
      const first = skipSpace(head, 0, head.length);
      if (first > limits.headerBytes) {
        throw new ObjectRejectedError(
          'object.format',
          `Expected a JSON array, found ${limits.headerBytes} bytes of white space and more (the limit headerBytes).`,
        );
      }
      if (first === head.length) return atEnd ? Object.freeze({ fields: null, bytes: 0 }) : undefined;
      if (records !== undefined) {
        const bytes = openingOf(head, first, records, atEnd, limits);
        return bytes === undefined ? undefined : Object.freeze({ fields: null, bytes });
      }
      if (head[first] === 91) return Object.freeze({ fields: null, bytes: first + 1 });
      throw new ObjectRejectedError(
        'object.format',
        head[first] === 123
          ? 'Expected a JSON array, found an object. If each line is an object, use format.jsonl(); if objects follow ' +
              'each other, format.jsonSequence(); if the list stands inside the object, format.json({ records: "its key" }).'
          : `Expected a JSON array, which starts with "[", found ${shown(head[first]!)}.`,
      );
    },
    scanner: (header, limits) =>
      arrayScanner({
        opened: header.bytes > 0,
        offset: header.bytes,
        ...(records === undefined || header.bytes === 0
          ? {}
          : { tail: { most: limits.headerBytes, check: (tail) => checkTail(tail, records, limits) } }),
      }),
    prepare(chunk, layout, exact) {
      const index = arrayIndex(chunk);
      return (exact ? undefined : alikeRows(chunk, index, layout)) ?? jsonRows(chunk, index, layout);
    },
    index: arrayIndex,
  });
}

const shown = (byte: number): string =>
  byte > 32 && byte < 127 ? JSON.stringify(String.fromCharCode(byte)) : `the byte ${byte}`;
