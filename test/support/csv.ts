/** CSV of any dialect and encoding in tests: what its records are, read the exact way. */

import { expect } from 'vitest';
import { csv } from '../../core/formats/csv.ts';
import type { CsvOptions } from '../../core/formats/csv-options.ts';
import type { Encoding } from '../../core/formats/format.ts';
import { bytesOf, canonicalRows, prepared } from './formats.ts';

export const rowsOf = (options: CsvOptions, content: Uint8Array) =>
  canonicalRows(prepared(csv(options), content, { exact: true }));

/** A record that is rejected so. */
export const malformed = { faults: [expect.objectContaining({ code: 'malformed' })] };

/** A text in an encoding, by tables of its own. */
export function encoded(text: string, encoding: Encoding): Uint8Array {
  if (encoding === 'utf-8') return bytesOf(text);
  const wide = Buffer.from(text, 'utf16le');
  if (encoding === 'utf-16le') return wide;
  if (encoding === 'utf-16be') return wide.swap16();
  const decoder = new TextDecoder(encoding);
  const bytes = new Map(Array.from({ length: 256 }, (_, b) => [decoder.decode(Uint8Array.of(b)), b]));
  return Uint8Array.from([...text], (c) => (encoding === 'latin1' ? c.charCodeAt(0) : bytes.get(c)!));
}
