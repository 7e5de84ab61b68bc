/** Whether bytes that are said to be of another encoding are UTF-8, told block by block. */

import { isUtf8Range } from './utf8.ts';

export interface Utf8Doubt {
  push(block: Uint8Array): void;
  /** Whether all that was pushed is UTF-8, with at least one character beyond ASCII. */
  isUtf8(): boolean;
}

export function utf8Doubt(): Utf8Doubt {
  let rest: Uint8Array = new Uint8Array(0);
  let hasMore = false;
  let isValid = true;
  return {
    push(block) {
      if (!isValid) return;
      let bytes = block;
      if (rest.length > 0) {
        bytes = new Uint8Array(rest.length + block.length);
        bytes.set(rest);
        bytes.set(block, rest.length);
      }
      hasMore ||= bytes.some((byte) => byte >= 0x80);
      // A character that is cut off has up to three bytes here.
      let end = bytes.length;
      while (end > 0 && bytes.length - end < 3 && bytes[end - 1]! >= 0x80 && bytes[end - 1]! < 0xc0) end--;
      if (end > 0 && bytes[end - 1]! >= 0xc0) end--;
      else end = bytes.length;
      isValid = isUtf8Range(bytes, 0, end);
      rest = bytes.slice(end);
    },
    isUtf8: () => isValid && hasMore && isUtf8Range(rest, 0, rest.length),
  };
}
