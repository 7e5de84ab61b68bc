/** What is asked of an encoding: the units in which it writes text, and the same text as UTF-8, there and back. */

import type { Utf8Doubt } from './utf8-doubt.ts';

export interface Units {
  /** Bytes of one unit. */
  readonly size: number;
  /** One byte for each unit: itself where it is of ASCII, another where it is not. */
  narrow(bytes: Uint8Array): Uint8Array;
  utf8(bytes: Uint8Array): Uint8Array;
  /** How many bytes are left if a character that is cut off at their end is. */
  whole(bytes: Uint8Array): number;
  /** How many of the bytes were read for this beginning of their text. */
  measure(utf8: Uint8Array, bytes: Uint8Array): number;
  /** For encodings in which UTF-8 is also text, though not the text that is meant: tells whether all bytes are UTF-8. */
  doubt(): Utf8Doubt | undefined;
}
