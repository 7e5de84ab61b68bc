/** A growing list of where records stand. */

import type { RecordIndex } from './format.ts';

export interface RecordList {
  add(start: number, end: number): void;
  index(): RecordIndex;
}

export function recordList(): RecordList {
  let starts = new Uint32Array(1024);
  let ends = new Uint32Array(1024);
  let count = 0;
  return {
    add(start, end) {
      if (count === starts.length) {
        starts = grown(starts);
        ends = grown(ends);
      }
      starts[count] = start;
      ends[count] = end;
      count++;
    },
    index: () => ({ count, starts: starts.subarray(0, count), ends: ends.subarray(0, count) }),
  };
}

function grown(list: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(list.length * 2);
  larger.set(list);
  return larger;
}
