/** Objects as files on disk. What a name becomes in a store is decided elsewhere: a URI here is an absolute path. */

import { randomUUID } from 'node:crypto';
import { constants, type BigIntStats, type Dirent } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { ObjectChangedError, UsageError } from '../../core/errors.ts';
import type { FileInfo, Files, ReadOptions, WriteOptions } from '../ports.ts';
import { isCode, mapped } from './disk-errors.ts';

const BLOCK = 1024 * 1024;
/** Names of files that are being written: no object has such a name. */
export const UNFINISHED = /^\.sluice-[0-9a-f-]{36}\.tmp$/;

/**
 * The store of a laptop. An object's version is made of its modification time, size and inode, so a change that keeps
 * all three (a same-size edit in place within the clock's grain, a few milliseconds) is not seen.
 * Besides the port's errors, all calls throw TransientError where the disk is full or busy, and UsageError for a URI
 * that is not an absolute path.
 */
export function localFiles(): Files {
  return Object.freeze({
    stat: (uri) => mapped(() => statOf(uri)),
    read,
    write: (uri, content, options) => mapped(() => write(uri, content, options)),
    upload: (path, uri) => mapped(() => upload(path, uri)),
    // What an engine reads is lost with the engine: it need not survive a loss of power.
    download: (uri, path) => mapped(() => copyWhole(uri, path, undefined, false)),
    copy: (from, to, options) => mapped(() => copyWhole(from, to, options?.version)),
    list,
    remove: (uri) => mapped(() => remove(uri)),
    removeAll: (prefix) => mapped(() => rm(folderOf(prefix), { recursive: true, force: true })),
  } satisfies Files);
}

async function statOf(uri: string): Promise<FileInfo | undefined> {
  try {
    const found = await stat(pathOf(uri), { bigint: true });
    return found.isFile() ? infoOf(uri, found) : undefined;
  } catch (cause) {
    if (isCode(cause, 'ENOENT', 'ENOTDIR')) return undefined;
    throw cause;
  }
}

async function* read(uri: string, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  const file = await mapped(() => openToRead(uri));
  let ahead: Promise<Uint8Array> | undefined;
  let shared: Shared | undefined;
  try {
    const before = await statOpen(file, uri);
    if (options.version !== undefined && options.version !== before.version) throw changed(uri);
    const end = Math.min(options.end ?? before.size, before.size);
    let at = options.start ?? 0;
    let turn = 0;
    shared = options.reuse === true ? (spare.pop() ?? [memory(BLOCK), memory(BLOCK)]) : undefined;
    const ask = async (): Promise<Uint8Array> => {
      const into = shared?.[turn++ % 2] ?? memory(end - at);
      const { bytesRead } = await mapped(() => file.read(into, 0, Math.min(into.length, end - at), at));
      return into.subarray(0, bytesRead);
    };
    // Read ahead, while whoever asked works on the block before.
    for (ahead = at < end ? ask() : undefined; ahead !== undefined;) {
      const block = await ahead;
      if (block.length === 0) throw changed(uri);
      at += block.length;
      ahead = at < end ? ask() : undefined;
      ahead?.catch(() => undefined);
      yield block;
    }
    // Whoever asked for more than the last block is done with that too.
    if (shared !== undefined && spare.length < MOST_SPARE) spare.push(shared);
    if ((await statOpen(file, uri)).version !== before.version) throw changed(uri);
  } finally {
    await ahead?.catch(() => undefined);
    await file.close();
  }
}

type Shared = readonly [Buffer, Buffer];
/** Memory of reads that ended, for the next ones: without it each chunk would leave some behind until it is collected. */
const spare: Shared[] = [];
const MOST_SPARE = 4;

const memory = (most: number): Buffer => Buffer.allocUnsafeSlow(Math.max(0, Math.min(BLOCK, most)));

