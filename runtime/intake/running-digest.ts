/**
 * A checksum of each chunk's bytes, made in the pass that counts its records: who reads the chunk later knows by it that
 * these are the bytes that were counted.
 */

import { crc32 } from 'node:zlib';

export interface RunningDigest {
  /** The block's memory may be used again once `settle` was called. */
  push(block: Uint8Array): void;
  /** The checksum of the bytes before a place, from the last such place on; both count from the first byte pushed. */
  upTo(place: number): number;
  /** No chunk ends before a place: only what was pushed from there on is kept. */
  settle(place: number): void;
}

export function runningDigest(): RunningDigest {
  /** Blocks after what is in the checksum: where the next chunk ends is known only later. */
  const ahead: Uint8Array[] = [];
  let at = 0;
  let digest = 0;
  function settle(place: number): void {
    while (at < place) {
      const block = ahead[0]!;
      const taken = block.subarray(0, place - at);
      digest = crc32(taken, digest);
      at += taken.length;
      if (taken.length === block.length) ahead.shift();
      else ahead[0] = block.subarray(taken.length);
    }
  }
  return {
    push: (block) => void ahead.push(block),
    settle(place) {
      settle(place);
      const last = ahead.pop();
      if (last !== undefined) ahead.push(new Uint8Array(last));
    },
    upTo(place) {
      settle(place);
      const whole = digest;
      digest = 0;
      return whole;
    },
  };
}
