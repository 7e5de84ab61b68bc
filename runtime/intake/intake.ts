/** Intake: one streaming pass over an object, from bytes as received to chunks that the engine may safely read. */

import { performance } from 'node:perf_hooks';
import {
  LimitExceededError,
  ObjectChangedError,
  ObjectRejectedError,
  TransientError,
} from '../../core/errors.ts';
import type { Format, Header } from '../../core/formats/format.ts';
import type { Limits } from '../../core/limits.ts';
import type { Files } from '../ports.ts';
import type { Chunk, Manifest } from '../values.ts';
import { cutter, type Cut } from './cutter.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { receive, type Reception } from './receive.ts';

export interface IntakeOptions {
  readonly limits: Limits;
  /** Where the decompressed copy of a compressed object is kept; nothing is written for others. */
  readonly decodedTo: string;
  /** Told of the bytes as received: how many were read, of how many. */
  onProgress(done: number, total: number): void;
  /** Milliseconds on a clock that never jumps, for the limit on time. Default: the process's. */
  now?(): number;
}

/** Where the decoded bytes are: the object itself, or the copy made while decompressing. */
export type Decoded = Manifest['object']['decoded'];

interface Received {
  /** Bytes as received. */
  readonly bytes: number;
  readonly version: string;
  /** SHA-256 in hexadecimal of the bytes as received; of an object over `limits.objectBytes`, of so many of them. */
  readonly sha256: string;
}

export interface TakenIn extends Received {
  readonly decoded: Decoded;
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

export type IntakeResult = TakenIn | NotTakenIn;

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
      const { header, records, chunks } = cut;
      return { bytes, version, sha256, decoded, header, records, chunks, warnings: warningsOf(cut) };
    } catch (error) {
      if (!(error instanceof ObjectRejectedError)) throw error;
      return { rejected: error, bytes, version, sha256: await received.finish() };
    }
  } finally {
    await received.close();
  }
}

/**
 * The bytes of a chunk.
 * @throws ObjectChangedError if the decoded bytes are no longer what they were.
 */
export async function readChunk(
  files: Files,
  decoded: Decoded,
  chunk: Pick<Chunk, 'start' | 'end'>,
): Promise<Uint8Array> {
  const { start, end } = chunk;
  const bytes = new Uint8Array(end - start);
  let length = 0;
  for await (const block of files.read(decoded.uri, { start, end, version: decoded.version })) {
    if (length + block.length > bytes.length) length = Infinity;
    else bytes.set(block, length);
    length += block.length;
  }
  if (length !== bytes.length) {
    throw new TransientError(
      `${decoded.uri} gave another number of bytes than the ${bytes.length} from ${start} to ${end}; try again.`,
    );
  }
  return bytes;
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
  { limits, decodedTo, inTime }: IntakeOptions & { inTime(): void },
): Promise<Whole> {
  if (received.size > limits.objectBytes) {
    throw new ObjectRejectedError(
      'object.too_large',
      `The object has ${received.size} bytes; the limit (objectBytes) is ${limits.objectBytes}. Deliver it in parts.`,
    );
  }
  const { head, isCompressed } = await firstBytes(received, uri);
  const cutting = cutter(format, limits);
  const blocks = followedBy(head, received);
  if (!isCompressed) {
    for await (const block of blocks) cutting.push(block);
    const cut = cutting.end();
    return { cut, decoded: { uri, version: received.version, bytes: cut.bytes } };
  }
  let cut: Cut | undefined;
  let failure: unknown;
  // Judged while it is written: a rejection ends the write, which then leaves nothing behind.
  async function* judged(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const block of gunzip(blocks, limits)) {
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
  try {
    await files.write(decodedTo, judged());
  } catch (error) {
    throw failure ?? error;
  }
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

/** Reads until it can be said whether the object is compressed. @throws ObjectRejectedError if its name says so, wrongly. */
async function firstBytes(
  received: Reception,
  uri: string,
): Promise<{ head: Uint8Array; isCompressed: boolean }> {
  let head: Uint8Array = new Uint8Array(0);
  for await (const block of received.blocks()) {
    head = Buffer.concat([head, block]);
    if (head.length >= 2) break;
  }
  const isCompressed = isGzip(head) ?? false;
  if (isCompressed || !uri.endsWith('.gz')) return { head, isCompressed };
  if (head.length < 2) {
    throw new ObjectRejectedError(
      'object.truncated',
      `The object's name ends with .gz, and it has ${head.length} bytes; deliver it again.`,
    );
  }
  throw new ObjectRejectedError(
    'object.unreadable',
    "The object's name ends with .gz, and its bytes are not gzip. Compress it, or name it without .gz.",
  );
}

async function* followedBy(head: Uint8Array, received: Reception): AsyncGenerator<Uint8Array, void> {
  yield head;
  yield* received.blocks();
}

function warningsOf({ bytes, records, header }: Cut): string[] {
  if (records > 0) return [];
  if (bytes === 0) return ['The object is empty: it has 0 bytes and no records.'];
  const what = header.fields !== null && header.fields.length > 0 ? 'a header and no records' : 'no records';
  return [`The object has ${what}.`];
}
