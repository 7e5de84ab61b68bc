/** Runs, and what is printed of them, without what differs from one environment to another: names, places, times. */

import { basename } from 'node:path';
import type { RunRecord } from '../../../runtime/result.ts';

const RUN = /[a-z][a-z-]*-\d{8}T\d{6}Z-[0-9a-f]+(-\d+)?/g;
const PLACE = /(s3:\/)?\/[^'"()]*\//g;

/** Runs that go on side by side see more or fewer of each other. */
const EARLIER = /\d+ earlier runs?/g;

const words = (text: string): string =>
  text.replaceAll(RUN, '<run>').replaceAll(PLACE, '').replaceAll(EARLIER, '<n> earlier runs');

export const comparable = ({
  status,
  records,
  rows,
  reasons,
  warnings,
  checks,
  objects,
  error,
}: RunRecord) => ({
  status,
  records,
  rows,
  reasons,
  warnings: warnings.map(words),
  checks: checks.map((check) => ({ ...check, message: words(check.message) })),
  objects: objects.map(({ uri, bytes, sha256 }) => [basename(uri), bytes, sha256]),
  error: error && { ...error, message: words(error.message) },
});

/** Lines in an order of their own, each cell one space apart. */
export const plainText = (printed: string): string[] =>
  printed
    .split('\n')
    .map((line) =>
      line
        .replaceAll(RUN, '<run>')
        .replaceAll(/\d+ min \d+ s|\d+\.\d s/g, '<time>')
        .replaceAll(/\d{4}-\d\d-\d\d[ T][\d:.]+Z/g, '<instant>')
        .replaceAll(/\S*\//g, '')
        .replaceAll(/version \d+/g, 'version <n>')
        .replaceAll(EARLIER, '<n> earlier runs')
        .replaceAll(/definition +[0-9a-f]+/g, 'definition <hash>')
        .replaceAll(/ +/g, ' '),
    )
    .toSorted();
