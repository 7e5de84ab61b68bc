/** Format `jsonl`: one JSON object on each line. */

import { ObjectRejectedError } from '../errors.ts';
import type { Format } from './format.ts';
import { jsonLines } from './json-lines.ts';
import { skipSpace } from './json-token.ts';

/**
 * JSON lines: every line that is not blank is a record, and must be one JSON object (RFC 8259). Lines end at LF or
 * CRLF; a line of white space alone is neither read nor lost. A line that is not such an object is rejected alone.
 */
export function jsonl(): Format {
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
