/** How long the rows of a chunk are that the engine reads as it is: it must be told of long ones before it reads. */

const LINE_FEED = 10;
/** Rows of fewer bytes are not told apart: the search looks for a line end only this often. */
const SHORT = 64 * 1024;

export interface LongRows {
  /** Takes the next bytes of the chunk. */
  push(block: Uint8Array): void;
  /** Bytes of the longest row with its line end; 0 where all are below 64 KiB. */
  longest(): number;
}

/** Measures rows that end with a line feed, hopping over the short ones. */
export function longRows(): LongRows {
  let longest = 0;
  let open = 0;
  return {
    push(block) {
      let start = -open;
      for (let at = 0; at < block.length;) {
        const piece = block.subarray(at, at + SHORT);
        const last = piece.lastIndexOf(LINE_FEED);
        if (last !== -1) {
          longest = Math.max(longest, at + piece.indexOf(LINE_FEED) + 1 - start);
          start = at + last + 1;
        }
        at = last === -1 ? at + piece.length : start;
      }
      open = block.length - start;
    },
    longest() {
      const rows = Math.max(longest, open);
      return rows < SHORT ? 0 : rows;
    },
  };
}
