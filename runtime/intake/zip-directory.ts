/** The directory at the end of a zip archive: which files it says there are, and where. */

import { ObjectRejectedError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { Compressed } from './compressed.ts';

export interface ZipMember {
  readonly name: string;
  /** 0: as it is; 8: deflate. */
  readonly method: number;
  /** Where its compressed bytes start, and how many they are. */
  readonly start: number;
  readonly packed: number;
  readonly bytes: number;
  readonly checksum: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
/** In the place of a number that stands elsewhere, in archives of more than 4 GB (zip64). */
const ELSEWHERE = 0xffffffff;
/** Where the record of the end of such an archive is told, in front of the other one; and that record. */
const LOCATOR = 0x07064b50;
const LOCATOR_BYTES = 20;
const LONG_END = 0x06064b50;
const LONG_END_BYTES = 56;
/** What stands behind a name in the directory, of numbers that stand elsewhere. */
const LONG_EXTRA = 1;
/** Encrypted, in one of three ways. */
const SECRET = 0x2041;

/** @throws ObjectRejectedError `object.truncated` without a directory, `object.unreadable` for what is not read here. */
export async function zipDirectory(object: Compressed, limits: Limits): Promise<ZipMember[]> {
  const tailStart = Math.max(0, object.size - END_BYTES - 0xffff - LOCATOR_BYTES);
  const tail = await bytesOf(object, tailStart, object.size);
  const end = endOf(tail);
  if (end === undefined) {
    throw new ObjectRejectedError(
      'object.truncated',
      'The zip archive has no directory at its end: it was cut off. Deliver the object again.',
    );
  }
  const { disk, onDisk, count, size, start, behind } =
    (await longEnd(object, tail, end, tailStart)) ?? shortEnd(tail, end, tailStart);
  if (disk !== 0 || onDisk !== count) throw unreadable('it is one part of several');
  if (start + size !== behind) throw unreadable('its directory is not where it says it is');
  if (size > limits.headerBytes) {
    throw unreadable(`its directory has more than ${limits.headerBytes} bytes (the limit headerBytes)`);
  }
  const directory = await bytesOf(object, start, start + size);
  const members: ZipMember[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || directory.readUInt32LE(at) !== ENTRY) throw unreadable('its directory is damaged');
    const names = directory.readUInt16LE(at + 28);
    const next = at + 46 + names + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (next > size) throw unreadable('its directory is damaged');
    const name = directory.toString('utf8', at + 46, at + 46 + names);
    if (isFile(name)) members.push(await member(object, directory, at, name, start));
    at = next;
  }
  if (at !== size) throw unreadable('its directory is damaged');
  return members;
}

interface End {
  readonly disk: number;
  readonly onDisk: number;
  readonly count: number;
  readonly size: number;
  readonly start: number;
  /** What stands behind the directory. */
  readonly behind: number;
}

const shortEnd = (tail: Buffer, end: number, tailStart: number): End => ({
  disk: tail.readUInt16LE(end + 4),
  onDisk: tail.readUInt16LE(end + 8),
  count: tail.readUInt16LE(end + 10),
  size: tail.readUInt32LE(end + 12),
  start: tail.readUInt32LE(end + 16),
  behind: tailStart + end,
});

/** The record of the end with numbers of 64 bits, if there is one. */
async function longEnd(
  object: Compressed,
  tail: Buffer,
  end: number,
  tailStart: number,
): Promise<End | undefined> {
  const locator = end - LOCATOR_BYTES;
  if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR) return undefined;
  const place = numberAt(tail, locator + 8);
  const behind = tailStart + locator;
  if (place + LONG_END_BYTES > behind) throw unreadable('its directory is not where it says it is');
  const record = await bytesOf(object, place, place + LONG_END_BYTES);
  if (record.readUInt32LE(0) !== LONG_END || place + 12 + numberAt(record, 4) !== behind)
    throw unreadable('its directory is not where it says it is');
  return {
    disk: record.readUInt32LE(16),
    onDisk: numberAt(record, 24),
    count: numberAt(record, 32),
    size: numberAt(record, 40),
    start: numberAt(record, 48),
    behind: place,
  };
}

