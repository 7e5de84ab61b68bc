/** Objects of S3 read by ranges side by side, all of one version. */

import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { TransientError } from '../../core/errors.ts';
import type { ReadOptions } from '../ports.ts';
import { ask, isNamed, statusOf, translated, type Asked } from './aws-errors.ts';
import { boundTo, changed, pinOf, placeOf, type Pin } from './s3-place.ts';
import { rangesOf, type Parts } from './s3-parts.ts';
import { sideBySide } from './side-by-side.ts';

/** Times that a range is asked for whose bytes broke off: the SDK itself tries again only until an answer begins. */
const TRIES = 3;

/**
 * The bytes in blocks of a part each. The first range tells size and version; the others follow side by side, and are
 * of that version.
 */
export async function* readObject(
  client: S3Client,
  uri: string,
  { start = 0, end = Infinity, version }: ReadOptions,
  { bytes, inFlight }: Parts,
): AsyncGenerator<Uint8Array, void> {
  const pin = pinOf(uri, version);
  const first =
    end > start ? await getRange(client, uri, pin, start, Math.min(end, start + bytes)) : undefined;
  if (first === undefined) {
    if ((await head(client, uri, pin)) === undefined) throw changed(uri);
    return;
  }
  yield first.bytes;
  const ranges = rangesOf(start + first.bytes.length, Math.min(end, first.size), bytes);
  yield* sideBySide(ranges, inFlight, async ([from, to], signal) => {
    const range = await getRange(client, uri, first.pin, from, to, signal);
    if (range === undefined) throw changed(uri);
    return range.bytes;
  });
}

/** The object as it is now or in the version of the pin; undefined where there is none. */
export async function head(
  client: S3Client,
  uri: string,
  pin: Pin,
): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await client.send(new HeadObjectCommand({ ...placeOf(uri), ...pin }));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw translated(askedOf(uri, pin), error);
  }
}

interface Range {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly pin: Pin;
}

/** Undefined where the object ends before the range. */
async function getRange(
  client: S3Client,
  uri: string,
  pin: Pin,
  from: number,
  to: number,
  abortSignal?: AbortSignal,
): Promise<Range | undefined> {
  const input = { ...placeOf(uri), ...pin, Range: `bytes=${from}-${to - 1}` };
  const asked = askedOf(uri, pin);
  for (let tries = 1; ; tries++) {
    const answer = await ask(asked, () =>
      client.send(new GetObjectCommand(input), abortSignal ? { abortSignal } : {}).catch((error: unknown) => {
        if (statusOf(error) === 416) return undefined;
        throw isAbsent(error) ? changed(uri, error) : error;
      }),
    );
    if (answer === undefined) return undefined;
    let cause: unknown;
    try {
      const bytes = await answer.Body!.transformToByteArray();
      const told = spanOf(answer.ContentRange, answer.ContentLength ?? bytes.length);
      if (told.from <= from && told.to - told.from === bytes.length) {
        if (told.size <= from) return undefined;
        const asWanted = bytes.subarray(from - told.from, to - told.from);
        return { bytes: asWanted, size: told.size, pin: boundTo(pin, answer) };
      }
      cause = new Error(
        `${bytes.length} bytes came where ${told.to - told.from} from ${told.from} were told`,
      );
    } catch (error) {
      // Where this was stopped, the next request is refused before it is sent.
      cause = error;
    }
    if (tries < TRIES) continue;
    throw new TransientError(
      `${uri} broke off ${TRIES} times while it was read: ${(cause as Error).message}. Try again later.`,
      { cause },
    );
  }
}

/** An answer without a range is the whole object: some stores give that, whatever they were asked for. */
function spanOf(range: string | undefined, length: number): { from: number; to: number; size: number } {
  const [, from, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range ?? '') ?? [];
  return size === undefined
    ? { from: 0, to: length, size: length }
    : { from: Number(from), to: Number(last) + 1, size: Number(size) };
}

/** That there is no such object, or no such version of it: 405 is what a version that marks a removal answers. */
const isAbsent = (error: unknown): boolean =>
  [404, 405, 412].includes(statusOf(error) ?? 0) && !isNamed(error, 'NoSuchBucket');

const askedOf = (uri: string, { VersionId }: Pin): Asked => ({
  permission: VersionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion',
  of: uri,
});
