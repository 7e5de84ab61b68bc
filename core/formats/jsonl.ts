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
      const first = skipSpace(head, 0, head.length);
      if (first < head.length && head[first] === 91) {
        throw new ObjectRejectedError(
          'object.format',
          'The object starts with "[": this is a JSON array, and not one object on each line. Use format.json().',
        );
      }
      return lines.header(head, atEnd, limits);
    },
  });
}
