/**
 * Text in another encoding than UTF-8, read by a format that knows UTF-8. Places stay those of the bytes as received: the
 * scanner sees one byte for each unit of the text, and only what the engine reads is written anew.
 */

import { ObjectRejectedError } from '../errors.ts';
import type { Units } from './encoded-units.ts';
import type { Encoding, Format, RecordIndex, Scanner } from './format.ts';
import { codeUnits } from './units.ts';

/** The same format for objects in an encoding. */
export function inEncoding(format: Format, encoding: Encoding): Format {
  const units = codeUnits(encoding);
  if (units === undefined) return format;
  const { readAs, inBlocks: _, ...rest } = format;
  return Object.freeze<Format>({
    ...rest,
    ...(readAs === undefined ? {} : { readAs: (found) => readAs({ ...found, encoding }) }),
    ...(format.detect === undefined
      ? {}
      : {
          detect: (head, atEnd, expected, limits) =>
            format.detect!(units.utf8(whole(head, units, atEnd)), atEnd, expected, limits),
        }),
    header(head, atEnd, limits) {
      const received = whole(head, units, atEnd);
      const text = units.utf8(received);
      const header = format.header(text, atEnd, limits);
      if (header === undefined) return undefined;
      return Object.freeze({ ...header, bytes: units.measure(text.subarray(0, header.bytes), received) });
    },
    scanner: (header, limits) => scannerIn(format.scanner(header, limits), units, encoding),
    prepare(chunk, layout, exact) {
      const torn = layout.torn?.map((at) => units.utf8(chunk.subarray(0, at)).length);
      return format.prepare(units.utf8(chunk), { ...layout, torn, encoding }, exact);
    },
    index: (chunk, torn) =>
      widened(
        format.index(
          units.narrow(chunk),
          torn?.map((at) => at / units.size),
        ),
        units.size,
      ),
    // A byte that has no character is shown as one that stands for that, the others as what they are.
    shown: (record) => encoder.encode(decoder.decode(units.utf8(record))),
  });
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes of whole characters; at the end of an object also those that are left, where single bytes are judged. */
const whole = (bytes: Uint8Array, units: Units, atEnd: boolean): Uint8Array =>
  atEnd && units.size === 1 ? bytes : bytes.subarray(0, units.whole(bytes));

function widened({ count, starts, ends }: RecordIndex, size: number): RecordIndex {
  return { count, starts: starts.map((at) => at * size), ends: ends.map((at) => at * size) };
}

function scannerIn(scanner: Scanner, units: Units, encoding: Encoding): Scanner {
  const { size } = units;
  const doubt = units.doubt();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    push(block) {
      doubt?.push(block);
      let bytes = block;
      if (rest.length > 0) {
        bytes = new Uint8Array(rest.length + block.length);
        bytes.set(rest);
        bytes.set(block, rest.length);
      }
      const complete = whole(bytes, units, false);
      rest = bytes.slice(complete.length);
      scanner.push(units.narrow(complete));
    },
    end() {
      if (rest.length > 0 && size === 1) scanner.push(units.narrow(rest));
      else if (rest.length > 0) {
        throw new ObjectRejectedError(
          'object.truncated',
          `The object ends in the middle of a character: ${encoding} has ${size} bytes for each unit. Deliver it again.`,
        );
      }
      if (doubt?.isUtf8() === true) {
        throw new ObjectRejectedError(
          'object.encoding',
          `The definition says ${encoding}, and the object is UTF-8: all of its characters beyond ASCII are. ` +
            'Read as the one they would become others. Leave `encoding` out, or deliver the object as the definition says.',
        );
      }
      scanner.end();
    },
    get records() {
      return scanner.records;
    },
    get boundary() {
      return scanner.boundary * size;
    },
    takeNotes: () => scanner.takeNotes(),
    takeTorn: (before) => (scanner.takeTorn?.(before / size) ?? []).map((at) => at * size),
    apart: () => scanner.apart?.() ?? [],
  };
}