/** Of 64 bits; of those that no archive has, one that is as wrong. */
const numberAt = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

/** @throws ObjectRejectedError `object.format` unless there is exactly one file. */
export function onlyFile(members: readonly ZipMember[]): ZipMember {
  const [only] = members;
  if (only !== undefined && members.length === 1) return only;
  const names = members.slice(0, 10).map(({ name }) => JSON.stringify(name));
  throw new ObjectRejectedError(
    'object.format',
    `Expected one file in the zip archive, found ${members.length}${names.length === 0 ? '' : `: ${names.join(', ')}`}. ` +
      'Deliver each file in an archive of its own.',
  );
}

/** Folders are none, and what a Mac adds is not what was sent. */
const isFile = (name: string): boolean =>
  !name.endsWith('/') && !name.startsWith('__MACOSX/') && !/(?:^|\/)\.DS_Store$/.test(name);

async function member(
  object: Compressed,
  directory: Buffer,
  at: number,
  name: string,
  end: number,
): Promise<ZipMember> {
  const shown = JSON.stringify(name);
  const flags = directory.readUInt16LE(at + 8);
  const method = directory.readUInt16LE(at + 10);
  const checksum = directory.readUInt32LE(at + 16);
  const [bytes, packed, local] = placesOf(directory, at);
  if ((flags & SECRET) !== 0) throw unreadable(`${shown} is encrypted`);
  if (method !== 0 && method !== 8)
    throw unreadable(`${shown} is compressed by method ${method}, not by deflate`);
  if (local + LOCAL_BYTES > end) throw unreadable(`${shown} is not where its directory says it is`);
  const head = await bytesOf(object, local, local + LOCAL_BYTES);
  const named = head.readUInt16LE(26);
  const start = local + LOCAL_BYTES + named + head.readUInt16LE(28);
  if (head.readUInt32LE(0) !== LOCAL || start + packed > end) {
    throw unreadable(`${shown} is not where its directory says it is`);
  }
  const own = await bytesOf(object, local + LOCAL_BYTES, local + LOCAL_BYTES + named);
  if (own.toString('utf8') !== name) throw unreadable(`${shown} has another name in its own place`);
  return { name, method, start, packed, bytes, checksum };
}

/** How many bytes a file has, how many of them are in the archive, and where: in the entry, or behind its name. */
function placesOf(directory: Buffer, at: number): [bytes: number, packed: number, local: number] {
  const said = [24, 20, 42].map((place) => directory.readUInt32LE(at + place));
  const first = at + 46 + directory.readUInt16LE(at + 28);
  const last = first + directory.readUInt16LE(at + 30);
  let from = last;
  let to = last;
  for (let next = first; next + 4 <= last;) {
    const bytes = directory.readUInt16LE(next + 2);
    if (directory.readUInt16LE(next) === LONG_EXTRA) [from, to] = [next + 4, next + 4 + bytes];
    next += 4 + bytes;
  }
  const [bytes, packed, local] = said.map((number) => {
    if (number !== ELSEWHERE) return number;
    if (from + 8 > Math.min(to, last)) throw unreadable('its directory is damaged');
    from += 8;
    return numberAt(directory, from - 8);
  });
  return [bytes!, packed!, local!];
}

/** Where the record of the end stands: the last one whose comment reaches to the very end. */
function endOf(tail: Buffer): number | undefined {
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    if (at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return undefined;
}

async function bytesOf(object: Compressed, start: number, end: number): Promise<Buffer> {
  return Buffer.concat(start === end ? [] : await Array.fromAsync(object.range(start, end)));
}

const unreadable = (why: string): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.unreadable',
    `The zip archive cannot be read: ${why}. Deliver one file in a plain archive, or compressed with gzip or zstd.`,
  );
