/** Files in memory, for tests of what reads and writes them; `blockBytes` is the size of the blocks that a read gives. */

import { readFile, writeFile } from 'node:fs/promises';
import { ObjectChangedError } from '../../core/errors.ts';
import type { FileInfo, Files } from '../../runtime/ports.ts';

export interface MemoryFiles extends Files {
  readonly contents: Map<string, Uint8Array>;
}

export function memoryFiles(
  initial: Readonly<Record<string, Uint8Array>> = {},
  blockBytes = 64 * 1024,
): MemoryFiles {
  const contents = new Map(Object.entries(initial));
  const versions = new WeakMap<Uint8Array, string>();
  let last = 0;
  const infoOf = (uri: string): FileInfo | undefined => {
    const bytes = contents.get(uri);
    if (bytes === undefined) return undefined;
    if (!versions.has(bytes)) versions.set(bytes, `v${++last}`);
    return { uri, size: bytes.length, version: versions.get(bytes)! };
  };
  const must = (uri: string, version?: string): Uint8Array => {
    const info = infoOf(uri);
    if (info === undefined) throw new ObjectChangedError(`${uri} is gone.`);
    if (version !== undefined && info.version !== version)
      throw new ObjectChangedError(`${uri} has changed.`);
    return contents.get(uri)!;
  };
  const write: Files['write'] = async (uri, content, options) => {
    if (options?.onlyIfAbsent && contents.has(uri)) return false;
    const parts: Uint8Array[] = [];
    if (content instanceof Uint8Array) parts.push(content);
    else for await (const part of content) parts.push(Uint8Array.from(part));
    contents.set(uri, Buffer.concat(parts));
    return true;
  };
  return {
    contents,
    stat: async (uri) => infoOf(uri),
    async *read(uri, { start = 0, end, version, reuse = false } = {}) {
      const bytes = must(uri, version);
      const same = infoOf(uri)!.version;
      const stop = Math.min(end ?? bytes.length, bytes.length);
      for (let at = start; at < stop; at += blockBytes) {
        const block = must(uri, same).subarray(at, Math.min(at + blockBytes, stop));
        const given = reuse ? Uint8Array.from(block) : block;
        yield given;
        if (reuse) given.fill(0xaa);
      }
      // A change in the midst of a read is found at its end at the latest, as on disk.
      must(uri, same);
    },
    write,
    async upload(path, uri) {
      contents.set(uri, await readFile(path));
    },
    async download(uri, path) {
      await writeFile(path, must(uri));
    },
    async copy(from, to, options) {
      contents.set(to, Uint8Array.from(must(from, options?.version)));
    },
    async *list(prefix) {
      for (const uri of [...contents.keys()].filter((u) => u.startsWith(prefix)).toSorted())
        yield infoOf(uri)!;
    },
    async removeAll(prefix) {
      for (const uri of contents.keys()) if (uri.startsWith(prefix)) contents.delete(uri);
    },
    async remove(uri) {
      contents.delete(uri);
    },
  };
}
