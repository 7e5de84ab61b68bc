/** The trailer of a CSV object: records are held back until it is certain that they are none of its lines. */

import { joinedBytes } from '../joined-bytes.ts';
import { ObjectRejectedError } from '../errors.ts';

export interface Trailer {
  /** The next bytes. */
  block(bytes: Uint8Array): void;
  /** They end; the record that is not complete yet starts at `start` of them, below 0 where it began in earlier ones. */
  leave(start: number): void;
  /** A line with something in it, from `start` up to `end` of the block; `next` from the first byte of all. */
  line(start: number, end: number, next: number, notes: number): void;
  /** @throws ObjectRejectedError `object.truncated` if there are lines and the trailer is not among them. */
  end(): void;
  /** Of the lines that are certain to be records, as a scanner has it. */
  readonly records: number;
  readonly boundary: number;
  takeNotes(): number;
  apart(): readonly string[];
}

/** Lines of one trailer at most; more that start like it are records. */
const MOST = 1000;
const encoder = new TextEncoder();

/** @param told how many lines it has, or the text that each of them starts with. */
export function csvTrailer(told: number | string): Trailer | undefined {
  if (told === 0) return undefined;
  const prefix = typeof told === 'string' ? encoder.encode(told) : undefined;
  const most = typeof told === 'number' ? told : MOST;
  const held: { readonly next: number; readonly notes: number }[] = [];
  let current: Uint8Array = new Uint8Array(0);
  let begun: Uint8Array = new Uint8Array(0); // Of the record that began in earlier blocks, as much as the prefix has.
  let records = 0;
  let boundary = 0;
  let notes = 0;

  function release(count: number): void {
    for (const line of held.splice(0, count)) {
      records++;
      boundary = line.next;
      notes |= line.notes;
    }
  }

  function startsLikeIt(start: number, end: number): boolean {
    const here = current.subarray(Math.max(0, start), Math.max(0, end));
    const head = start < 0 ? joinedBytes([begun, here.subarray(0, prefix!.length)]) : here;
    return prefix!.every((byte, i) => head[i] === byte);
  }

  return {
    block(bytes) {
      current = bytes;
    },
    leave(start) {
      if (prefix === undefined) return;
      const here = current.subarray(Math.max(0, start), Math.max(0, start) + prefix.length);
      begun = joinedBytes(start >= 0 ? [here] : [begun, here]);
    },
    line(start, end, next, noted) {
      const isRecord = prefix !== undefined && !startsLikeIt(start, end);
      held.push({ next, notes: noted });
      if (isRecord) release(held.length);
      else if (held.length > most) release(1);
    },
    end() {
      if (records + held.length === 0) return;
      if (prefix !== undefined && held.length === 0) {
        throw missing(`no line at its end starts with ${JSON.stringify(told)}`);
      }
      if (prefix === undefined && held.length < most) {
        throw missing(`it has ${held.length} lines after its header, and the trailer alone has ${most}`);
      }
    },
    get records() {
      return records;
    },
    get boundary() {
      return boundary;
    },
    takeNotes() {
      const taken = notes;
      notes = 0;
      return taken;
    },
    apart: () =>
      held.length === 0
        ? []
        : [`${held.length === 1 ? '1 line' : `${held.length} lines`} at the end: the trailer, not records.`],
  };
}

const missing = (found: string): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.truncated',
    `The trailer is not there: ${found}. The object may have been cut off; deliver it whole, or leave \`trailer\` out.`,
  );
