/** The progress line: written over where a person looks on, and nowhere else. */

import { expect, test } from 'vitest';
import { progressLine } from '../../bin/progress.ts';
import { aligned, count, counted, duration, shortened, shownPath, visible } from '../../bin/text.ts';

/** A line of a terminal of that width, on a clock that the test sets. */
function line(width: number | undefined) {
  const written: string[] = [];
  const clock = { now: 0 };
  const terminal = { err: (text: string) => void written.push(text), width };
  return { written, clock, progress: progressLine(terminal, () => clock.now) };
}
const transform = (done: number) => ({ pipeline: 'movies', stage: 'transform', done, total: 3000 }) as const;

test('off a terminal nothing is written', () => {
  const { written, progress } = line(undefined);
  progress.show(transform(1));
  progress.clear();
  expect(written).toEqual([]);
});

test('each line takes the place of the one before; the last is taken away, once', () => {
  const { written, clock, progress } = line(80);
  progress.show({ pipeline: 'movies', stage: 'ingest', done: 1_000_000, total: 106_000_000 });
  clock.now = 200;
  progress.show(transform(1500));
  progress.clear();
  progress.clear();
  expect(written).toEqual([
    '\r\u001b[Kmovies  ingest  0 %  1 of 106 MB',
    '\r\u001b[Kmovies  transform  50 %  1,500 of 3,000 records',
    '\r\u001b[K',
  ]);
});

test('before rows meet a table, how many of its files they can be in', () => {
  const { written, progress } = line(100);
  const meeting = { pipeline: 'orders', stage: 'load', done: 0, total: 5 } as const;
  progress.show({ ...meeting, meets: { files: 12, of: 3400 } });
  progress.show({ ...meeting, stage: 'validate', meets: { files: 12, of: 3400, groups: 3 } });
  expect(written).toEqual([
    '\r\u001b[Korders  load  12 of 3,400 files can hold the keys',
    '\r\u001b[Korders  validate  12 of 3,400 files can hold the keys: written anew in 3 groups',
  ]);
});

test('no more than ten lines a second, but each stage is shown', () => {
  const { written, clock, progress } = line(80);
  for (clock.now = 0; clock.now < 1000; clock.now++) progress.show(transform(clock.now));
  expect(written).toHaveLength(10);
  progress.show({ pipeline: 'movies', stage: 'validate', done: 1, total: 1 });
  expect(written).toHaveLength(11);
});

test('it never wraps, and a name is only text', () => {
  const { written, progress } = line(30);
  progress.show({ ...transform(1), pipeline: 'x\u001b[2J'.repeat(20) });
  expect(written[0]!.slice('\r\u001b[K'.length)).toHaveLength(29);
  expect(written[0]!.lastIndexOf('\u001b')).toBe(1);
});

test('numbers, times, paths and columns as people read them', () => {
  expect([count(3201), counted(1, 'record'), counted(0, 'record')]).toEqual([
    '3,201',
    '1 record',
    '0 records',
  ]);
  expect([0, 449, 59_949, 59_950, 61_000, 3_600_000].map(duration)).toEqual([
    '0.0 s',
    '0.4 s',
    '59.9 s',
    '1 min 0 s',
    '1 min 1 s',
    '60 min 0 s',
  ]);
  expect(['/home/me/out/a', '/home/me', '/home/meow/a'].map((path) => shownPath(path, '/home/me'))).toEqual([
    'out/a',
    '/home/me',
    '/home/meow/a',
  ]);
  expect(shownPath('s3://lake/out/a\n', process.cwd())).toBe('s3://lake/out/a\\n');
  expect(shortened('abcdef', 3)).toBe('ab…');
  expect(visible('tab\tand\u0000and\u{e0041}')).toBe('tab\\tand\\x00and\\u{e0041}');
  expect(
    aligned(
      [
        ['a', '1'],
        ['bb', '22'],
      ],
      { gap: 1, right: [1] },
    ),
  ).toEqual(['a   1', 'bb 22']);
});
