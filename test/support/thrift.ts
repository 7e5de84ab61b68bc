/** Thrift's compact form, in which Parquet has its footer and the headers of its pages, so that a test can put a wrong one together. */

export interface ThriftValue {
  readonly type: number;
  readonly bytes: Buffer;
}

/** A number as it needs few bytes. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A whole number of 64 bits. */
export function int(value: number | bigint): ThriftValue {
  const whole = BigInt(value);
  return { type: 6, bytes: varint(whole < 0n ? -2n * whole - 1n : 2n * whole) };
}

export const text = (words: string): ThriftValue => ({
  type: 8,
  bytes: Buffer.concat([varint(BigInt(Buffer.byteLength(words))), Buffer.from(words)]),
});

/** @param items of the one type that a list has. */
export const list = (items: readonly ThriftValue[], type = items[0]?.type ?? 12): ThriftValue => ({
  type: 9,
  bytes: Buffer.concat([
    Buffer.from([0xf0 | type]),
    varint(BigInt(items.length)),
    ...items.map(({ bytes }) => bytes),
  ]),
});

/** @param fields by their numbers; a truth value is its type alone. */
export const struct = (fields: Readonly<Record<number, ThriftValue>>): ThriftValue => ({
  type: 12,
  bytes: Buffer.concat([
    ...Object.entries(fields).flatMap(([field, { type, bytes }]) => [
      Buffer.from([type]),
      int(Number(field)).bytes,
      bytes,
    ]),
    Buffer.from([0]),
  ]),
});
