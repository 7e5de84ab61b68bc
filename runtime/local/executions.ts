/** Which executions of this machine are alive: each leaves a mark in its work folder that names its process. */

import { hostname } from 'node:os';
import { z } from 'zod';
import type { Layout } from '../layout.ts';
import type { Files } from '../ports.ts';
import { readValue, writeValue } from '../staging.ts';

export interface Executions {
  /** Marks an execution as one of this process, before it leaves anything else. */
  begin(pipeline: string, execution: string): Promise<void>;
  /** Says that this process does the execution no more. */
  end(execution: string): void;
  /** Whether the process of an execution has ended, as far as this machine can tell. */
  isGone(pipeline: string, execution: string): Promise<boolean>;
}

const markSchema = z.object({ host: z.string(), pid: z.int() });

/** Executions that this process does. */
const active = new Set<string>();

export function localExecutions(files: Files, layout: Layout): Executions {
  const markOf = (pipeline: string, execution: string): string =>
    `${layout.work(pipeline, execution)}/process.json`;
  return Object.freeze({
    async begin(pipeline, execution) {
      active.add(execution);
      const mark = { host: hostname(), pid: process.pid };
      await writeValue(files, markOf(pipeline, execution), markSchema, mark);
    },
    end(execution) {
      active.delete(execution);
    },
    async isGone(pipeline, execution) {
      if (active.has(execution)) return false;
      const uri = markOf(pipeline, execution);
      // Its work folder goes with its end; one that is missing can do no harm to an attempt that is decided once.
      if ((await files.stat(uri)) === undefined) return true;
      const { host, pid } = await readValue(files, uri, markSchema);
      return host === hostname() && (pid === process.pid || !isAlive(pid));
    },
  } satisfies Executions);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
