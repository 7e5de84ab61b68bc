/** Blocks of bytes read in pieces of the sizes that a reader asks for. */

export interface ByteReader {
  /** Bytes given out so far. */
  readonly read: number;
  /** So many bytes, fewer only at the end. */
  atMost(count: number): Promise<Buffer>;
  /** So many bytes. @throws the error of the end if there are fewer. */
  exactly(count: number): Promise<Buffer>;
  /** At least one byte and no more than `most`, without copying. @throws the error of the end if there is none. */
  some(most: number): Promise<Uint8Array>;
}

/** @param ended makes the error for bytes that are not there. */
export function byteReader(blocks: AsyncIterable<Uint8Array>, ended: () => Error): ByteReader {
  const source = blocks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let read = 0;

  async function some(most: number): Promise<Uint8Array | undefined> {
    while (rest.length === 0) {
      const next = await source.next();
      if (next.done) return undefined;
      rest = next.value;
    }
    const bytes = rest.subarray(0, most);
    rest = rest.subarray(bytes.length);
    read += bytes.length;
    return bytes;
  }

  async function atMost(count: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for (let left = count; left > 0;) {
      const part = await some(left);
      if (part === undefined) break;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  return {
    get read() {
      return read;
    },
    atMost,
    async exactly(count) {
      const bytes = await atMost(count);
      if (bytes.length < count) throw ended();
      return bytes;
    },
    async some(most) {
      const bytes = await some(most);
      if (bytes === undefined) throw ended();
      return bytes;
    },
  };
}
