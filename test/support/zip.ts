/** Zip archives made byte by byte, so that a test can put a wrong one together. */

import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** 8 (deflate) or 0 (stored). Default: 8. */
  readonly method?: number;
  readonly flags?: number;
  /** What stands behind the data, and counts as part of them. */
  readonly behind?: string;
  /** What the directory says instead of the truth. */
  readonly says?: {
    readonly checksum?: number;
    readonly bytes?: number;
    readonly packed?: number;
    readonly name?: string;
  };
}

/** @param long whether all numbers of the directory are of 64 bits, as in archives of more than 4 GB. */
export function zipOf(files: readonly ZipFile[], { comment = '', long = false } = {}): Buffer {
  const parts: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, content, method = 8, flags = 0, behind = '', says = {} } of files) {
    const bytes = Buffer.from(content as string);
    const data = method === 8 ? deflateRawSync(bytes) : bytes;
    const packed = Buffer.concat([data, Buffer.from(behind)]);
    const facts = (nameBytes: Buffer) => {
      const head = Buffer.alloc(26);
      head.writeUInt16LE(20, 0);
      head.writeUInt16LE(flags, 2);
      head.writeUInt16LE(method, 4);
      head.writeUInt32LE(says.checksum ?? crc32(bytes), 10);
      head.writeUInt32LE(says.packed ?? packed.length, 14);
      head.writeUInt32LE(says.bytes ?? bytes.length, 18);
      head.writeUInt16LE(nameBytes.length, 22);
      return head;
    };
    const own = Buffer.from(name);
    const listed = Buffer.from(says.name ?? name);
    parts.push(Buffer.from('PK\u0003\u0004'), facts(own), own, packed);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const head = facts(listed);
    const extra = long ? longNumbers(head, place) : Buffer.alloc(0);
    entries.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), head, place, listed, extra);
    at += 30 + own.length + packed.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  const longEnd = long ? longEndOf(end) : Buffer.alloc(0);
  return Buffer.concat([...parts, directory, longEnd, end, Buffer.from(comment)]);
}

/** Puts the numbers of an entry behind its name, a field of something else first. */
function longNumbers(head: Buffer, place: Buffer): Buffer {
  const extra = Buffer.alloc(6 + 4 + 24);
  extra.writeUInt16LE(0x7075, 0);
  extra.writeUInt16LE(2, 2);
  extra.writeUInt16LE(1, 6);
  extra.writeUInt16LE(24, 8);
  const numbers = [head.readUInt32LE(18), head.readUInt32LE(14), place.readUInt32LE(10)];
  numbers.forEach((number, i) => extra.writeBigUInt64LE(BigInt(number), 10 + 8 * i));
  head.fill(0xff, 14, 22);
  head.writeUInt16LE(extra.length, 24);
  place.fill(0xff, 10, 14);
  return extra;
}

/** The record of the end with numbers of 64 bits, and where it is; the other one then has none. */
function longEndOf(end: Buffer): Buffer {
  const [count, size, start] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
  const record = Buffer.alloc(56);
  record.write('PK\u0006\u0006', 0, 'latin1');
  record.writeBigUInt64LE(44n, 4);
  for (const [at, number] of [
    [24, count],
    [32, count],
    [40, size],
    [48, start],
  ] as const)
    record.writeBigUInt64LE(BigInt(number), at);
  const locator = Buffer.alloc(20);
  locator.write('PK\u0006\u0007', 0, 'latin1');
  locator.writeBigUInt64LE(BigInt(start + size), 8);
  locator.writeUInt32LE(1, 16);
  end.fill(0xff, 8, 20);
  return Buffer.concat([record, locator]);
}
