/** Lines of JSON as records: what `jsonl` reads, and what other formats are converted to. */

import type { Format, RecordIndex } from './format.ts';
import { alikeInBlocks, alikeRows } from './json-alike.ts';
import { lineCounter } from './json-line-count.ts';
import { jsonRows } from './json-records.ts';
import { skipSpace } from './json-token.ts';
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
  scanner: lineCounter,
  inBlocks: alikeInBlocks,
  prepare: (chunk, layout, exact) =>
    (exact ? undefined : alikeRows(chunk, null, layout)) ?? jsonRows(chunk, lineIndex(chunk), layout),
  index: lineIndex,
});

function lineIndex(chunk: Uint8Array): RecordIndex {
  const list = recordList();
  for (let start = 0; start < chunk.length;) {
    const found = chunk.indexOf(LF, start);
    const last = found === -1 ? chunk.length : found;
    const end = last > start && chunk[last - 1] === CR ? last - 1 : last;
    if (skipSpace(chunk, start, end) < end) list.add(start, end);
    start = last + 1;
  }
  return list.index();
}
