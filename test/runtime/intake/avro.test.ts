/** Avro files put together byte by byte: whatever a file says of itself that cannot be is refused by its name. */

import { deflateRawSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { defaultLimits, type Limits } from '../../../core/limits.ts';
import { avro } from '../../../runtime/intake/avro.ts';
import type { Conversion } from '../../../runtime/intake/converter.ts';

const long = (value: number): Buffer => {
  const bytes: number[] = [];
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
};
const sized = (bytes: Uint8Array | string): Buffer => {
  const own = Buffer.from(bytes as string);
  return Buffer.concat([long(own.length), own]);
};
const MARK = Buffer.alloc(16, 7);

interface Parts {
  readonly schema?: unknown;
  /** The entries of the header, instead of the schema. */
  readonly header?: Buffer;
  readonly count?: number;
  readonly size?: number;
  readonly block?: readonly number[];
}

const int = { type: 'record', name: 'R', fields: [{ name: 'v', type: 'int' }] };

function fileOf({ schema = int, header, count = 1, block = [2], size = block.length }: Parts): Buffer {
  const told =
    header ?? Buffer.concat([long(1), sized('avro.schema'), sized(JSON.stringify(schema)), long(0)]);
  return Buffer.concat([
    Buffer.from('Obj\u0001'),
    told,
    MARK,
    long(count),
    long(size),
    Buffer.from(block),
    MARK,
  ]);
}

/** The entries of a file whose blocks are compressed. */
const headerOf = (codec: string): Buffer =>
  Buffer.concat([
    long(2), sized('avro.codec'), sized(codec), sized('avro.schema'), sized(JSON.stringify(int)), long(0),
  ]); // prettier-ignore

/** The lines that come of it. */
async function linesOf(content: Uint8Array, limits: Partial<Limits> = {}): Promise<string> {
  const blocks: Uint8Array[] = [];
  const object = {
    size: content.length,
    async *blocks() {
      yield content;
    },
  };
  const conversion = { object, columns: [], limits: { ...defaultLimits, ...limits } };
  await avro.convert(
    conversion as unknown as Conversion,
    async (lines) => void blocks.push(...(await Array.fromAsync(lines))),
    async () => {},
  );
  return Buffer.concat(blocks).toString();
}

/** A schema of one column. */
const of = (type: unknown) => ({ type: 'record', name: 'R', fields: [{ name: 'v', type }] });
let nested: unknown = 'int';
for (let level = 0; level < 101; level++) nested = { type: 'array', items: nested };

test('a file is read that says nothing but the truth', async () => {
  expect(await linesOf(fileOf({}))).toBe('{"v":1}\n');
  expect(await linesOf(fileOf({ schema: of({ type: 'enum', name: 'E', symbols: ['a', 'b'] }) }))).toBe(
    '{"v":"b"}\n',
  );
});

test.each<[string, Parts, RegExp]>([
  ['a type that is no record', { schema: ['null', 'int'] }, /^Expected an Avro file of records, found one of the type union/],
  ['more levels than a schema has', { schema: of(nested) }, /schema .* nested more than 100 levels deep/],
  ['a name that is not said', { schema: of('Other') }, /it names "Other", which it does not say/],
  ['a type that is none', { schema: of(7) }, /a type is none/],
  ['a type of nothing', { schema: of(null) }, /a type is none/],
  ['a record without fields', { schema: { type: 'record', name: 'R' } }, /the record R has no fields/],
  ['a field that is none', { schema: { type: 'record', name: 'R', fields: [null] } }, /a field of the record R has no name/],
  ['a field without a name', { schema: { type: 'record', name: 'R', fields: [{ type: 'int' }] } }, /a field of the record R has no name/],
  ['an enum without symbols', { schema: of({ type: 'enum', name: 'E' }) }, /the enum E has no symbols/],
  ['a fixed without a size', { schema: of({ type: 'fixed', name: 'F' }) }, /the fixed F has no size/],
  ['a fixed of a size below nothing', { schema: of({ type: 'fixed', name: 'F', size: -1 }) }, /the fixed F has no size/],
  ['no schema', { header: Buffer.concat([long(1), sized('x'), sized('y'), long(0)]) }, /it brings no schema/],
  ['an entry longer than a header', { header: Buffer.concat([long(1), long(2 ** 31)]) }, /its header has more than \d+ bytes/],
  ['an entry shorter than nothing', { header: Buffer.concat([long(1), long(-5)]) }, /its header has more than \d+ bytes/],
  ['a length without an end', { header: Buffer.alloc(12, 0xff) }, /a length is no length/],
  ['fewer records than none', { count: -1 }, /a block says that it is less than nothing/],
  ['fewer bytes than none', { size: -1 }, /a block says that it is less than nothing/],
  ['more records than bytes', { count: 2 }, /damaged: a record goes past the end of its block/],
  ['fewer records than bytes', { count: 1, block: [2, 2] }, /a block says that it has 1 records, and its bytes are not so many/],
  ['bytes and no records', { count: 0 }, /a block says that it has 0 records, and its bytes are not so many/],
  ['bytes that no record needs', { schema: { ...int, fields: [] } }, /a block has bytes that no record needs/],
  ['a text longer than its block', { schema: of('string'), block: [20, 97] }, /a length is longer than its block/],
  ['a text shorter than nothing', { schema: of('string'), block: [1, 97] }, /a length is longer than its block/],
  ['a number past the end', { schema: of('double'), block: [0, 0] }, /a record goes past the end of its block/],
  ['a branch that there is not', { schema: of(['null', 'int']), block: [4] }, /a value is of no type that its schema has/],
])('with %s it is refused', async (_, parts, message) => {
  await expect(linesOf(fileOf(parts))).rejects.toMatchObject({
    name: 'ObjectRejectedError',
    message: expect.stringMatching(message),
  });
}); // prettier-ignore

test('a block larger than the limits allow is refused before it is read', async () => {
  const limits = { chunkBytes: 1, recordBytes: 1 };
  expect(await linesOf(fileOf({ block: [2] }), limits)).toBe('{"v":1}\n');
  await expect(linesOf(fileOf({ block: [2, 2, 2], count: 3 }), limits)).rejects.toMatchObject({
    code: 'object.too_large',
  });
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['deflate', deflateRawSync],
  ['zstandard', zstdCompressSync],
])('a block of %s that becomes larger than the limits allow is not read further', async (codec, pack) => {
  const header = headerOf(codec);
  const block = [...pack(Buffer.alloc(2000))];
  const file = fileOf({ header, block, count: 2000 });
  expect(await linesOf(file)).toBe('{"v":0}\n'.repeat(2000));
  await expect(linesOf(file, { chunkBytes: 500, recordBytes: 500 })).rejects.toThrow(
    /a block cannot be decompressed/,
  );
});

test.each(['bzip2', 'constructor'])(
  'blocks of %s, which is not read, are refused by its name',
  async (codec) => {
    await expect(linesOf(fileOf({ header: headerOf(codec) }))).rejects.toThrow(
      `its blocks are compressed with "${codec}"; there are null, deflate, zstandard, snappy.`,
    );
  },
);

test('lines that are more than the limits allow are not written further', async () => {
  const file = fileOf({ block: Array<number>(100).fill(2), count: 100 });
  await expect(linesOf(file, { decodedBytes: 700 })).rejects.toMatchObject({ code: 'object.too_large' });
});

test('a header of many entries is refused as one that is long', async () => {
  const entries = Array.from({ length: 100 }, (_, i) =>
    Buffer.concat([sized(`k${i}`), sized('v'.repeat(90))]),
  );
  const header = Buffer.concat([
    long(101),
    ...entries,
    sized('avro.schema'),
    sized(JSON.stringify(int)),
    long(0),
  ]);
  expect(await linesOf(fileOf({ header }))).toBe('{"v":1}\n');
  await expect(linesOf(fileOf({ header }), { headerBytes: 100 })).rejects.toThrow(
    /its header has more than 100 bytes/,
  );
});

test.each([-1, 1.5, 'two'])('a decimal of %s digits after the point is none, but bytes', async (scale) => {
  const type = { type: 'bytes', logicalType: 'decimal', precision: 4, scale };
  expect(await linesOf(fileOf({ schema: of(type), block: [2, 5] }))).toBe('{"v":"05"}\n');
});
