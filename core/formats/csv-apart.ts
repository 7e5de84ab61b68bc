/** What the scanner of CSV says at the end of lines that are no records. */

import type { CsvScanOptions } from './csv-machine.ts';

export const apartOf = (comments: number, { preamble, trailer }: CsvScanOptions): readonly string[] => [
  ...(preamble ? [`${lines(preamble)} before the header: the preamble, not records.`] : []),
  ...(comments > 0 ? [`${lines(comments)} of comment: not records.`] : []),
  ...(trailer?.apart() ?? []),
];

const lines = (count: number): string => (count === 1 ? '1 line' : `${count} lines`);
