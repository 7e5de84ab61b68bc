/** Lines of JSON as records: what `jsonl` reads, and what other formats are converted to. */

import type { Format, RecordIndex, Scanner } from './format.ts';
import { alikeInBlocks, alikeRows } from './json-alike.ts';
import { jsonRows } from './json-records.ts';
import { isSpace, skipSpace } from './json-token.ts';
import { recordList } from './record-list.ts';

const LF = 10;
const CR = 13;

/** A format whose records are the lines that are not blank, each one JSON object. */
export const jsonLines = (kind: string, options: Format['options']): Format => ({
  kind,
  options,
  tagged: true,
  encoding: 'utf-8',
  header: () => Object.freeze({ fields: null, bytes: 0 }),
  scanner: () => lineScanner(),
  inBlocks: alikeInBlocks,
  prepare: (chunk, layout, exact) =>
    (exact ? undefined : alikeRows(chunk, null, layout)) ?? jsonRows(chunk, lineIndex(chunk), layout),
  index: lineIndex,
});

function lineIndex(chunk: Uint8Array): RecordIndex {
  const list = recordList();
  const scanner = lineScanner((start, end) =>
    list.add(start, end > start && chunk[end - 1] === CR ? end - 1 : end),
  );
  scanner.push(chunk);
  scanner.end();
  return list.index();
}

function lineScanner(each?: (start: number, end: number) => void): Scanner {
  let base = 0;
  let lineStart = 0; // From the first byte pushed.
  let hasText = false; // Whether the line that is not complete yet has more than white space.
  let records = 0;
  let boundary = 0;

  function endLine(end: number, next: number): void {
    records++;
    boundary = next;
    if (each !== undefined) each(lineStart, end);
  }

  return {
    push(block) {
      const n = block.length;
      let i = 0;
      while (i < n) {
        const found = block.indexOf(LF, i);
        const end = found === -1 ? n : found;
        if (!hasText) hasText = (i < end && !isSpace(block[i])) || skipSpace(block, i, end) < end;
        if (found === -1) break;
        if (hasText) endLine(base + found, base + found + 1);
        hasText = false;
        i = found + 1;
        lineStart = base + i;
      }
      base += n;
    },
    end() {
      if (hasText) endLine(base, base);
      hasText = false;
    },
    get records() {
      return records;
    },
    get boundary() {
      return boundary;
    },
    takeNotes: () => 0,
  };
}
