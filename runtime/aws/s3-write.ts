/** Objects of S3 written whole or not at all: in one request where they fit, else as parts side by side. */

import { randomUUID } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { PutObjectCommand, UploadPartCommand, type S3Client } from '@aws-sdk/client-s3';
import { TransientError } from '../../core/errors.ts';
import type { WriteOptions } from '../ports.ts';
import { ask, statusOf } from './aws-errors.ts';
import { assemble } from './s3-multipart.ts';
import { partBytesFor, rangesOf, type Parts } from './s3-parts.ts';
import { placeOf } from './s3-place.ts';
import { head } from './s3-read.ts';

/** Says which write made an object: one whose answer was lost knows its own work by it. */
const WRITE = 'sluice-write';

/** Times that a conditional write is tried again because another one was under way, and the first pause, doubled each time. */
const TRIES = 6;
const PAUSE_MS = 25;

export async function writeObject(
  client: S3Client,
  uri: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { onlyIfAbsent = false }: WriteOptions,
  parts: Parts,
): Promise<boolean> {
  if (content instanceof Uint8Array && content.length <= parts.bytes) {
    return put(client, uri, content, onlyIfAbsent);
  }
  const blocks = regrouped(content instanceof Uint8Array ? [content] : content, parts.bytes);
  const first = await blocks.next();
  if (first.done || first.value.length < parts.bytes) {
    return put(client, uri, first.done ? new Uint8Array() : first.value, onlyIfAbsent);
  }
  return putParts(client, uri, resumed(first.value, blocks), onlyIfAbsent, parts.inFlight);
}

/** Brings a local file into the store. */
export async function uploadFile(client: S3Client, path: string, uri: string, parts: Parts): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size <= parts.bytes) await put(client, uri, await readRange(file, path, 0, size), false);
    else {
      const blocks = blocksOf(file, path, size, partBytesFor(size, parts.bytes));
      await putParts(client, uri, blocks, false, parts.inFlight);
    }
  } finally {
    await file.close();
  }
}

/** An object in one request. The SDK sends it again where no answer comes, so that `taken` may be by its own first try. */
async function put(client: S3Client, uri: string, Body: Uint8Array, onlyIfAbsent: boolean): Promise<boolean> {
  const token = randomUUID();
  const condition = onlyIfAbsent ? { IfNoneMatch: '*', Metadata: { [WRITE]: token } } : {};
  const request = { ...placeOf(uri), ...condition, Body };
  for (let tries = 1; ; tries++) {
    const outcome = await ask({ permission: 's3:PutObject', of: uri }, () =>
      client.send(new PutObjectCommand(request)).then(
        () => 'written' as const,
        (error: unknown) => {
          if (onlyIfAbsent && statusOf(error) === 412) return 'taken' as const;
          if (onlyIfAbsent && statusOf(error) === 409 && tries < TRIES) return 'busy' as const;
          throw error;
        },
      ),
    );
    if (outcome === 'written') return true;
    if (outcome === 'taken') return isWrittenBy(client, uri, token);
    await setTimeout(PAUSE_MS * 2 ** (tries - 1));
  }
}

async function putParts(
  client: S3Client,
  uri: string,
  parts: AsyncIterable<Uint8Array>,
  onlyIfAbsent: boolean,
  inFlight: number,
): Promise<boolean> {
  const token = randomUUID();
  return assemble(client, {
    place: placeOf(uri),
    create: { ChecksumAlgorithm: 'CRC32', Metadata: { [WRITE]: token } },
    onlyIfAbsent,
    parts,
    inFlight,
    async send(Body, target, abortSignal) {
      const part = new UploadPartCommand({ ...target, Body, ChecksumAlgorithm: 'CRC32' });
      const { ETag, ChecksumCRC32 } = await client.send(part, { abortSignal });
      return { ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) };
    },
    isMade: () => isWrittenBy(client, uri, token),
  });
}

/** @throws TransientError if it cannot be told now: then nobody may think that another's object is there. */
async function isWrittenBy(client: S3Client, uri: string, token: string): Promise<boolean> {
  return (await head(client, uri, {}))?.Metadata?.[WRITE] === token;
}

/** The same bytes in blocks of this size, of which only the last may be smaller; the given ones are not kept. */
async function* regrouped(
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, void> {
  let block = Buffer.allocUnsafeSlow(bytes);
  let filled = 0;
  for await (const given of content) {
    for (let at = 0; at < given.length;) {
      const taken = given.subarray(at, at + bytes - filled);
      block.set(taken, filled);
      at += taken.length;
      filled += taken.length;
      if (filled < bytes) break;
      yield block;
      block = Buffer.allocUnsafeSlow(bytes);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

async function* resumed<T>(first: T, rest: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  yield first;
  yield* rest;
}

async function* blocksOf(
  file: FileHandle,
  path: string,
  size: number,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  for (const [from, to] of rangesOf(0, size, bytes)) yield await readRange(file, path, from, to);
}

async function readRange(file: FileHandle, path: string, from: number, to: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(to - from);
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0)
      throw new TransientError(`${path} became shorter while it was brought to the store.`);
    at += bytesRead;
  }
  return bytes;
}
