/**
 * Record numbers and their bytes as a file that the engine reads fast: `n,offset,hex,hex`, one line each. The last one is
 * the record as UTF-8, for people, where its bytes are not.
 */

import { open } from 'node:fs/promises';
import type { RecordIndex } from '../core/formats/format.ts';
import { literal } from '../core/sql.ts';

const FLUSH = 8 * 1024 * 1024;
const COMMA = 44;
const NEWLINE = 10;
const HEX = new TextEncoder().encode('0123456789ABCDEF');
/** Digits of the largest safe integer. */
const DIGITS = 16;

/** A part of an object and the records wanted of it: `numbers[from]` up to, not including, `numbers[to]`. */
export interface WantedRecords {
  readonly bytes: Uint8Array;
  readonly index: RecordIndex;
  /** The number of the part's first record, and the offset of its first byte in the object. */
  readonly first: number;
  readonly start: number;
  readonly numbers: ArrayLike<number>;
  readonly from: number;
  readonly to: number;
  /** The bytes of a record as UTF-8; absent where they are. */
  readonly shown?: ((record: Uint8Array) => Uint8Array) | undefined;
}

/** Adds records to the file; its lines are made in one buffer, whatever their number. */
export async function appendRaw(path: string, wanted: WantedRecords): Promise<void> {
  const { bytes, index, first, start, numbers, from, to, shown } = wanted;
  const file = await open(path, 'a');
  try {
    let out = Buffer.allocUnsafe(FLUSH);
    let at = 0;
    for (let i = from; i < to; i++) {
      const record = numbers[i]! - first;
      const begin = index.starts[record]!;
      const end = index.ends[record]!;
      const text = shown?.(bytes.subarray(begin, end));
      const room = 2 * DIGITS + 4 + 2 * (end - begin + (text?.length ?? 0));
      if (at + room > out.length) {
        await file.writeFile(out.subarray(0, at));
        at = 0;
        if (room > out.length) out = Buffer.allocUnsafe(room);
      }
      at = digits(out, at, numbers[i]!);
      out[at++] = COMMA;
      at = digits(out, at, start + begin);
      out[at++] = COMMA;
      at = hex(out, at, bytes, begin, end);
      out[at++] = COMMA;
      if (text !== undefined) at = hex(out, at, text, 0, text.length);
      out[at++] = NEWLINE;
    }
    await file.writeFile(out.subarray(0, at));
  } finally {
    await file.close();
  }
}

/** The file as a relation: n, byte_offset, raw, shown. @param longest bytes of the longest record in it, both ways. */
export function readRaw(path: string, longest: number): string {
  const line = Math.max(2 * 1024 * 1024, 2 * longest + 2 * DIGITS + 4);
  return `(SELECT n, byte_offset, raw, CASE WHEN shown = '' THEN raw ELSE unhex(shown) END AS shown FROM (SELECT *, unhex(hex) AS raw FROM read_csv(${literal(path)}, auto_detect=false, header=false,
  delim=',', quote='', escape='', new_line='\\n', columns={n: 'BIGINT', byte_offset: 'BIGINT', hex: 'VARCHAR', shown: 'VARCHAR'},
  force_not_null=['hex', 'shown'], max_line_size=${line}, buffer_size=${4 * line})))`;
}

function hex(out: Uint8Array, at: number, bytes: Uint8Array, begin: number, end: number): number {
  let o = at;
  for (let b = begin; b < end; b++) {
    const byte = bytes[b]!;
    out[o++] = HEX[byte >> 4]!;
    out[o++] = HEX[byte & 15]!;
  }
  return o;
}

function digits(out: Uint8Array, at: number, value: number): number {
  let length = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) length++;
  let rest = value;
  for (let place = at + length - 1; place >= at; place--) {
    const tens = Math.floor(rest / 10);
    out[place] = 48 + (rest - tens * 10);
    rest = tens;
  }
  return at + length;
}
