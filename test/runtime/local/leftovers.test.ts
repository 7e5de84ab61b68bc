/** What processes left on this machine besides objects: found when nobody can be at it any more, and not before. */

import { existsSync, rmSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findLocalLeftovers } from '../../../runtime/local/leftovers.ts';
import { localWorld } from '../../../runtime/local/world.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOUR = 3_600_000;
/** No process has it: it is above the highest number of every system that Node runs on. */
const NO_PID = 2 ** 30;

test('old unfinished files and engine folders of processes that have ended, with their sizes', async () => {
  const now = new Date('2026-01-02T03:04:05Z');
  const out = await temporaryFolder();
  const world = localWorld({ out, now: () => now });
  const put = async (path: string, hours: number): Promise<string> => {
    const place = join(out, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, '1234');
    const at = new Date(now.getTime() - hours * HOUR);
    await utimes(place, at, at);
    return place;
  };
  const name = (n: number): string => `.sluice-${String(n).repeat(8)}-0000-4000-8000-000000000000.tmp`;
  const old = await put(`lake/people/run/${name(1)}`, 25);
  const kept = [
    await put(`lake/people/run/${name(2)}`, 23),
    await put('lake/people/run/.sluice-mine.tmp', 1000),
    await put(`work/.scratch/${hostname()}-${process.pid}/1/rows.db`, 1000),
    await put(`work/.scratch/another-host-${NO_PID}/rows.db`, 1000),
  ];
  const dead = join(out, 'work', '.scratch', `${hostname()}-${NO_PID}`);
  await put(`work/.scratch/${hostname()}-${NO_PID}/1/rows.db`, 0);

  const found = await findLocalLeftovers(world);
  expect(found.map(({ uri, bytes }) => ({ uri, bytes }))).toEqual([
    { uri: old, bytes: 4 },
    { uri: `${dead}/`, bytes: 4 },
  ]);
  for (const leftover of found) expect(await leftover.remove()).toBe(true);
  expect([old, dead].filter(existsSync)).toEqual([]);
  expect(kept.filter(existsSync)).toEqual(kept);
  expect(await findLocalLeftovers(world)).toEqual([]);
});

test('an unfinished file that is finished while it is looked at is nothing that was left', async () => {
  const out = await temporaryFolder();
  const names = [1, 2, 3].map((n) =>
    join(out, `.sluice-${String(n).repeat(8)}-0000-4000-8000-000000000000.tmp`),
  );
  for (const name of names) {
    await writeFile(name, '1234');
    await utimes(name, 1, 1);
  }
  // Asked for with the first one in hand.
  const now = (): Date => {
    for (const name of names) rmSync(name, { force: true });
    return new Date();
  };
  const found = await findLocalLeftovers(localWorld({ out, now }));
  expect(found.map(({ bytes }) => bytes)).toEqual([4]);
});
