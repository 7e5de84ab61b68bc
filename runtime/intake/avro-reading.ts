/** A reading of Avro's binary form: numbers, lengths and bytes, one after another. */

import { ObjectRejectedError } from '../../core/errors.ts';

export interface AvroReading {
  readonly at: number;
  byte(): number;
  /** A whole number of up to 64 bits. */
  long(): bigint;
  /** A length or a count. */
  size(): number;
  bytes(count: number): Buffer;
  /** Counts an item of a list that took no bytes: they are as many as the list says, whatever its own size. */
  tookNothing(): void;
  /** Reads what is inside of a value. */
  inside<T>(read: () => T): T;
}

const MOST_OF_NOTHING = 1_000_000;
/** Levels of a value, of which a record that holds itself may have any number. */
const DEEPEST = 1000;

/** @throws ObjectRejectedError `object.unreadable` past the end of the bytes, and for more items than there can be. */
export function avroReading(block: Uint8Array): AvroReading {
  const buffer = Buffer.from(block.buffer, block.byteOffset, block.length);
  let at = 0;
  let ofNothing = 0;
  let depth = 0;
  function byte(): number {
    if (at >= buffer.length) throw damaged('a record goes past the end of its block');
    return buffer[at++]!;
  }
  function long(): bigint {
    // Most numbers are small, and BigInt is slow.
    let small = 0;
    let scale = 1;
    for (let i = 0; i < 4; i++) {
      const part = byte();
      small += (part & 0x7f) * scale;
      if ((part & 0x80) === 0) return BigInt(small % 2 === 0 ? small / 2 : -(small + 1) / 2);
      scale *= 128;
    }
    let value = BigInt(small);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const part = byte();
      value |= BigInt(part & 0x7f) << shift;
      if ((part & 0x80) === 0) {
        if (value >> 64n !== 0n) break;
        return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
      }
    }
    throw damaged('a number has more than 64 bits');
  }
  function size(): number {
    const value = Number(long());
    if (value < 0 || value > buffer.length) throw damaged('a length is longer than its block');
    return value;
  }
  return {
    get at() {
      return at;
    },
    byte,
    long,
    size,
    bytes(count) {
      if (at + count > buffer.length) throw damaged('a record goes past the end of its block');
      at += count;
      return buffer.subarray(at - count, at);
    },
    tookNothing() {
      if (++ofNothing > MOST_OF_NOTHING) throw damaged('the lists of a block have no end');
    },
    inside(read) {
      if (++depth > DEEPEST) throw damaged(`a record is nested more than ${DEEPEST} levels deep`);
      const value = read();
      depth--;
      return value;
    },
  };
}

const damaged = (why: string): ObjectRejectedError =>
  new ObjectRejectedError('object.unreadable', `The Avro file is damaged: ${why}. Deliver it again.`);
