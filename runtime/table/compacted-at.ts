/** When a compaction wrote a file, by the file's name: no store tells us how old an object is. */

import { COMPACTED } from '../layout.ts';

/** `20261121T172200Z`. */
export const stampOf = (at: Date): string => `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** In milliseconds; undefined for a file that no compaction wrote. */
export function compactedAt(path: string): number | undefined {
  const pattern = new RegExp(
    `^${COMPACTED}/(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)Z-[0-9a-f]{6}-\\d+\\.parquet$`,
  );
  const [, ...parts] = pattern.exec(path) ?? [];
  if (parts.length === 0) return undefined;
  const [year, month, day, hour, minute, second] = parts.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
