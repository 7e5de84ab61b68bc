/** Thrift's compact form, in which Parquet writes its footer and the headers of its pages: what is asked for, and no more. */

/** What is wanted of the fields of a struct, by their numbers: a whole number (of a truth value 1 or 0), whether it is there, or what is inside. */
export interface Wanted {
  readonly [field: number]: 'number' | 'there' | Wanted | readonly [Wanted];
}

/** What was found of it, by the same numbers. */
export interface Found {
  readonly [field: number]: number | true | Found | readonly Found[] | undefined;
}

export interface ThriftRead {
  readonly found: Found;
  /** Bytes that the struct takes. */
  readonly length: number;
}

/** Types of Thrift. */
const [TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = [1, 2, 3, 7, 8, 9, 10, 11, 12];
const isWhole = (type: number): boolean => type >= 4 && type <= 6;
const DEEPEST = 16;

/** @returns `cut` if the bytes end before the struct does; undefined for what is none, or has another type than is wanted. */
export function readThrift(bytes: Uint8Array, wanted: Wanted): ThriftRead | 'cut' | undefined {
  let at = 0;
  try {
    const found = struct(0, wanted);
    return { found, length: at };
  } catch (error) {
    if (error instanceof Cut) return 'cut';
    if (error instanceof NoThrift) return undefined;
    throw error;
  }

  function struct(depth: number, asked: Wanted): Found {
    if (depth > DEEPEST) throw new NoThrift();
    const found: Record<number, Found[number]> = {};
    for (let field = 0; ;) {
      const head = byte();
      if (head === 0) return found;
      const type = head & 15;
      field = head >> 4 === 0 ? zigzag() : field + (head >> 4);
      const one = asked[field];
      if (one === undefined) skip(type, depth);
      else found[field] = value(type, depth, one);
    }
  }

  function value(type: number, depth: number, one: Wanted[number]): Found[number] {
    if (one === 'there') {
      skip(type, depth);
      return true;
    }
    if (one === 'number') {
      if (type === TRUE || type === FALSE) return type === TRUE ? 1 : 0;
      if (!isWhole(type)) throw new NoThrift();
      return zigzag();
    }
    if (!Array.isArray(one)) {
      if (type !== STRUCT) throw new NoThrift();
      return struct(depth + 1, one as Wanted);
    }
    if (type !== LIST) throw new NoThrift();
    const [of, count] = listHead();
    if (of !== STRUCT && count > 0) throw new NoThrift();
    const items: Found[] = [];
    for (let i = 0; i < count; i++) items.push(struct(depth + 1, one[0] as Wanted));
    return items;
  }

  function skip(type: number, depth: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) jump(1);
    else if (isWhole(type)) zigzag();
    else if (type === DOUBLE) jump(8);
    else if (type === BINARY) jump(varint());
    else if (type === STRUCT) struct(depth + 1, NOTHING);
    else if (type === LIST || type === SET) {
      const [of, count] = listHead();
      for (let i = 0; i < count; i++) element(of, depth);
    } else if (type === MAP) {
      const count = varint();
      const types = count === 0 ? 0 : byte();
      for (let i = 0; i < count; i++) {
        element(types >> 4, depth);
        element(types & 15, depth);
      }
    } else throw new NoThrift();
  }

  function listHead(): [of: number, count: number] {
    const head = byte();
    return [head & 15, head >> 4 === 15 ? varint() : head >> 4];
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
    throw new NoThrift();
  }

  function zigzag(): number {
    const value = varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

const NOTHING: Wanted = Object.freeze({});

class Cut extends Error {}
class NoThrift extends Error {}
