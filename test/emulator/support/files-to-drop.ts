/** Files of every kind that a landing bucket meets, made of real data: each with its key and what must come of it. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Status } from '../../../runtime/result.ts';

const data = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'vega-datasets', 'data');

export interface FileToDrop {
  readonly pipeline: 'bird-strikes' | 'movies' | 'flights' | 'airports';
  /** Its key ends so, below the pipeline's prefix. */
  readonly name: string;
  readonly content: Buffer;
  readonly ends: Status;
}

export interface FilesToDrop {
  readonly good: FileToDrop;
  readonly repeated: FileToDrop;
  /** Dropped side by side. */
  readonly mixed: readonly FileToDrop[];
  /** Its first execution is stopped by hand. */
  readonly stopped: FileToDrop;
  /** One after the other: the second one changes rows of the first. */
  readonly updates: readonly FileToDrop[];
  readonly large: FileToDrop;
  readonly small: readonly FileToDrop[];
}

export async function filesToDrop(): Promise<FilesToDrop> {
  const strikes = (await readFile(join(data, 'birdstrikes.csv'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '');
  const movies = await readFile(join(data, 'movies.json'), 'utf8');
  const airports = await readFile(join(data, 'airports.csv'), 'utf8');
  const bird = (name: string, lines: readonly string[], ends: Status): FileToDrop => ({
    pipeline: 'bird-strikes',
    name,
    content: Buffer.from([strikes[0]!, ...lines, ''].join('\n')),
    ends,
  });
  const dirty = strikes
    .slice(4001, 5001)
    .map((line, i) => (i % 200 === 7 ? line.replace(/\d{4}-/, 'in ') : line));
  const bad = strikes.slice(5001, 5101).map((line, i) => (i % 2 ? line : line.replace(/\d{4}-/, 'in ')));
  return {
    good: bird('birdstrikes.csv', strikes.slice(1, 4001), 'published'),
    repeated: bird('birdstrikes-once-more.csv', strikes.slice(1, 4001), 'duplicate'),
    mixed: [
      bird('birdstrikes-dirty.csv', dirty, 'published-with-rejects'),
      bird('birdstrikes by +%2F é 😀.csv', strikes.slice(6001, 6301), 'published'),
      bird('birdstrikes-bad.csv', bad, 'held'),
      { ...bird('birdstrikes-broken.csv', [], 'rejected'), content: Buffer.from('airport;cost\nLGA;1\n') },
      bird('birdstrikes-empty.csv', [], 'published'),
    ],
    stopped: {
      pipeline: 'movies',
      name: 'movies.json',
      content: Buffer.from(movies),
      ends: 'published-with-rejects',
    },
    updates: [airports, airports.replaceAll(',AK,', ',Alaska,')].map((text, i) => ({
      pipeline: 'airports',
      name: `airports-${i}.csv`,
      content: Buffer.from(text),
      ends: 'published',
    })),
    large: {
      pipeline: 'flights',
      name: 'flights-large.csv',
      content: flights(285_000, 0),
      ends: 'published',
    },
    small: Array.from({ length: 100 }, (_, i) => ({
      pipeline: 'flights',
      name: `flights ${i} +é.csv`,
      content: flights(20, i + 1),
      ends: 'published' as const,
    })),
  };
}

/** Flights that only this file has. */
function flights(records: number, file: number): Buffer {
  const lines = ['date,delay,distance,origin,destination'];
  for (let i = 0; i < records; i++) {
    const at = new Date(Date.UTC(2001, 0, 1) + (i * 60 + file) * 1000);
    const date = at.toISOString().slice(0, 19).replace('T', ' ');
    lines.push(`${date},${(i % 90) - 20},${100 + file + (i % 997)},${airport(i)},${airport(i * 7 + file)}`);
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

const airport = (n: number): string =>
  String.fromCharCode(65 + (n % 26), 65 + (Math.floor(n / 26) % 26), 65 + (Math.floor(n / 676) % 26));
