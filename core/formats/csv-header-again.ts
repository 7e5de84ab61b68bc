/** A header that comes again among the records, as where files were put one behind the other: it is no record. */

import { joinedBytes } from '../joined-bytes.ts';
import { csvNotes, type CsvShape } from './csv-shape.ts';
import type { Scanner } from './format.ts';

/** The ways in which a header may be written so that its names mean what they meant. */
export interface HeaderLines {
  /** Whether one of them stands somewhere in these bytes. */
  isIn(bytes: Uint8Array): boolean;
  /** Whether a record is one of them, and nothing else but a byte order mark in front. */
  isRecord(bytes: Uint8Array, start: number, end: number): boolean;
  /** A scanner that notes the chunks in which one of them may stand. */
  noting(scanner: Scanner): Scanner;
}

const encoder = new TextEncoder();
const MARK = [0xef, 0xbb, 0xbf];

/** Undefined with one field alone: what looks like its name may be its value. */
export function headerLines(fields: readonly string[], shape: CsvShape): HeaderLines | undefined {
  if (fields.length < 2) return undefined;
  const lines = written(fields, shape).map((text) => encoder.encode(text));
  const finds = lines.map((line) => finder(line));
  const longest = Math.max(...lines.map(({ length }) => length));

  function isRecord(bytes: Uint8Array, start: number, end: number): boolean {
    const from = MARK.every((byte, i) => bytes[start + i] === byte) ? start + MARK.length : start;
    return lines.some(
      (line) => line.length === end - from && line.every((byte, i) => bytes[from + i] === byte),
    );
  }

  function noting(scanner: Scanner): Scanner {
    let pushed = 0;
    let tail: Uint8Array = new Uint8Array(0); // As much of what was pushed as a line that goes on may have.
    let places: number[] = []; // A place in the tail is found again.
    let told = 0;
    const look = (bytes: Uint8Array, from: number, isEnd: boolean): void => {
      for (const [i, find] of finds.entries()) {
        if (i > 0 && !bytes.includes(shape.quote)) continue; // The second one is written with quotes.
        places.push(...find(bytes, from === 0, isEnd).map((at) => from + at));
      }
    };
    return {
      push(block) {
        scanner.push(block);
        const seam = joinedBytes([tail, block.subarray(0, longest + 1)]);
        if (tail.length > 0) look(seam, pushed - tail.length, false);
        look(block, pushed, false);
        pushed += block.length;
        const kept = block.length > longest ? block : seam;
        tail = kept.slice(Math.max(0, kept.length - longest - 1));
      },
      end() {
        look(tail, pushed - tail.length, true);
        scanner.end();
      },
      get records() {
        return scanner.records;
      },
      get boundary() {
        return scanner.boundary;
      },
      takeNotes() {
        const { boundary } = scanner;
        const isThere = places.some((at) => at >= told && at < boundary);
        places = places.filter((at) => at >= boundary);
        told = boundary;
        return scanner.takeNotes() | (isThere ? csvNotes.header : 0);
      },
      takeTorn: (before) => scanner.takeTorn?.(before) ?? [],
      apart: () => scanner.apart?.() ?? [],
    };
  }

  const isIn = (bytes: Uint8Array): boolean => finds.some((find) => find(bytes, true, true).length > 0);
  return Object.freeze({ isIn, isRecord, noting });
}

/** Plain, and with quotes around every name. */
function written(fields: readonly string[], { lead, delimiter, quote, escape }: CsvShape): string[] {
  const mark = String.fromCharCode(...lead, delimiter);
  const quotes = quote < 0 ? '' : String.fromCharCode(quote);
  const means = [mark, '\r', '\n', ...(quotes === '' ? [] : [quotes]), ...(escape < 0 ? [] : ['\\'])];
  const isPlain = !fields.some((name) => means.some((one) => name.includes(one)));
  const quoted = fields.map((name) => quotes + name.replaceAll(quotes, quotes + quotes) + quotes);
  return [
    ...(isPlain ? [fields.join(mark)] : []),
    ...(quotes === '' || (escape >= 0 && !isPlain) ? [] : [quoted.join(mark)]),
  ];
}

/**
 * Finds a line between line ends by looking at one byte of many (Horspool): the first place, and the last if there are more.
 * @param isStart whether a line starts with these bytes. @param isEnd whether one ends with them.
 */
function finder(line: Uint8Array): (bytes: Uint8Array, isStart: boolean, isEnd: boolean) => number[] {
  const last = line.length - 1;
  const jump = new Uint32Array(256).fill(line.length);
  for (let i = 0; i < last; i++) jump[line[i]!] = last - i;
  return (bytes, isStart, isEnd) => {
    const found: number[] = [];
    const n = bytes.length;
    for (let at = last; at < n; at += jump[bytes[at]!]!) {
      let i = 0;
      while (i <= last && bytes[at - i] === line[last - i]) i++;
      if (i <= last) continue;
      const from = at - last;
      const isBegun = from === 0 ? isStart : isLineEnd(bytes[from - 1]!) || bytes[from - 1] === MARK[2];
      const isEnded = at + 1 === n ? isEnd : isLineEnd(bytes[at + 1]!);
      if (isBegun && isEnded) found[Math.min(found.length, 1)] = from;
    }
    return found;
  };
}

const isLineEnd = (byte: number): boolean => byte === 10 || byte === 13;
