/** Where the records of a CSV chunk stand: found again by the scanner that counted them. */

import { csvScanner } from './csv-scan.ts';
import type { CsvShape } from './csv-shape.ts';
import type { RecordIndex } from './format.ts';
import { recordList } from './record-list.ts';

/**
 * The records of a whole chunk.
 * @param torn where the records start and end that were not told by their quotes, in pairs.
 */
export function csvIndex(chunk: Uint8Array, shape: CsvShape, torn: readonly number[] = []): RecordIndex {
  const list = recordList();
  let at = 0;
  const told = (end: number): void => {
    const scanner = csvScanner(shape, {
      fields: 0,
      recordBytes: Infinity,
      offset: 0,
      each: (from, to) => list.add(at + from, at + to),
    });
    scanner.push(chunk.subarray(at, end));
    scanner.end();
  };
  for (let i = 0; i < torn.length; i += 2) {
    const start = torn[i]!;
    const next = torn[i + 1]!;
    told(start);
    list.add(start, withoutLineEnd(chunk, start, next));
    at = next;
  }
  told(chunk.length);
  return list.index();
}

function withoutLineEnd(bytes: Uint8Array, start: number, next: number): number {
  let end = next;
  if (end > start && bytes[end - 1] === 10) end--;
  if (end > start && bytes[end - 1] === 13) end--;
  return end;
}
