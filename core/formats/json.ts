/** Format `json`: one JSON array of objects. */

import { ObjectRejectedError } from '../errors.ts';
import type { Format } from './format.ts';
import { arrayIndex, arrayScanner } from './json-array-scan.ts';
import { jsonRows } from './json-records.ts';
import { skipSpace } from './json-token.ts';

/**
 * A JSON array (RFC 8259), pretty-printed or not: every element is a record, and must be an object. An element that is
 * not is rejected alone, as long as the commas between the elements are clear.
 */
export function json(): Format {
  return Object.freeze<Format>({
    kind: 'json',
    options: Object.freeze({}),
    tagged: true,
    header(head, atEnd, limits) {
      const first = skipSpace(head, 0, head.length);
      if (first > limits.headerBytes) {
        throw new ObjectRejectedError(
          'object.format',
          `Expected a JSON array, found ${limits.headerBytes} bytes of white space and more (the limit headerBytes).`,
        );
      }
      if (first === head.length) return atEnd ? Object.freeze({ fields: null, bytes: 0 }) : undefined;
      if (head[first] === 91) return Object.freeze({ fields: null, bytes: first + 1 });
      throw new ObjectRejectedError(
        'object.format',
        head[first] === 123
          ? 'Expected a JSON array, found an object. If each line is an object, use format.jsonl().'
          : `Expected a JSON array, which starts with "[", found ${shown(head[first]!)}.`,
      );
    },
    scanner: (header) => arrayScanner({ opened: header.bytes > 0, offset: header.bytes }),
    prepare: (chunk, layout) => jsonRows(chunk, arrayIndex(chunk), layout),
    index: arrayIndex,
  });
}

const shown = (byte: number): string =>
  byte > 32 && byte < 127 ? JSON.stringify(String.fromCharCode(byte)) : `the byte ${byte}`;
