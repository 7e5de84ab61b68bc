/** Decoded bytes in, header, record count and chunks out; the cuts depend on the content alone, never on the blocks. */

import { joinedBytes } from '../../core/joined-bytes.ts';
import { ObjectRejectedError } from '../../core/errors.ts';
import {
  readAs,
  type Expected,
  type Format,
  type Found,
  type Header,
  type Scanner,
} from '../../core/formats/format.ts';
import type { Limits } from '../../core/limits.ts';
import type { Chunk } from '../values.ts';
import { runningDigest } from './running-digest.ts';
import { checkContainer, sniffEncoding, SNIFFED } from './sniff.ts';

export interface Cutter {
  /** The block's memory may be used again afterwards. @throws ObjectRejectedError */
  push(block: Uint8Array): void;
  /** The end of the object. @throws ObjectRejectedError */
  end(): Cut;
}

export interface Cut {
  /** What the definition leaves open and the first bytes told. */
  readonly found: Found;
  /** Its `bytes` do not count a byte order mark. */
  readonly header: Header;
  readonly records: number;
  readonly chunks: Chunk[];
  /** Decoded bytes in all. */
  readonly bytes: number;
  /** Sentences about what is no record. */
  readonly apart: readonly string[];
}

const LARGEST_STEP = 64 * 1024;

/** Nothing is asked for: then nothing is told by names. */
const NOTHING: Expected = Object.freeze({ names: Object.freeze([]), required: Object.freeze([]) });

export function cutter(given: Format, limits: Limits, expected: Expected = NOTHING): Cutter {
  const step = Math.max(1, Math.min(LARGEST_STEP, limits.chunkBytes));
  const chunks: Chunk[] = [];
  const digest = runningDigest();
  let format = given;
  let found: Found = {};
  let isFound = false;
  let head: Uint8Array = new Uint8Array(0);
  let header: Header | undefined;
  let scanner: Scanner | undefined;
  let bytes = 0;
  let origin = 0; // Where the scanner's bytes start in the decoded object.
  let fed = 0;
  let chunkStart = 0; // From the first byte fed.
  let first = 0;

  /** Reads the header once enough bytes are there, and gives the rest of them to the scanner. */
  function begin(atEnd: boolean): void {
    if (head.length < SNIFFED && !atEnd) return;
    checkContainer(head);
    const { encoding, mark } = sniffEncoding(head, given.encoding);
    const text = head.subarray(mark);
    if (!isFound) {
      const isUsual = encoding === undefined || encoding === 'utf-8' || encoding === given.encoding;
      const inside: Found = isUsual ? {} : { encoding };
      const open = readAs(given, inside);
      const told = open.detect === undefined ? {} : open.detect(text, atEnd, expected, limits);
      if (told === undefined) return;
      found = Object.freeze({ ...inside, ...told });
      format = readAs(given, found);
      isFound = true;
    }
    header = format.header(text, atEnd, limits);
    if (header === undefined) return;
    origin = mark + header.bytes;
    // For messages, which name bytes of the object; a header of no bytes says that nothing was opened.
    scanner = format.scanner(header.bytes === 0 ? header : { ...header, bytes: origin }, limits);
    feed(scanner, head.subarray(origin));
    head = new Uint8Array(0);
  }

  function feed(to: Scanner, block: Uint8Array): void {
    let i = 0;
    while (i < block.length) {
      const next = Math.min(block.length, i + step - (fed % step));
      // A slice of a Buffer would be a view of it.
      const piece = new Uint8Array(block.buffer, block.byteOffset + i, next - i);
      to.push(piece);
      digest.push(piece);
      fed += next - i;
      i = next;
      digest.settle(to.boundary);
      if (fed % step !== 0) continue;
      if (to.boundary - chunkStart >= limits.chunkBytes) cut(to);
      else if (fed - to.boundary > limits.recordBytes + limits.chunkBytes) throw endless(to.records);
    }
  }

  function cut(at: Scanner): void {
    const start = origin + chunkStart;
    const end = origin + at.boundary;
    const notes = at.takeNotes();
    const torn = at.takeTorn?.(at.boundary).map((place) => place - chunkStart) ?? [];
    const records = at.records - first;
    chunks.push({
      n: chunks.length,
      start,
      end,
      first,
      records,
      notes,
      crc32: digest.upTo(at.boundary),
      ...(torn.length > 0 ? { torn } : {}),
    });
    chunkStart = at.boundary;
    first = at.records;
  }

  function endless(records: number): ObjectRejectedError {
    return new ObjectRejectedError(
      'object.format',
      `After ${records} records, no record ends for ${limits.recordBytes + limits.chunkBytes} bytes ` +
        `(the limits recordBytes and chunkBytes). Is this ${format.kind}, and is every quote closed?`,
    );
  }

  return {
    push(block) {
      bytes += block.length;
      if (scanner !== undefined) {
        feed(scanner, block);
      } else if (block.length > 0) {
        head = joinedBytes([head, block]);
        begin(false);
      }
    },
    end() {
      if (scanner === undefined) begin(true);
      if (scanner === undefined) {
        throw new ObjectRejectedError('object.format', `The object ends before its ${format.kind} begins.`);
      }
      scanner.end();
      if (scanner.records > first) cut(scanner);
      return {
        found,
        header: header!,
        records: scanner.records,
        chunks,
        bytes,
        apart: scanner.apart?.() ?? [],
      };
    },
  };
}
