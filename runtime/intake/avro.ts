/** Avro object container files as JSON lines: block by block, each proved by its own count, length and mark. */

import { crc32, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { ObjectRejectedError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import { bindAvro } from './avro-columns.ts';
import { avroReading, type AvroReading } from './avro-reading.ts';
import { recordSchema } from './avro-schema.ts';
import { avroWriter } from './avro-values.ts';
import { blowUp } from './blow-up.ts';
import { byteReader, type ByteReader } from './byte-reader.ts';
import type { Converter } from './converter.ts';
import { unsnap } from './unsnap.ts';

const MAGIC = 'Obj\u0001';
const SYNC_BYTES = 16;
const OUT_BYTES = 256 * 1024;

export const avro: Converter = Object.freeze({
  async convert({ object, columns, limits }, take) {
    const reader = byteReader(object.blocks(), truncated);
    let records = 0;
    const more = blowUp('Avro', limits);
    async function* lines(): AsyncGenerator<Uint8Array, void> {
      const magic = await reader.atMost(4);
      if (magic.length < 4 && MAGIC.startsWith(magic.toString('latin1'))) throw truncated();
      if (magic.toString('latin1') !== MAGIC) {
        throw new ObjectRejectedError(
          'object.format',
          'Expected an Avro file, which starts with "Obj" and the byte 1, found something else.',
        );
      }
      const meta = await metadata(reader, limits);
      const sync = await reader.exactly(SYNC_BYTES);
      const unpack = codecs.get(meta.codec);
      if (unpack === undefined) {
        throw unreadable(
          `its blocks are compressed with ${JSON.stringify(meta.codec)}; there are ${[...codecs.keys()].join(', ')}`,
        );
      }
      const schema = recordSchema(meta.schema);
      const write = avroWriter(schema, bindAvro(schema, columns));
      const most = limits.chunkBytes + limits.recordBytes;
      for (;;) {
        const first = await reader.atMost(1);
        if (first.length === 0) return;
        const count = await long(reader, first[0]!);
        const size = await long(reader);
        if (count < 0 || size < 0) throw unreadable('a block says that it is less than nothing');
        if (size > most) throw tooLarge(most);
        const packed = await reader.exactly(size);
        if (!(await reader.exactly(SYNC_BYTES)).equals(sync))
          throw unreadable('the mark at the end of a block is not the file’s');
        const block = unpacked(() => unpack(packed, most));
        for (const text of linesOf(block, count, write)) {
          const out = Buffer.from(text);
          more(out.length, reader.read);
          yield out;
        }
        records += count;
      }
    }
    await take(lines());
    return records;
  },
} satisfies Converter);

/** Reads records until the block has no more bytes: how many there are must be what the block says. */
function* linesOf(
  block: Uint8Array,
  count: number,
  write: (reading: AvroReading) => string,
): Generator<string> {
  const reading = avroReading(block);
  let read = 0;
  let out = '';
  while (reading.at < block.length || (read < count && reading.at === block.length)) {
    const before = reading.at;
    out += `${write(reading)}\n`;
    read++;
    if (reading.at === before && before < block.length)
      throw unreadable('a block has bytes that no record needs');
    if (out.length >= OUT_BYTES) {
      yield out;
      out = '';
    }
  }
  if (read !== count) {
    throw unreadable(`a block says that it has ${count} records, and its bytes are not so many`);
  }
  if (out !== '') yield out;
}

type Unpack = (packed: Uint8Array, most: number) => Uint8Array;

const codecs: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['null', (packed) => packed],
  ['deflate', (packed, most) => inflateRawSync(packed, { maxOutputLength: most })],
  ['zstandard', (packed, most) => zstdDecompressSync(packed, { maxOutputLength: most })],
  ['snappy', unsnapped],
]);

function unsnapped(packed: Uint8Array, most: number): Uint8Array {
  const whole = unsnap(packed.subarray(0, -4), most);
  const said = Buffer.from(packed.subarray(-4)).readUInt32BE(0);
  if (crc32(whole) === said) return whole;
  throw new ObjectRejectedError(
    'object.checksum',
    'A block of the Avro file does not have the checksum that it says it has: it was changed on the way. Deliver it again.',
  );
}

function unpacked(unpack: () => Uint8Array): Uint8Array {
  try {
    return unpack();
  } catch (error) {
    if (error instanceof ObjectRejectedError) throw error;
    throw unreadable(`a block cannot be decompressed (${(error as Error).message})`, error);
  }
}

async function metadata(reader: ByteReader, limits: Limits): Promise<{ schema: string; codec: string }> {
  const found = new Map<string, string>();
  for (;;) {
    let count = await long(reader);
    if (count === 0) break;
    if (count < 0) {
      count = -count;
      await long(reader);
    }
    for (let i = 0; i < count; i++) {
      const name = await sized(reader, limits);
      found.set(name.toString('utf8'), (await sized(reader, limits)).toString('utf8'));
    }
  }
  const schema = found.get('avro.schema');
  if (schema === undefined) throw unreadable('it brings no schema');
  return { schema, codec: found.get('avro.codec') ?? 'null' };
}

async function sized(reader: ByteReader, limits: Limits): Promise<Buffer> {
  const size = await long(reader);
  if (size < 0 || size > limits.headerBytes || reader.read > 4 * limits.headerBytes) {
    throw unreadable(`its header has more than ${limits.headerBytes} bytes (the limit headerBytes)`);
  }
  return reader.exactly(size);
}

/** A number in as few bytes as it needs, up to what is counted exactly. */
async function long(reader: ByteReader, first?: number): Promise<number> {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 8; i++) {
    const byte = i === 0 && first !== undefined ? first : (await reader.exactly(1))[0]!;
    value += (byte & 0x7f) * scale;
    if ((byte & 0x80) === 0) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
  throw unreadable('a length is no length');
}

const truncated = (): ObjectRejectedError =>
  new ObjectRejectedError('object.truncated', 'The Avro file ends in the middle; deliver it again.');

const tooLarge = (most: number): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.too_large',
    `A block of the Avro file has more than ${most} bytes (the limits recordBytes and chunkBytes). Write smaller blocks.`,
  );

const unreadable = (why: string, cause?: unknown): ObjectRejectedError =>
  new ObjectRejectedError('object.unreadable', `The Avro file cannot be read: ${why}. Deliver it again.`, {
    cause,
  });
