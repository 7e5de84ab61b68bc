/** The bytes of one object as they were received: read once, in order, counted and hashed on the way. */

import { createHash } from 'node:crypto';
import { ObjectChangedError, TransientError } from '../../core/errors.ts';
import type { Files } from '../ports.ts';

export interface Reception {
  /** Bytes that the store says the object has. */
  readonly size: number;
  readonly version: string;
  /** Bytes read so far. */
  readonly bytes: number;
  /**
   * The blocks not read yet, each good until the next is asked for. Leaving early loses nothing: another call goes on where
   * this one stopped.
   */
  blocks(): AsyncGenerator<Uint8Array, void>;
  /**
   * Reads to the end, or until there is nothing more to hash.
   * @returns SHA-256 in hexadecimal of the bytes, of a larger object than `hashed` of so many of them.
   * @throws TransientError if the store gave another number of bytes than it said.
   */
  finish(): Promise<string>;
  /** Lets go of the object; blocks that were not read stay unread. */
  close(): Promise<void>;
}

/**
 * @param hashed bytes at most that are hashed.
 * @throws ObjectChangedError if the object is not there, or not in the version that is asked for.
 */
export async function receive(
  files: Files,
  object: { readonly uri: string; readonly version?: string | undefined },
  hashed: number,
  onProgress: (done: number, total: number) => void,
): Promise<Reception> {
  const info = await files.stat(object.uri, object.version);
  if (info === undefined) {
    throw new ObjectChangedError(
      `${object.uri} is not there; it was removed after the run was started for it.`,
    );
  }
  const version = object.version ?? info.version;
  if (version !== info.version) {
    throw new ObjectChangedError(
      `${object.uri} has version ${info.version}, and the run was started for version ${version}.`,
    );
  }
  const source = files.read(object.uri, { version, reuse: true })[Symbol.asyncIterator]();
  const hash = createHash('sha256');
  let bytes = 0;
  let isAtEnd = false;

  async function* blocks(): AsyncGenerator<Uint8Array, void> {
    while (!isAtEnd) {
      const next = await source.next();
      if (next.done) {
        isAtEnd = true;
        return;
      }
      if (bytes < hashed) hash.update(next.value.subarray(0, hashed - bytes));
      bytes += next.value.length;
      onProgress(bytes, info!.size);
      yield next.value;
    }
  }

  return {
    size: info.size,
    version,
    get bytes() {
      return bytes;
    },
    blocks,
    async finish() {
      for await (const _ of blocks()) if (bytes >= hashed) break;
      if (isAtEnd ? bytes !== info.size : bytes > info.size) {
        throw new TransientError(
          `${object.uri} has ${info.size} bytes, and ${bytes} came. The store or the way to it failed; try again.`,
        );
      }
      return hash.digest('hex');
    },
    async close() {
      if (!isAtEnd) await source.return?.();
      isAtEnd = true;
    },
  };
}
