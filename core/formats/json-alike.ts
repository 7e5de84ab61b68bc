/**
 * JSON records that are all alike, as most are that programs write: the same keys in the same order, the same white space.
 * What is not of this kind is left to the way that reads a record by itself.
 */

import { joinedBytes } from '../joined-bytes.ts';
import type { ChunkLayout, InBlocks, Prepared, RecordIndex } from './format.ts';
import { alikeWriter, type AlikeWriter } from './json-alike-writer.ts';
import { firstShape } from './json-shape.ts';
import { isUtf8 } from './utf8.ts';

const NEWLINE = 10;

/**
 * The records of a chunk, or undefined where they are not alike.
 * @param index of the records; null where each is a line.
 */
export function alikeRows(
  chunk: Uint8Array,
  index: RecordIndex | null,
  layout: ChunkLayout,
): Prepared | undefined {
  const shape = firstShape(chunk, index, layout);
  if (shape === undefined) return undefined;
  // Tags are written only where a field has several: that is mostly seen in one of the first records.
  for (const isTagged of [false, true]) {
    const writer = alikeWriter(chunk, shape, layout, isTagged);
    const rows = writer.take(chunk, index);
    if (rows === undefined) continue;
    // The engine takes these bytes at a file's start for a byte order mark.
    if (rows[0] === 0xef && rows[1] === 0xbb && rows[2] === 0xbf) return undefined;
    return writer.isAscii() || isUtf8(chunk) ? Object.freeze({ ...writer.told(), bytes: rows }) : undefined;
  }
  return undefined;
}

/** The same of a chunk whose lines come in blocks: as far as they are not alike, or are no lines, it gives up. */
export function alikeInBlocks(layout: ChunkLayout): InBlocks {
  let writer: AlikeWriter | undefined;
  let rest: Uint8Array = EMPTY;
  function take(lines: Uint8Array, behind = 0): Uint8Array | undefined {
    if (writer !== undefined) return writer.take(lines, null, behind);
    const shape = firstShape(lines, null, layout);
    if (shape === undefined) return undefined;
    const first = copyOf(lines.subarray(0, shape.tailTo));
    for (const isTagged of [false, true]) {
      writer = alikeWriter(first, shape, layout, isTagged);
      const rows = writer.take(lines, null);
      if (rows !== undefined) return rows;
    }
    return undefined;
  }
  return {
    isSame: false,
    push(block) {
      const end = block.lastIndexOf(NEWLINE) + 1;
      if (end === 0) {
        rest = joinedBytes([rest, block]);
        return rest.length > layout.limits.recordBytes ? undefined : EMPTY;
      }
      // The line that began before ends here; only it is put together.
      const begun = rest.length === 0 ? 0 : block.indexOf(NEWLINE) + 1;
      const before = begun === 0 ? EMPTY : take(joinedBytes([rest, block.subarray(0, begun)]));
      rest = copyOf(block.subarray(end));
      if (before === undefined || begun === end) return before;
      return take(block.subarray(begun, end), before.length);
    },
    end() {
      const bytes = rest.length === 0 ? EMPTY : take(rest);
      if (bytes === undefined || writer === undefined) return undefined;
      return { ...writer.told(), bytes };
    },
  };
}

const EMPTY = new Uint8Array(0);

/** A block's memory is used again, and `slice` of a Buffer is a view of it. */
const copyOf = (bytes: Uint8Array): Uint8Array => (bytes.length === 0 ? EMPTY : new Uint8Array(bytes));
