/** Sets of code points as ranges, and how RE2 and GLOB write them. */

/** From and to, both included. */
export type Range = readonly [number, number];

export const LAST = 0x10ffff;

export const digits: readonly Range[] = [[48, 57]];
export const wordCharacters: readonly Range[] = [[48, 57], [65, 90], [95, 95], [97, 122]]; // prettier-ignore
/** JavaScript's white space. */
export const spaces: readonly Range[] = [
  [9, 13], [32, 32], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f],
  [0x3000, 0x3000], [0xfeff, 0xfeff],
]; // prettier-ignore
/** JavaScript's line ends. */
export const lineEnds: readonly Range[] = [[10, 10], [13, 13], [0x2028, 0x2029]]; // prettier-ignore

/** All code points that are in none of the ranges. */
export function complement(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const rest: Range[] = [];
  let next = 0;
  for (const [from, to] of sorted) {
    if (from > next) rest.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) rest.push([next, LAST]);
  return rest;
}

/** With both cases of each ASCII letter. */
export function folded(ranges: readonly Range[]): readonly Range[] {
  const other = ranges.flatMap(([from, to]) => [moved(from, to, 65, 90, 32), moved(from, to, 97, 122, -32)]);
  return [...ranges, ...other.filter(([from, to]) => from <= to)];
}

/** The part of a range that lies among letters, moved to the other case. */
const moved = (from: number, to: number, first: number, last: number, by: number): Range => [
  Math.max(from, first) + by,
  Math.min(to, last) + by,
];

/** As RE2 writes the set; it has no empty set. */
export function shown(ranges: readonly Range[]): string {
  if (ranges.length === 0) return `[^${one(0)}-${one(LAST)}]`;
  const [[from, to]] = ranges as [Range];
  if (ranges.length === 1 && from === to) return one(from);
  return `[${ranges.map(([first, last]) => `${one(first)}-${one(last)}`).join('')}]`;
}

/** As GLOB writes the set, which goes by bytes: null where that is not the same. */
export function globbed(ranges: readonly Range[]): string | null {
  // A character beyond ASCII is several bytes; no literal has U+0000; `[!` is everything else.
  const isSame = ranges.length > 0 && ranges.every(([from, to]) => from > 0 && to < 128);
  if (!isSame || ranges[0]![0] === INVERTS) return null;
  const written = ranges.map(([from, to]) => `${String.fromCharCode(from)}-${String.fromCharCode(to)}`);
  return `[${written.join('')}]`;
}

const INVERTS = '!'.charCodeAt(0);

const one = (code: number): string => {
  const c = String.fromCodePoint(code);
  return /[0-9A-Za-z_ @,;<>"'=!%/]/.test(c) ? c : `\\x{${code.toString(16)}}`;
};
