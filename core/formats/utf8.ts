/** Whether bytes are UTF-8: whole chunks by the platform's decoder, single records by a plain loop. */

const BLOCK = 1024 * 1024;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whether all of the bytes are valid UTF-8; works in blocks, so that the decoded text never stands in memory whole. */
export function isUtf8(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    let end = Math.min(at + BLOCK, bytes.length);
    while (end < bytes.length && isContinuation(bytes[end]!)) end++;
    try {
      strict.decode(bytes.subarray(at, end));
    } catch {
      return false;
    }
    at = end;
  }
  return true;
}

/** Decodes valid UTF-8, keeping a byte order mark as a character; undefined if the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether the bytes from `start` up to `end` are valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
export function isUtf8Range(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end) {
    const lead = bytes[i++]!;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const rest = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (i + rest > end) return false;
    const second = bytes[i]!;
    if (second < lowest(lead) || second > highest(lead)) return false;
    for (let k = 1; k < rest; k++) if (!isContinuation(bytes[i + k]!)) return false;
    i += rest;
  }
  return true;
}

/**
 * Writes a character, and says where the next one goes. Half of a surrogate pair is written as the three bytes that it
 * would have, which UTF-8 forbids.
 */
export function writeUtf8(to: Uint8Array, at: number, point: number): number {
  let o = at;
  if (point < 0x80) {
    to[o++] = point;
  } else if (point < 0x800) {
    to[o++] = 0xc0 | (point >> 6);
    to[o++] = 0x80 | (point & 0x3f);
  } else {
    if (point < 0x10000) {
      to[o++] = 0xe0 | (point >> 12);
    } else {
      to[o++] = 0xf0 | (point >> 18);
      to[o++] = 0x80 | ((point >> 12) & 0x3f);
    }
    to[o++] = 0x80 | ((point >> 6) & 0x3f);
    to[o++] = 0x80 | (point & 0x3f);
  }
  return o;
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;
const lowest = (lead: number): number => (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80);
const highest = (lead: number): number => (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf);
