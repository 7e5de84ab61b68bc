/** Intake: one streaming pass over an object, from bytes as received to chunks that the engine may safely read. */

import { stat } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { LimitExceededError, ObjectChangedError, ObjectRejectedError } from '../../core/errors.ts';
import type { Expected, Format, Found, Header } from '../../core/formats/format.ts';
import type { Limits } from '../../core/limits.ts';
import type { Files } from '../ports.ts';
import type { Chunk } from '../values.ts';
import type { Decoded } from './chunk-bytes.ts';
import type { Conversion, Kept } from './converter.ts';
import { converters } from './converters.ts';
import { cutter, type Cut } from './cutter.ts';
import { codecOf, CODEC_BYTES } from './decompress.ts';
import { NothingNew } from './nothing-new.ts';
import { receive, type Reception } from './receive.ts';

export interface IntakeOptions {
  readonly limits: Limits;
  /** The fields that the definition asks for, by which it is told what the format leaves open. Default: none. */
  readonly expected?: Expected;
  /** What a converter needs beside the object, for formats that have one. */
  readonly converting?: Pick<Conversion, 'columns' | 'inEngine'>;
  /** Where the decompressed copy of a compressed object is kept; nothing is written for others. */
  readonly decodedTo: string;
  /** Told of the bytes as received: how many were read, of how many. */
  onProgress(done: number, total: number): void;
  /** Milliseconds on a clock that never jumps, for the limit on time. Default: the process's. */
  now?(): number;
}

interface Received {
  /** Bytes as received. */
  readonly bytes: number;
  readonly version: string;
  /** SHA-256 in hexadecimal of the bytes as received; of an object over `limits.objectBytes`, of so many of them. */
  readonly sha256: string;
}

export interface TakenIn extends Received {
  readonly decoded: Decoded;
  /** What the definition leaves open and the first bytes told. */
  readonly found: Found;
  /** Its `bytes` do not count a byte order mark. */
  readonly header: Header;
  readonly records: number;
  /** None where there are no records; offsets are into the decoded bytes. */
  readonly chunks: readonly Chunk[];
  readonly warnings: readonly string[];
}

export interface NotTakenIn extends Received {
  /** Why the object as a whole cannot be trusted. */
  readonly rejected: ObjectRejectedError;
}

export interface NotToBeTaken extends Received {
  /** Why there is nothing to load: a sentence. */
  readonly nothingNew: string;
}

export type IntakeResult = TakenIn | NotTakenIn | NotToBeTaken;

/**
 * Hashes, decompresses, counts and cuts an object in one pass. An object that cannot be trusted is an answer, not an
 * error, and leaves no copy behind.
 * @throws ObjectChangedError if the object is not there in the version asked for; TransientError if the store gave
 * another number of bytes than it said; LimitExceededError if it takes longer than `limits.stageSeconds`; and whatever
 * else the store throws.
 */
export async function intake(
  files: Files,
  object: { readonly uri: string; readonly version?: string | undefined },
  format: Format,
  options: IntakeOptions,
): Promise<IntakeResult> {
  const { limits } = options;
  const inTime = timeLimit(object.uri, options);
  const received = await receive(files, object, limits.objectBytes, (done, total) => {
    inTime();
    options.onProgress(done, total);
  });
  const { size: bytes, version } = received;
  try {
    try {
      const { decoded, cut } = await readWhole(files, object.uri, received, format, { ...options, inTime });
      const sha256 = await received.finish();
      const { found, header, records, chunks } = cut;
      return { bytes, version, sha256, decoded, found, header, records, chunks, warnings: warningsOf(cut) };
    } catch (error) {
      if (error instanceof NothingNew)
        return { nothingNew: error.message, bytes, version, sha256: await received.finish() };
      if (!(error instanceof ObjectRejectedError)) throw error;
      return { rejected: error, bytes, version, sha256: await received.finish() };
    }
  } finally {
    await received.close();
  }
}

interface Whole {
  readonly decoded: Decoded;
  readonly cut: Cut;
}

