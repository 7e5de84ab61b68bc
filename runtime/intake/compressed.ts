/** An object that is compressed, as those see it who decompress it. */

export interface Compressed {
  /** Its bytes as received. */
  readonly size: number;
  blocks(): AsyncIterable<Uint8Array>;
  /** A part of the same bytes. */
  range(start: number, end: number): AsyncIterable<Uint8Array>;
}
