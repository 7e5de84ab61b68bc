/** Format `jsonl`: one JSON object on each line. */

import { z } from 'zod';
import { DefinitionError, ObjectRejectedError } from '../errors.ts';
import type { Format } from './format.ts';
import { eachOf, jsonPath } from './json-each.ts';
import { jsonLines } from './json-lines.ts';
import { skipSpace } from './json-token.ts';

export interface JsonlOptions {
  /**
   * Where a list stands in each object whose elements are the records: `items` or `order.items`. An element is read where
   * the list stood (`items.sku`), with what the object has beside it. Default: the objects are the records.
   */
  readonly each?: string;
}

const optionsSchema = z.strictObject({ each: jsonPath.optional() });

/**
 * JSON lines: every line that is not blank is a record, and must be one JSON object (RFC 8259). Lines end at LF or
 * CRLF; a line of white space alone is neither read nor lost. A line that is not such an object is rejected alone.
 * @throws DefinitionError if an option cannot be used.
 */
export function jsonl(options: JsonlOptions = {}): Format {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new DefinitionError(`format.jsonl: ${z.prettifyError(parsed.error)}`);
  const { each } = parsed.data;
  return each === undefined ? lineObjects() : eachOf(lineObjects(), each);
}

function lineObjects(): Format {
  const lines = jsonLines('jsonl', Object.freeze({}));
  return Object.freeze<Format>({
    ...lines,
    header(head, atEnd, limits) {
      const look = head.subarray(0, LOOK);
      if (look.length < LOOK && !atEnd) return undefined;
      const first = skipSpace(look, 0, look.length);
      const start = look[first];
      if (start === OPEN_LIST) throw otherwise(listWords(look, first));
      if (start === SEPARATOR) {
        throw otherwise(
          'The object starts with the separator of a JSON text sequence (RFC 7464). Use format.jsonSequence().',
        );
      }
      if (start === OPEN_OBJECT && isPretty(look, first)) {
        throw otherwise(
          'The first object goes over several lines: this is pretty-printed JSON, and not one object on each line. ' +
            'Use format.jsonSequence(), also for one object alone.',
        );
      }
      return lines.header(head, atEnd, limits);
    },
  });
}

/** The first bytes, by which it is told what is no JSON lines: as many whatever the blocks are. */
const LOOK = 512;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const QUOTE = 34;
const SEPARATOR = 30;

/** Whether a line ends with its brace, and the next one is a key behind white space, as no cut-off line is. */
function isPretty(head: Uint8Array, brace: number): boolean {
  const end = head.indexOf(10, brace + 1);
  const key = skipSpace(head, end + 1, head.length);
  return skipSpace(head, brace + 1, end) === end && key > end + 1 && head[key] === QUOTE;
}

/** What an object is that starts with a list: one list of all records, or one on each line. */
function listWords(head: Uint8Array, at: number): string {
  const end = head.indexOf(10, at);
  const next = end === -1 ? head.length : skipSpace(head, end, head.length);
  const closes = end === -1 ? -1 : head.subarray(at, end).findLast((byte) => byte > 32);
  return closes === CLOSE_LIST && head[next] === OPEN_LIST
    ? 'Each line is a list, and not an object: its values have no names. Deliver objects, or the same as CSV.'
    : 'The object starts with "[": this is a JSON array, and not one object on each line. Use format.json().';
}

const otherwise = (words: string): ObjectRejectedError => new ObjectRejectedError('object.format', words);
