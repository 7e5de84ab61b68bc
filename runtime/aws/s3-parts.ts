/** In which parts large objects go over the network, and how many of them at a time. */

export interface Parts {
  /** Bytes of a range that is read, or of a part that is written: S3 takes no less than 5 MiB. */
  readonly bytes: number;
  /** Bytes of a part that S3 copies by itself; no more than 5 GiB. */
  readonly copyBytes: number;
  /** How many at a time, for one object. What is in flight is in memory. */
  readonly inFlight: number;
}

const MB = 1024 * 1024;

export const defaultParts: Parts = Object.freeze({ bytes: 8 * MB, copyBytes: 256 * MB, inFlight: 4 });

/** S3 takes 10,000 parts for one object. */
const MOST = 10_000;

/** As large as must be for an object of that size. */
export const partBytesFor = (size: number, least: number): number => Math.max(least, Math.ceil(size / MOST));

export function* rangesOf(start: number, end: number, bytes: number): Generator<readonly [number, number]> {
  for (let at = start; at < end; at += bytes) yield [at, Math.min(end, at + bytes)];
}
