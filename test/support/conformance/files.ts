/** What every implementation of the port Files must do. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ObjectChangedError } from '../../../core/errors.ts';
import type { FileInfo, Files, ReadOptions } from '../../../runtime/ports.ts';

/** An empty store for one test: objects go under `root`; `scratch` is a local folder beside it. */
export interface FilesPlace {
  readonly files: Files;
  readonly root: string;
  readonly scratch: string;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const MB = 1024 * 1024;

export async function readAll(files: Files, uri: string, options?: ReadOptions): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(files.read(uri, options)));
}

async function* blocks(...parts: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

const namesUnder = async (files: Files, prefix: string): Promise<string[]> =>
  (await Array.fromAsync(files.list(prefix))).map(({ uri }) => uri.slice(prefix.length));

export function filesConformance(place: () => Promise<FilesPlace>): void {
  describe('as every store', () => {
    test('what is written is read back, described and listed', async () => {
      const { files, root } = await place();
      const uri = `${root}/a/b.txt`;
      expect(await files.stat(uri)).toBeUndefined();
      expect(await files.write(uri, bytes('hello'))).toBe(true);
      expect((await readAll(files, uri)).toString()).toBe('hello');
      const info = (await files.stat(uri)) as FileInfo;
      expect(info).toMatchObject({ uri, size: 5 });
      expect(await Array.fromAsync(files.list(`${root}/`))).toEqual([info]);
    });

    test('a folder is no object, and nothing lies below an object', async () => {
      const { files, root } = await place();
      await files.write(`${root}/a/b`, bytes('x'));
      expect(await files.stat(`${root}/a`)).toBeUndefined();
      expect(await files.stat(`${root}/a/b/c`)).toBeUndefined();
      await files.remove(`${root}/a/b/c`);
      expect(await namesUnder(files, `${root}/`)).toEqual(['a/b']);
    });

    test('any range of an object of several blocks', async () => {
      const { files, root } = await place();
      const uri = `${root}/big`;
      const size = 2 * MB + 12345;
      const content = Buffer.allocUnsafe(size);
      for (let i = 0; i < size; i++) content[i] = (i * 7 + (i >> 11) + (i >> 20)) & 255;
      await files.write(uri, blocks(content.subarray(0, 5), content.subarray(5)));
      const near = fc.oneof(
        fc.nat(size + 10),
        fc.constantFrom(0, 1, MB - 1, MB, MB + 1, 2 * MB, size - 1, size),
      );
      await fc.assert(
        fc.asyncProperty(near, near, async (start, end) => {
          const expected = content.subarray(start, Math.max(start, end));
          expect((await readAll(files, uri, { start, end })).equals(expected)).toBe(true);
          const copies: Buffer[] = [];
          for await (const block of files.read(uri, { start, end, reuse: true }))
            copies.push(Buffer.from(block));
          expect(Buffer.concat(copies).equals(expected)).toBe(true);
        }),
        { seed: 20261121, numRuns: 40 },
      );
      // What was read stays, where nobody said that it may be used again.
      expect(Buffer.concat(await Array.fromAsync(files.read(uri))).equals(content)).toBe(true);
      expect((await readAll(files, uri, { start: size - 3 })).equals(content.subarray(-3))).toBe(true);
    });

    test('reads side by side have memory of their own, also where it is used again', async () => {
      const { files, root } = await place();
      const contents = ['a', 'b', 'c'].map((letter) => Buffer.alloc(3 * MB + 5, letter));
      for (const [n, content] of contents.entries()) await files.write(`${root}/${n}`, content);
      // Each begins when one before has ended, while another goes on.
      for (const [first, second, third] of [
        [0, 1, 2],
        [2, 0, 1],
        [1, 2, 0],
      ] as const) {
        // prettier-ignore
        const slow = files.read(`${root}/${first}`, { reuse: true });
        let read = 0;
        for await (const block of slow) {
          const kept = block.toString();
          const others = [second, third].map(async (n) => {
            for await (const one of files.read(`${root}/${n}`, { reuse: true }))
              expect(one.every((byte) => byte === contents[n]![0])).toBe(true);
          });
          await Promise.all(others);
          expect(block.toString() === kept && block.every((byte) => byte === contents[first]![0])).toBe(true);
          read += block.length;
        }
        expect(read).toBe(contents[first]!.length);
      }
    });

    test('an object that is written again is replaced and has another version', async () => {
      const { files, root } = await place();
      const uri = `${root}/a`;
      await files.write(uri, bytes('one'));
      const first = await files.stat(uri);
      expect(await files.write(uri, bytes('two'))).toBe(true);
      expect((await files.stat(uri))?.version).not.toBe(first?.version);
      expect((await readAll(files, uri)).toString()).toBe('two');
    });

    test('reading what is gone, or of another version, says so', async () => {
      const { files, root } = await place();
      const uri = `${root}/a`;
      await expect(readAll(files, uri)).rejects.toThrow(ObjectChangedError);
      await files.write(uri, bytes('one'));
      const { version } = (await files.stat(uri)) as FileInfo;
      expect((await readAll(files, uri, { version })).toString()).toBe('one');
      await files.write(uri, bytes('two'));
      await expect(readAll(files, uri, { version })).rejects.toThrow(ObjectChangedError);
      await files.remove(uri);
      await expect(readAll(files, uri, { version })).rejects.toThrow(ObjectChangedError);
    });

    test('onlyIfAbsent writes once, and leaves what is there untouched', async () => {
      const { files, root } = await place();
      const uri = `${root}/a`;
      expect(await files.write(uri, bytes('one'), { onlyIfAbsent: true })).toBe(true);
      const before = await files.stat(uri);
      expect(await files.write(uri, bytes('other'), { onlyIfAbsent: true })).toBe(false);
      expect(await files.stat(uri)).toEqual(before);
      expect((await readAll(files, uri)).toString()).toBe('one');
    });

    test('of twenty writers at once with onlyIfAbsent exactly one wins, and its content is there', async () => {
      const { files, root } = await place();
      for (let round = 0; round < 5; round++) {
        const uri = `${root}/round-${round}`;
        const won = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            files.write(uri, bytes(`writer ${i}`), { onlyIfAbsent: true }),
          ),
        );
        expect(won.filter(Boolean)).toHaveLength(1);
        expect((await readAll(files, uri)).toString()).toBe(`writer ${won.indexOf(true)}`);
      }
      expect(await namesUnder(files, `${root}/`)).toHaveLength(5);
    });

    test('a write that breaks off leaves nothing, and what was there stays', async () => {
      const { files, root } = await place();
      const broken = () => blocks(bytes('new, but only a pa'), new Error('the source broke off'));
      await expect(files.write(`${root}/a`, broken())).rejects.toThrow('the source broke off');
      expect(await namesUnder(files, `${root}/`)).toEqual([]);
      await files.write(`${root}/a`, bytes('old'));
      await expect(files.write(`${root}/a`, broken())).rejects.toThrow('the source broke off');
      expect((await readAll(files, `${root}/a`)).toString()).toBe('old');
      expect(await namesUnder(files, `${root}/`)).toEqual(['a']);
    });

    test('a reader never sees a part of an object that is written meanwhile', async () => {
      const { files, root } = await place();
      const uri = `${root}/a`;
      const part = Buffer.alloc(MB, 'n');
      await files.write(uri, bytes('old'));
      const seen: number[] = [];
      async function* watched(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 3; i++) {
          yield part;
          seen.push((await readAll(files, uri)).length, (await namesUnder(files, `${root}/`)).length);
        }
      }
      await files.write(uri, watched());
      expect(seen).toEqual([3, 1, 3, 1, 3, 1]);
      expect((await files.stat(uri))?.size).toBe(3 * MB);
    });

    test('listing is recursive, by prefix, in the order of URIs', async () => {
      const { files, root } = await place();
      const names = ['a-b', 'a/b', 'a/b.c/d', 'a/b/c', 'a.b', 'a0', 'B', 'é', 'z', 'ￕ', '😀'];
      const there = names.filter((name) => name !== 'a/b');
      for (const name of there.toReversed()) await files.write(`${root}/in/${name}`, bytes(name));
      await files.write(`${root}/in-other/x`, bytes('x'));
      expect(await namesUnder(files, `${root}/in/`)).toEqual(
        there.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      expect(await namesUnder(files, `${root}/in/a/b/`)).toEqual(['c']);
      expect(await namesUnder(files, `${root}/nowhere/`)).toEqual([]);
    });

    test('a name is data: spaces, marks of patterns and of URLs stand for themselves', async () => {
      const { files, root } = await place();
      const names = [
        'a b',
        'a+b',
        'a%20b',
        '100%',
        "it's",
        '[1]*?',
        'a=b;c',
        '#x',
        'naïve/ü 😀',
        '.hidden',
        '…',
      ];
      for (const name of names) await files.write(`${root}/${name}`, bytes(name));
      for (const name of names) expect((await readAll(files, `${root}/${name}`)).toString()).toBe(name);
      expect((await namesUnder(files, `${root}/`)).toSorted()).toEqual(names.toSorted());
    });

    test('upload and download bring a file in and out; a copy stands alone', async () => {
      const { files, root, scratch } = await place();
      const local = join(scratch, 'made.bin');
      await mkdir(dirname(local), { recursive: true });
      await writeFile(local, 'made by the engine');
      await files.upload(local, `${root}/t/made.bin`);
      await files.copy(`${root}/t/made.bin`, `${root}/u/copy.bin`);
      await files.write(`${root}/t/made.bin`, bytes('changed'));
      expect((await readAll(files, `${root}/u/copy.bin`)).toString()).toBe('made by the engine');
      const back = join(scratch, 'deeper', 'back.bin');
      await files.download(`${root}/u/copy.bin`, back);
      await writeFile(back, 'the engine may write here');
      expect((await readAll(files, `${root}/u/copy.bin`)).toString()).toBe('made by the engine');
      await expect(files.download(`${root}/none`, join(scratch, 'none'))).rejects.toThrow(ObjectChangedError);
      await expect(files.copy(`${root}/none`, `${root}/v`)).rejects.toThrow(ObjectChangedError);
      expect(await files.stat(`${root}/v`)).toBeUndefined();
      await expect(readFile(join(scratch, 'none'))).rejects.toThrow('ENOENT');
    });

    test('removing removes that object alone, and once is as good as twice', async () => {
      const { files, root } = await place();
      await files.write(`${root}/a/b`, bytes('x'));
      await files.write(`${root}/a/b.c`, bytes('y'));
      await files.remove(`${root}/a/b`);
      await files.remove(`${root}/a/b`);
      expect(await namesUnder(files, `${root}/`)).toEqual(['a/b.c']);
    });

    test('removing all under a prefix leaves its neighbours, and works where nothing is', async () => {
      const { files, root } = await place();
      for (const name of ['a/b', 'a/c/d', 'ab', 'b/a/x']) await files.write(`${root}/${name}`, bytes('x'));
      await files.removeAll(`${root}/a/`);
      await files.removeAll(`${root}/a/`);
      await files.removeAll(`${root}/none/`);
      expect(await namesUnder(files, `${root}/`)).toEqual(['ab', 'b/a/x']);
      await expect(files.removeAll(`${root}/b`)).rejects.toThrow('ends with a slash');
    });
  });
}
