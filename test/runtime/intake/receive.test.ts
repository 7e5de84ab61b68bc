/** What fails on the way to an object is never a judgement on it. */

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { intake } from '../../../runtime/intake/intake.ts';
import { bytesOf } from '../../support/formats.ts';
import { DECODED } from '../../support/intake.ts';
import { memoryFiles } from '../../support/memory-files.ts';

const options = { limits: defaultLimits, decodedTo: DECODED, onProgress: () => {} };

it('an object is read as it is needed, and is at no time in memory whole', async () => {
  const text = `a\n${Array.from({ length: 50_000 }, (_, i) => `${(i * 7919) % 65_537}\n`).join('')}`;
  const files = memoryFiles({ x: gzipSync(text) }, 1000);
  let done = 0;
  let atFirst: number | undefined;
  const watched = {
    ...files,
    write: (uri: string, content: Uint8Array | AsyncIterable<Uint8Array>) =>
      files.write(
        uri,
        (async function* () {
          for await (const block of content as AsyncIterable<Uint8Array>) {
            atFirst ??= done;
            yield block;
          }
        })(),
      ),
  };
  const onProgress = (at: number): void => void (done = at);
  const result = await intake(watched, { uri: 'x' }, csv(), { ...options, onProgress });
  expect(result).toMatchObject({ records: 50_000, bytes: done });
  expect(atFirst).toBeLessThan(done);
});

it('an object that is too large is read no further than it is hashed', async () => {
  const seen: number[] = [];
  const result = await intake(memoryFiles({ x: bytesOf('a\n123456789\n') }, 2), { uri: 'x' }, csv(), {
    ...options,
    limits: { ...defaultLimits, objectBytes: 5 },
    onProgress: (done) => void seen.push(done),
  });
  expect([result, seen]).toEqual([expect.objectContaining({ bytes: 12 }), [2, 4, 6]]);
});

describe('a failure of the store', () => {
  const one = { uri: '/in/object' };
  const good = { '/in/object': bytesOf('a,b\n1,2\n3,"4') };

  it('is never a judgement on the object: what the store throws comes through as it is', async () => {
    const failure = new Error('the disk is on fire');
    const files = memoryFiles(good);
    const failing = {
      ...files,
      read: async function* () {
        yield bytesOf('a,b\n1,');
        throw failure;
      },
    };
    await expect(intake(failing, one, csv(), options)).rejects.toBe(failure);
  });

  it('is an object that is gone, or not the one that the run was started for', async () => {
    const changed = expect.objectContaining({ name: 'ObjectChangedError' });
    await expect(intake(memoryFiles(), one, csv(), options)).rejects.toThrow(changed);
    const other = { ...one, version: 'v0' };
    await expect(intake(memoryFiles(good), other, csv(), options)).rejects.toThrow(changed);
    // A store that gives what it has, whatever version it is asked for.
    const files = memoryFiles(good);
    const careless = { ...files, read: () => files.read(one.uri) };
    await expect(intake(careless, other, csv(), options)).rejects.toThrow(changed);
  });

  it('is an object that gives more bytes than it has, where no more of them are hashed', async () => {
    const files = memoryFiles(good);
    const more = {
      ...files,
      read: async function* () {
        yield bytesOf(`${'x'.repeat(20)}`);
        yield bytesOf('y');
      },
    };
    const few = { ...options, limits: { ...defaultLimits, objectBytes: 5 } };
    await expect(intake(more, one, csv(), few)).rejects.toThrow(
      expect.objectContaining({ name: 'TransientError' }),
    );
  });

  it('is a decompressed copy that is not as long as what was written', async () => {
    const files = memoryFiles({ '/in/object': gzipSync('a,b\n1,2\n') });
    for (const change of [(size: number) => size - 1, (size: number) => size + 1, undefined]) {
      const lossy = {
        ...files,
        stat: async (uri: string, version?: string) => {
          const info = await files.stat(uri, version);
          if (uri !== DECODED || info === undefined) return info;
          return change && { ...info, size: change(info.size) };
        },
      };
      await expect(intake(lossy, one, csv(), options)).rejects.toThrow(
        expect.objectContaining({ name: 'ObjectChangedError' }),
      );
    }
    const empty = { ...files, write: async () => true };
    await expect(intake(empty, one, csv(), options)).rejects.toThrow(
      `${DECODED}, just written, is not what was written; try again.`,
    );
    expect(await intake(files, one, csv(), options)).toMatchObject({ records: 1 });
  });

  it.each([
    ['fewer', 'a,b\n1,2\n3'],
    ['more', 'a,b\n1,2\n3,4\n5,"6'],
  ])('is an object that gives %s bytes than it has, although these would be rejected', async (_, text) => {
    const files = memoryFiles(good);
    const cut = {
      ...files,
      read: async function* () {
        yield bytesOf(text);
      },
    };
    await expect(intake(cut, one, csv(), options)).rejects.toThrow(
      expect.objectContaining({ name: 'TransientError' }),
    );
  });

  it('is released: the store is told that no more is read', async () => {
    const files = memoryFiles(good);
    let closed = 0;
    const watched = {
      ...files,
      read: async function* () {
        try {
          yield* files.read('/in/object');
        } finally {
          closed++;
        }
      },
    };
    await intake(watched, one, csv(), options);
    await intake(watched, one, csv(), { ...options, limits: { ...defaultLimits, objectBytes: 1 } });
    expect(closed).toBe(2);
  });
});
