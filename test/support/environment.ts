/** An environment with a run of every ending, made once and copied for each test that breaks it. */

import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runObject } from '../../runtime/local/run.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { good, header, people } from './people.ts';
import { tickingWorld } from './watched-files.ts';

export const endings = ['first', 'duplicate', 'again', 'held', 'rejected', 'other', 'failed'] as const;
export type Ending = (typeof endings)[number];

export interface Environment {
  readonly out: string;
  /**
   * `again` took the place of `first`, whose content it has (2 rows, 1 reject); `other` has 1 row; `held` 1 reject;
   * the object of `rejected` has no header that fits; that of `failed` was not there.
   */
  readonly runs: Readonly<Record<Ending, RunRecord>>;
  /** A copy for one test, gone after it. */
  copy(): Promise<LocalWorld>;
  close(): Promise<void>;
}

export async function makeEnvironment(): Promise<Environment> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-environment-'));
  const out = join(folder, 'out');
  const world = tickingWorld(out);
  await mkdir(join(folder, 'in'));
  const run = async (name: string, content: string | null, options = {}): Promise<RunRecord> => {
    const uri = join(folder, 'in', name);
    if (content !== null) await writeFile(uri, content);
    const { again = false, atMost = 1 } = options as { again?: boolean; atMost?: number };
    return runObject(world, people('csv', atMost), { uri, again, retryDelays: 0 });
  };
  const mixed = `${header}${good(1)}x,no id,,\n${good(2)}`;
  const runs = {
    first: await run('a.csv', mixed),
    duplicate: await run('a.csv', null),
    again: await run('a.csv', null, { again: true }),
    held: await run('b.csv', `${header}${good(3)}y,no id,,\n`, { atMost: 0.1 }),
    rejected: await run("it's.csv", 'nothing,fits\n1,2\n'),
    other: await run('d.csv', header + good(4)),
    failed: await run('gone.csv', null),
  };
  return {
    out,
    runs,
    async copy() {
      const copied = await mkdtemp(join(folder, 'copy-'));
      onTestFinished(() => rm(copied, { recursive: true, force: true }));
      await cp(out, copied, { recursive: true });
      return tickingWorld(copied);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
