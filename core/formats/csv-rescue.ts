/**
 * A quote that is never closed takes the records that follow into its field. Where that shows, the bad record is ended
 * at the first line break after which whole records follow, so that it costs itself and nothing else.
 */

import { joinedBytes } from '../joined-bytes.ts';
import type { CsvScanOptions, Suspect } from './csv-machine.ts';
import { csvScanner } from './csv-scan.ts';
import { csvNotes, type CsvShape } from './csv-shape.ts';
import type { Scanner } from './format.ts';

/**
 * Records that are looked at behind the line break: those that have the header's number of fields and no quote out of place
 * are whole. The first must be, and at most one of the others not, as a neighbour may be bad for a reason of its own.
 */
const FOLLOWING = 5;
/** Bytes behind the line break in which they are looked for; fewer records do where the window or the object ends. */
const WINDOW = 64 * 1024;
/** Line breaks that are tried in one record, and records of one object in which it is tried. */
const MOST_LINES = 100;
const MOST_RECORDS = 1000;
const FAULTY = csvNotes.irregular | csvNotes.oddQuote | csvNotes.afterQuote | csvNotes.nul;

/**
 * A scanner that finds out. It does so for a quote that is still open at the end of the object, and for a record with a
 * line end inside of quotes and a quote out of place; of at most `recordBytes`, and of two fields or more, as otherwise
 * every line would look like a record. What it decides depends on the bytes alone, not on the blocks.
 */
