/** Decompresses a block of snappy: literals, and copies of what was written before. */

import { ObjectRejectedError } from '../../core/errors.ts';

/** @throws ObjectRejectedError `object.unreadable` if it is damaged, `object.too_large` past `most` bytes. */
export function unsnap(packed: Uint8Array, most: number): Uint8Array {
  let at = 0;
  const byte = (): number => {
    if (at >= packed.length) throw damaged();
    return packed[at++]!;
  };
  const number = (bytes: number): number => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += byte() * 256 ** i;
    return value;
  };
  let size = 0;
  for (let shift = 0, more = true; more; shift += 7) {
    const part = byte();
    size += (part & 0x7f) * 2 ** shift;
    more = (part & 0x80) !== 0;
    if (size > most || shift > 28) {
      throw new ObjectRejectedError(
        'object.too_large',
        `A block of snappy decompresses to more than ${most} bytes (the limits recordBytes and chunkBytes).`,
      );
    }
  }
  const whole = new Uint8Array(size);
  let written = 0;
  while (at < packed.length) {
    const tag = byte();
    const kind = tag & 3;
    const upper = tag >> 2;
    if (kind === 0) {
      const length = (upper < 60 ? upper : number(upper - 59)) + 1;
      if (at + length > packed.length || written + length > size) throw damaged();
      whole.set(packed.subarray(at, at + length), written);
      at += length;
      written += length;
      continue;
    }
    const length = kind === 1 ? (upper & 7) + 4 : upper + 1;
    const back = kind === 1 ? ((tag >> 5) << 8) + byte() : number(kind === 2 ? 2 : 4);
    if (back === 0 || back > written) throw damaged();
    // Byte by byte, because a copy may reach into what it writes itself; what does not fit is found at the end.
    for (let i = 0; i < length; i++, written++) whole[written] = whole[written - back]!;
  }
  if (written !== size) throw damaged();
  return whole;
}

const damaged = (): ObjectRejectedError =>
  new ObjectRejectedError('object.unreadable', 'A block of snappy is damaged; deliver the object again.');