async function write(
  uri: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<boolean> {
  const target = pathOf(uri);
  if (options.onlyIfAbsent && (await statOf(uri)) !== undefined) return false;
  return beside(target, async (unfinished) => {
    const file = await open(unfinished, 'wx');
    try {
      if (content instanceof Uint8Array) await file.writeFile(content);
      else for await (const block of content) await file.writeFile(block);
      await file.sync();
    } finally {
      await file.close();
    }
    return options.onlyIfAbsent ? linkOnce(unfinished, target) : put(unfinished, target);
  });
}

async function upload(path: string, uri: string): Promise<void> {
  const target = pathOf(uri);
  await mkdir(dirname(target), { recursive: true });
  await sync(path);
  try {
    await put(path, target);
  } catch (cause) {
    if (!isCode(cause, 'EXDEV')) throw cause;
    await copyWhole(path, uri);
    await rm(path, { force: true });
  }
}

/** Never by a hard link: whoever edits one of the two in place would edit the other. */
async function copyWhole(from: string, to: string, version?: string, isKept = true): Promise<void> {
  const before = await statOf(from);
  if (before === undefined || (version ?? before.version) !== before.version) throw changed(from);
  await beside(pathOf(to), async (unfinished) => {
    try {
      await copyFile(from, unfinished, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    } catch (cause) {
      throw isCode(cause, 'ENOENT') ? changed(from, cause) : cause;
    }
    if ((await statOf(from))?.version !== before.version) throw changed(from);
    if (!isKept) return rename(unfinished, pathOf(to));
    await sync(unfinished);
    await put(unfinished, to);
  });
}

async function* list(prefix: string): AsyncGenerator<FileInfo> {
  yield* listFolder(folderOf(prefix));
}

function folderOf(prefix: string): string {
  if (prefix.endsWith('/')) return pathOf(prefix);
  throw new UsageError(`${JSON.stringify(prefix)} is not the prefix of a folder: one ends with a slash.`);
}

async function* listFolder(folder: string): AsyncGenerator<FileInfo> {
  for (const entry of await mapped(() => entriesOf(folder))) {
    const uri = folder + entry.name;
    if (entry.isDirectory()) yield* listFolder(`${uri}/`);
    else if (entry.isFile() || entry.isSymbolicLink()) {
      const info = await mapped(() => statOf(uri));
      if (info) yield info;
      else if (uri.includes('\uFFFD')) {
        throw new UsageError(`${folder} holds a name that is not UTF-8 (${uri}); rename that file.`);
      }
    }
  }
}

/** In the order of whole URIs: a folder sorts as its name with a slash, and names by their bytes. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !UNFINISHED.test(entry.name))
      .map((entry) => ({ entry, key: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name) }))
      .sort((a, b) => Buffer.compare(a.key, b.key))
      .map(({ entry }) => entry);
  } catch (cause) {
    if (isCode(cause, 'ENOENT', 'ENOTDIR')) return [];
    throw cause;
  }
}

async function remove(uri: string): Promise<void> {
  try {
    await rm(pathOf(uri));
  } catch (cause) {
    if (!isCode(cause, 'ENOENT', 'ENOTDIR')) throw cause;
  }
}

/** Gives work a name in the target's folder, and leaves nothing of that name behind. */
async function beside<T>(target: string, work: (unfinished: string) => Promise<T>): Promise<T> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const unfinished = join(folder, `.sluice-${randomUUID()}.tmp`);
  try {
    return await work(unfinished);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function put(from: string, target: string): Promise<true> {
  await rename(from, target);
  await syncFolder(target);
  return true;
}

/** A link is made only where no name is, in one step: unlike a rename, which replaces. */
async function linkOnce(from: string, target: string): Promise<boolean> {
  try {
    await link(from, target);
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false;
    if (isCode(cause, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) {
      throw new UsageError(
        `The file system of ${dirname(target)} has no hard links, without which two runs could overwrite each ` +
          "other's commits. Keep the lake on another disk.",
        { cause },
      );
    }
    throw cause;
  }
  await syncFolder(target);
  return true;
}

async function openToRead(uri: string): Promise<FileHandle> {
  try {
    return await open(pathOf(uri), 'r');
  } catch (cause) {
    throw isCode(cause, 'ENOENT', 'ENOTDIR') ? changed(uri, cause) : cause;
  }
}

const statOpen = (file: FileHandle, uri: string): Promise<FileInfo> =>
  mapped(async () => infoOf(uri, await file.stat({ bigint: true })));

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a new name survive a loss of power, on systems that can open a folder. */
async function syncFolder(target: string): Promise<void> {
  try {
    const folder = await open(dirname(target), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    if (!isCode(cause, 'EISDIR', 'EPERM', 'EACCES', 'EINVAL')) throw cause;
  }
}

function infoOf(uri: string, found: BigIntStats): FileInfo {
  return Object.freeze({
    uri,
    size: Number(found.size),
    version: `${found.mtimeNs}-${found.size}-${found.ino}`,
  });
}

function pathOf(uri: string): string {
  if (isAbsolute(uri)) return uri;
  throw new UsageError(`${JSON.stringify(uri)} is not an absolute path.`);
}

const changed = (uri: string, cause?: unknown): ObjectChangedError =>
  new ObjectChangedError(
    `${basename(uri)} is no longer what the run was started for: ${uri} was changed or removed. Run it again.`,
    { cause },
  );