export function rescuingScanner(shape: CsvShape, options: CsvScanOptions): Scanner {
  if (options.fields < 2 || shape.quote < 0) return csvScanner(shape, options);
  const machine = csvScanner(shape, { ...options, stops: true });
  const torn: number[] = [];
  let tries = 0;
  let kept: Uint8Array[] = []; // Of a record that is not complete, from its start.
  let keptBytes = 0;
  let keptFrom = -1;
  let waiting: Uint8Array[] | undefined; // From the start of a suspect, until there is enough behind it.
  let waitingBytes = 0;

  /** Reads on from a place; with a suspect whose surroundings are not known yet, what follows is collected. */
  function read(bytes: Uint8Array, from: number, atEnd: boolean): void {
    let rest = bytes;
    let at = from;
    for (;;) {
      const stopped = machine.scan(rest);
      const { suspect } = machine;
      if (suspect === undefined) return keep(rest, at);
      if (suspect.next - suspect.start > options.recordBytes) {
        machine.count(EMPTY, suspect);
        rest = rest.subarray(stopped);
        at = suspect.next;
        machine.restart(at);
        continue;
      }
      const behind = rest.subarray(Math.max(0, suspect.start - at));
      const whole = suspect.start < at ? joinedBytes([...kept, behind]) : behind;
      if (!atEnd && whole.length < suspect.next - suspect.start + WINDOW) {
        waiting = [new Uint8Array(whole)];
        waitingBytes = whole.length;
        return;
      }
      const next = settle(whole, suspect, atEnd);
      rest = whole.subarray(next - suspect.start);
      at = next;
    }
  }

  /** @returns where to read on. */
  function settle(bytes: Uint8Array, suspect: Suspect, atEnd: boolean): number {
    const { start } = suspect;
    const cut = tries++ < MOST_RECORDS ? cutOf(bytes, suspect.next - start, atEnd) : undefined;
    const next = cut === undefined ? suspect.next : start + cut.next;
    if (cut === undefined) {
      machine.count(bytes, suspect);
    } else {
      machine.count(bytes, {
        start,
        end: start + cut.end,
        next,
        notes: csvNotes.quoted | csvNotes.irregular,
      });
      torn.push(start, next);
    }
    machine.restart(next);
    return next;
  }

  /** The first line break before `until` after which whole records follow. */
  function cutOf(
    bytes: Uint8Array,
    until: number,
    atEnd: boolean,
  ): { end: number; next: number } | undefined {
    let lines = 0;
    for (let i = 0; i < until && lines < MOST_LINES; i++) {
      if (bytes[i] !== 10 && bytes[i] !== 13) continue;
      const next = bytes[i] === 13 && bytes[i + 1] === 10 ? i + 2 : i + 1;
      if (next >= until) return undefined;
      if (isFollowed(bytes, next, atEnd)) return { end: i, next };
      lines++;
      i = next - 1;
    }
    return undefined;
  }

  function isFollowed(bytes: Uint8Array, from: number, atEnd: boolean): boolean {
    let good = 0;
    let bad = 0;
    const { fields, recordBytes } = options;
    const scanner = csvScanner(shape, {
      fields,
      recordBytes,
      offset: 0,
      each(_start, _end, _next, notes) {
        if (good + bad >= FOLLOWING) return;
        if ((notes & FAULTY) === 0) good++;
        else if (good === 0) bad = FOLLOWING;
        else bad++;
      },
    });
    const window = bytes.subarray(from, from + WINDOW);
    for (let at = 0; at < window.length; at += PIECE) {
      scanner.push(window.subarray(at, at + PIECE));
      if (good + bad >= FOLLOWING) break;
    }
    const isWhole = atEnd && from + window.length === bytes.length;
    if (isWhole && good + bad < FOLLOWING) {
      if (scanner.isOpen) bad++;
      else scanner.end();
    }
    return bad <= 1 && good > bad;
  }

  /** The bytes of a record that goes on in the next block are kept from its start; not of one that is too long. */
  function keep(bytes: Uint8Array, at: number): void {
    const { from } = machine;
    const end = at + bytes.length;
    if (from >= at) {
      keptFrom = from < end ? from : -1;
      kept = [];
      keptBytes = 0;
    }
    if (keptFrom === -1) return;
    const part = bytes.slice(Math.max(0, from - at));
    kept.push(part);
    keptBytes += part.length;
    if (keptBytes <= options.recordBytes) return;
    keptFrom = -1;
    kept = [];
  }

  let pushed = 0;
  return Object.freeze({
    push(block) {
      const at = pushed;
      pushed += block.length;
      if (waiting === undefined) return read(block, at, false);
      waiting.push(new Uint8Array(block));
      waitingBytes += block.length;
      const { start, next } = machine.suspect!;
      if (waitingBytes >= next - start + WINDOW) goOn(false);
    },
    end() {
      if (waiting !== undefined) goOn(true);
      for (;;) {
        if (machine.isOpen && keptFrom !== -1 && tries < MOST_RECORDS) {
          const bytes = joinedBytes(kept);
          const open: Suspect = { start: keptFrom, end: pushed, next: pushed, notes: 0 };
          tries++;
          const cut = cutOf(bytes, bytes.length, true) ?? { end: bytes.length, next: bytes.length };
          machine.count(bytes, {
            ...open,
            end: open.start + cut.end,
            next: open.start + cut.next,
            notes: csvNotes.quoted | csvNotes.irregular,
          });
          torn.push(open.start, open.start + cut.next);
          machine.restart(open.start + cut.next);
          read(bytes.subarray(cut.next), open.start + cut.next, true);
          continue;
        }
        machine.end();
        if (machine.suspect === undefined) return;
        const { suspect } = machine;
        const bytes = suspect.start === keptFrom ? joinedBytes(kept) : EMPTY;
        const next = settle(bytes, suspect, true);
        read(bytes.subarray(next - suspect.start), next, true);
      }
    },
    get records() {
      return machine.records;
    },
    get boundary() {
      return machine.boundary;
    },
    takeNotes: () => machine.takeNotes(),
    takeTorn(before) {
      let count = 0;
      while (count < torn.length && torn[count]! < before) count += 2;
      return torn.splice(0, count);
    },
    apart: () => machine.apart?.() ?? [],
  } satisfies Scanner);

  function goOn(atEnd: boolean): void {
    const bytes = joinedBytes(waiting!);
    waiting = undefined;
    const suspect = machine.suspect!;
    const next = settle(bytes, suspect, atEnd);
    read(bytes.subarray(next - suspect.start), next, atEnd);
  }
}

const PIECE = 4096;
const EMPTY = new Uint8Array(0);
