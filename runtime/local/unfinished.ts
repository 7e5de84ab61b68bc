/**
 * Executions that a process of this machine began and did not end (it was killed, or the power went): their place in
 * the ledger is taken over by the next run of the same content, so that a crash neither blocks a content for ever nor
 * loads it twice.
 */

import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { TransientError } from '../../core/errors.ts';
import type { Ledger } from '../ports.ts';
import type { RunRecord } from '../result.ts';
import { readValue, writeValue } from '../staging.ts';
import type { World } from '../world.ts';
import { scratchOf } from './world.ts';

const markSchema = z.object({ execution: z.string(), host: z.string(), pid: z.int() });
type Mark = z.infer<typeof markSchema>;

/** Executions that this process is at work on. */
const active = new Set<string>();

/**
 * Does the work of an execution, marked as begun while it lasts. The world that it is given has a ledger in which the
 * registration of an execution whose process is gone goes on under its old attempt and run: what that one committed is
 * recognised as committed, and what it only staged is removed.
 */
export async function asExecution(
  world: World,
  pipeline: string,
  execution: string,
  work: (world: World) => Promise<RunRecord>,
): Promise<RunRecord> {
  const folder = `${world.layout.root}/work/.executions/${pipeline}/`;
  const gone = await goneIn(world, folder);
  for (const mark of gone) await removeLeftovers(world, pipeline, mark);
  const adopted = new Set<string>();
  const own = `${folder}${execution}.json`;
  await writeValue(world.files, own, markSchema, { execution, host: hostname(), pid: process.pid });
  active.add(execution);
  try {
    const record = await work({ ...world, ledger: adopting(world.ledger, gone, adopted) });
    // A failure that knows no content settled none: should one have been registered, the next run takes it over.
    if (record.objects.every(({ sha256 }) => sha256 !== null)) {
      for (const other of adopted) await world.files.remove(`${folder}${other}.json`);
      await world.files.remove(own);
    }
    return record;
  } finally {
    active.delete(execution);
  }
}

function adopting(ledger: Ledger, gone: readonly Mark[], adopted: Set<string>): Ledger {
  return {
    async register(registration) {
      try {
        return await ledger.register(registration);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        for (const { execution } of gone) {
          const taken = await ledger.register({ ...registration, owner: execution }).catch(() => undefined);
          if (taken === undefined) continue;
          if (taken.status === 'started') adopted.add(execution);
          return taken;
        }
        throw error;
      }
    },
    settle(record) {
      const [owner = record.owner] = adopted;
      return ledger.settle({ ...record, owner });
    },
    history: (pipeline, limit) => ledger.history(pipeline, limit),
  };
}

async function goneIn(world: World, folder: string): Promise<Mark[]> {
  const gone: Mark[] = [];
  for await (const { uri } of world.files.list(folder)) {
    const mark = await readValue(world.files, uri, markSchema).catch(() => undefined);
    if (mark !== undefined && mark.host === hostname() && !isAlive(mark)) gone.push(mark);
  }
  return gone;
}

function isAlive({ pid, execution }: Mark): boolean {
  if (pid === process.pid) return active.has(execution);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function removeLeftovers(world: World, pipeline: string, { execution, pid }: Mark): Promise<void> {
  const work = `${world.layout.work(pipeline, execution)}/`;
  await world.files.removeAll(work);
  if (pid !== process.pid) await rm(scratchOf(world.layout.root, pid), { recursive: true, force: true });
}
