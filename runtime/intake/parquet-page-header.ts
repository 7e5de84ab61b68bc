/** The header of a page of a Parquet file, in Thrift's compact form. */

export interface PageHeader {
  /** Bytes of the header itself. */
  readonly length: number;
  /** Bytes of the page behind it, as they stand in the file. */
  readonly bytes: number;
  /** CRC-32 of these, if it is told. */
  readonly checksum?: number;
}

/** Fields of the header. */
const BYTES = 3;
const CHECKSUM = 4;
/** Types of Thrift. */
const [TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = [1, 2, 3, 7, 8, 9, 10, 11, 12];
const isWhole = (type: number): boolean => type >= 4 && type <= 6;
const DEEPEST = 16;

/** @returns `cut` if the bytes end before it does; undefined for what is no header. */
export function pageHeader(bytes: Uint8Array): PageHeader | 'cut' | undefined {
  let at = 0;
  const numbers = new Map<number, number>();
  try {
    struct(0, numbers);
  } catch (error) {
    if (error instanceof Cut) return 'cut';
    if (error instanceof NoHeader) return undefined;
    throw error;
  }
  const size = numbers.get(BYTES);
  const checksum = numbers.get(CHECKSUM);
  if (size === undefined || size < 0) return undefined;
  return { length: at, bytes: size, ...(checksum === undefined ? {} : { checksum: checksum >>> 0 }) };

  /** Its whole numbers by their fields, where they are asked for. */
  function struct(depth: number, found?: Map<number, number>): void {
    if (depth > DEEPEST) throw new NoHeader();
    for (let field = 0; ;) {
      const head = byte();
      if (head === 0) return;
      const type = head & 15;
      field = head >> 4 === 0 ? zigzag() : field + (head >> 4);
      if (isWhole(type) && found !== undefined) found.set(field, zigzag());
      else skip(type, depth);
    }
  }

  function skip(type: number, depth: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) jump(1);
    else if (isWhole(type)) zigzag();
    else if (type === DOUBLE) jump(8);
    else if (type === BINARY) jump(varint());
    else if (type === STRUCT) struct(depth + 1);
    else if (type === LIST || type === SET) {
      const head = byte();
      const count = head >> 4 === 15 ? varint() : head >> 4;
      for (let i = 0; i < count; i++) element(head & 15, depth);
    } else if (type === MAP) {
      const count = varint();
      const types = count === 0 ? 0 : byte();
      for (let i = 0; i < count; i++) {
        element(types >> 4, depth);
        element(types & 15, depth);
      }
    } else throw new NoHeader();
  }

  /** In a list a truth value takes a byte of its own. */
  function element(type: number, depth: number): void {
    if (type === TRUE || type === FALSE) jump(1);
    else skip(type, depth + 1);
  }

  function byte(): number {
    if (at >= bytes.length) throw new Cut();
    return bytes[at++]!;
  }

  function jump(count: number): void {
    at += count;
    if (at > bytes.length) throw new Cut();
  }

  function varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 64; scale *= 128) {
      const part = byte();
      value += (part & 127) * scale;
      if (part < 128) return value;
    }
    throw new NoHeader();
  }

  function zigzag(): number {
    const value = varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

class Cut extends Error {}
class NoHeader extends Error {}
