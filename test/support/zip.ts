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

export function zipOf(files: readonly ZipFile[], { comment = '' } = {}): Buffer {
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
    entries.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), facts(listed), place, listed);
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
  return Buffer.concat([...parts, directory, end, Buffer.from(comment)]);
}