async function readWhole(
  files: Files,
  uri: string,
  received: Reception,
  format: Format,
  options: IntakeOptions & { inTime(): void },
): Promise<Whole> {
  const { limits, expected, decodedTo, inTime } = options;
  const { size, version } = received;
  if (size > limits.objectBytes) {
    throw new ObjectRejectedError(
      'object.too_large',
      `The object has ${size} bytes; the limit (objectBytes) is ${limits.objectBytes}. Deliver it in parts.`,
    );
  }
  const head = await firstBytes(received);
  const converter = format.converter === undefined ? undefined : converters[format.converter]!;
  const codec = codecOf(head, uri);
  const cutting = cutter(format, limits, expected);
  if (codec === undefined && converter === undefined) {
    for await (const block of followedBy(head, received)) cutting.push(block);
    const cut = cutting.end();
    return { cut, decoded: { uri, version, bytes: cut.bytes } };
  }
  const object = {
    size,
    blocks: () => copied(followedBy(head, received)),
    range: (start: number, end: number) => files.read(uri, { start, end, version }),
  };
  let cut: Cut | undefined;
  let failure: unknown;
  // Judged while it is written: a rejection ends the write, which then leaves nothing behind.
  async function* judged(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const block of blocks) {
        inTime(); // A few received bytes may become many blocks.
        cutting.push(block);
        yield block;
      }
      cut = cutting.end();
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  const take = async (blocks: AsyncIterable<Uint8Array>): Promise<void> => {
    await files.write(decodedTo, judged(blocks));
  };
  let isReceived = false;
  const keep = async (path: string, { found, records, chunks }: Kept): Promise<void> => {
    isReceived = codec === undefined;
    const { size: bytes } = await stat(path);
    if (!isReceived) await files.upload(path, decodedTo);
    const header = { fields: null, bytes: 0 };
    cut = { found, header, records, chunks: [...chunks], bytes, apart: [] };
  };
  const plain = codec === undefined ? object : { ...object, blocks: () => codec.open(object, limits) };
  try {
    if (converter === undefined) {
      await take(plain.blocks());
    } else {
      const { columns, inEngine } = options.converting!;
      const said: string[] = [];
      const conversion = {
        uri,
        files,
        object: plain,
        columns,
        format,
        options: format.options,
        limits,
        say: (words: string) => void said.push(words),
        inEngine,
      };
      const records = await converter.convert(conversion, take, keep);
      if (cut !== undefined && said.length > 0) cut = { ...cut, apart: [...cut.apart, ...said] };
      if (cut?.records !== records) {
        if (!isReceived) await files.remove(decodedTo);
        throw new ObjectRejectedError(
          'object.unreadable',
          `The object says that it has ${records} records, and ${cut?.records} were read of it. It is damaged; deliver it again.`,
        );
      }
    }
  } catch (error) {
    throw failure ?? error;
  }
  if (isReceived) return { cut: cut!, decoded: { uri, version, bytes: size } };
  const copy = await files.stat(decodedTo);
  if (cut === undefined || copy === undefined || copy.size !== cut.bytes) {
    throw new ObjectChangedError(`${decodedTo}, just written, is not what was written; try again.`);
  }
  return { cut, decoded: { uri: decodedTo, version: copy.version, bytes: copy.size } };
}

/** What throws once the time of the stage is over; asked at each block. */
function timeLimit(
  uri: string,
  { limits: { stageSeconds }, now = () => performance.now() }: IntakeOptions,
): () => void {
  const start = now();
  return () => {
    if (now() - start <= stageSeconds * 1000) return;
    throw new LimitExceededError(
      `${uri} is read for longer than ${stageSeconds} seconds (the limit stageSeconds, in core/limits.ts). ` +
        'Deliver it in parts, or raise the limit where the stage may run longer.',
    );
  };
}

/** As many bytes as say how the object is compressed, or all that there are. */
async function firstBytes(received: Reception): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  for await (const block of received.blocks()) {
    head = Buffer.concat([head, block]);
    if (head.length >= CODEC_BYTES) break;
  }
  return head;
}

async function* followedBy(head: Uint8Array, received: Reception): AsyncGenerator<Uint8Array, void> {
  yield head;
  yield* received.blocks();
}

/** For those who keep blocks for a while, as a stream does. */
async function* copied(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for await (const block of blocks) yield new Uint8Array(block);
}

function warningsOf({ bytes, records, header, apart }: Cut): string[] {
  if (records > 0) return [...apart];
  if (bytes === 0) return ['The object is empty: it has 0 bytes and no records.'];
  const isNamed = header.bytes > 0 && header.fields !== null && header.fields.length > 0;
  return [`The object has ${isNamed ? 'a header and no records' : 'no records'}.`, ...apart];
}
