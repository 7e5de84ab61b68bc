/** The state machine that tells the elements of a JSON array apart; what they are is judged elsewhere. */

import { joinedBytes } from '../joined-bytes.ts';
import { ObjectRejectedError } from '../errors.ts';
import type { RecordIndex, Scanner } from './format.ts';
import { isSpace, skipSpace } from './json-token.ts';
import { recordList } from './record-list.ts';

export interface ArrayScanOptions {
  /** Whether the list was opened: without, only white space may come. */
  readonly opened: boolean;
  /** Bytes of the object before the first one pushed: for messages. */
  readonly offset: number;
  /** Whether the bytes start after an element, so that a `]` ends another one even if nothing stands before it. */
  readonly continued?: boolean;
  /** What may follow the list: so many bytes, of which `check` says at the end whether they may. Default: white space. */
  readonly tail?: { readonly most: number; check(tail: Uint8Array): void };
  /** Told of each element: from after the separator before it up to the one after it, white space included. */
  readonly each?: (start: number, end: number) => void;
}

const OPEN = 1;
const CLOSE = 2;
const QUOTE = 3;
const COMMA = 4;
const BRACE = 125;
const outside = new Uint8Array(256);
for (const [characters, kind] of [
  ['{[', OPEN],
  ['}]', CLOSE],
  ['"', QUOTE],
  [',', COMMA],
] as const) {
  for (const character of characters) outside[character.charCodeAt(0)] = kind;
}
const inText = new Uint8Array(256);
inText[34] = QUOTE;
inText[92] = OPEN;

/** Fed with what follows the opening `[`. Elements end at commas and at the `]` that are not inside another value. */
export function arrayScanner(options: ArrayScanOptions): Scanner {
  const { each } = options;
  let base = 0;
  let depth = 0;
  let isInText = false;
  let skip = 0; // Bytes of the next block that belong to an escape.
  let isClosed = !options.opened;
  let closedBy = 0;
  let strayAt = -1;
  const tail: Uint8Array[] = [];
  let tailBytes = 0;
  let hasElement = options.continued ?? false; // Whether anything but white space came.
  let elementStart = 0;
  let records = 0;
  let boundary = 0;

  function endElement(at: number): void {
    records++;
    boundary = base + at + 1;
    if (each !== undefined) each(elementStart, base + at);
    elementStart = boundary;
  }

  function push(block: Uint8Array): void {
    const n = block.length;
    let i = skip;
    skip = 0;
    let level = depth;
    let text = isInText;
    let seen = 0; // Up to where white space was looked for.
    while (i < n && !isClosed) {
      if (text) {
        while (i < n && inText[block[i]!] === 0) i++;
        if (i >= n) break;
        if (block[i] === 34) {
          text = false;
          i++;
        } else {
          i += 2;
        }
        continue;
      }
      let kind = 0;
      while (i < n && (kind = outside[block[i]!]!) === 0) i++;
      if (!hasElement) hasElement = skipSpace(block, seen, i) < i || (kind !== 0 && kind !== CLOSE && i < n);
      seen = i;
      if (i >= n) break;
      if (kind === QUOTE) text = true;
      else if (kind === OPEN) level++;
      else if (kind === COMMA) {
        if (level === 0) endElement(i);
      } else if (level > 0) level--;
      else {
        closedBy = block[i]!;
        if (hasElement) endElement(i);
        isClosed = true;
      }
      i++;
    }
    if (isClosed && options.tail !== undefined && i <= n) {
      tailBytes += n - i;
      if (tailBytes > options.tail.most) throw longTail(options.tail.most);
      tail.push(block.slice(i));
    } else if (isClosed && strayAt === -1) {
      while (i < n && isSpace(block[i])) i++;
      if (i < n) strayAt = base + i;
    } else if (i > n) {
      skip = i - n;
    }
    depth = level;
    isInText = text;
    base += n;
  }

  function end(): void {
    if (!isClosed) {
      const inside = isInText ? 'inside a text' : depth === 0 ? 'in the list' : 'inside an element';
      throw new ObjectRejectedError(
        'object.truncated',
        `The JSON array does not end: the object stops ${inside}, after ${records} complete elements. ` +
          'Deliver it whole.',
      );
    }
    if (closedBy === BRACE) {
      throw new ObjectRejectedError(
        'object.format',
        `The JSON array ends with "}" instead of "]", after ${records} elements: a bracket is wrong or missing.`,
      );
    }
    if (options.tail !== undefined) options.tail.check(joinedBytes(tail));
    if (strayAt === -1) return;
    const at = options.offset + strayAt;
    throw new ObjectRejectedError(
      'object.format',
      options.opened
        ? `The JSON array ends after ${records} elements, and more follows at byte ${at}. ` +
            'Deliver one array; if each line is an object, use format.jsonl().'
        : `Expected a JSON array, found something else at byte ${at}.`,
    );
  }

  return {
    push,
    end,
    get records() {
      return records;
    },
    get boundary() {
      return boundary;
    },
    takeNotes: () => 0,
  };
}

const longTail = (most: number): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.format',
    `More than ${most} bytes follow the list of records (the limit headerBytes). Deliver the list alone.`,
  );

/** The elements of a chunk, without the white space around them. A chunk ends after a separator. */
export function arrayIndex(chunk: Uint8Array): RecordIndex {
  const list = recordList();
  const scanner = arrayScanner({
    opened: true,
    offset: 0,
    continued: true,
    each(start, end) {
      const from = skipSpace(chunk, start, end);
      let to = end;
      while (to > from && isSpace(chunk[to - 1])) to--;
      list.add(from, to);
    },
  });
  scanner.push(chunk);
  return list.index();
}
