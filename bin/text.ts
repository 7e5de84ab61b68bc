/** Text for a terminal: data made harmless, numbers as people read them, columns that line up. */

import { isAbsolute, relative } from 'node:path';

/** Characters that move the cursor, change what stands beside them, or cannot be seen. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from data, in one line: what a terminal would act on is written out, `\x1b` for an escape. */
export const visible = (text: string): string =>
  text.replaceAll(unseen, (c) => {
    const code = c.codePointAt(0)!;
    return (
      short[c] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
    );
  });

/** The same for a message of several lines, which stay lines. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

/** At most so many characters, `…` in the place of the rest. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

const number = new Intl.NumberFormat('en-US');
export const count = (n: number): string => number.format(n);
export const counted = (n: number, one: string): string => `${count(n)} ${n === 1 ? one : `${one}s`}`;

/** An amount of bytes, in thousands of them. */
export function bytes(n: number): string {
  if (n < 1000) return counted(n, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** power).toFixed(1)} ${units[power - 1]!}`;
}

export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A path as short as it can be said: relative to the folder, if it lies in it; a URI as it is. */
export function shownPath(path: string, cwd: string): string {
  if (/^[a-z0-9]+:\/\//.test(path)) return visible(path);
  const inside = relative(cwd, path);
  return visible(inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside);
}

/** Cells in columns, each as wide as its widest cell, `gap` spaces apart; those named in `right` end flush. */
export function aligned(
  rows: readonly (readonly string[])[],
  options: { readonly gap?: number; readonly right?: readonly number[] } = {},
): string[] {
  const { gap = 3, right = [] } = options;
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const padding = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
        return right.includes(i) ? padding + cell : cell + padding;
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

const widthOf = (cell: string): number => [...cell].length;
