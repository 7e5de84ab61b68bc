/** Waits for an execution on AWS to come to its end, and gives the run that it settled. */

import { setTimeout } from 'node:timers/promises';
import { TransientError } from '../core/errors.ts';
import { inputOf, type Executions } from '../runtime/aws/executions.ts';
import type { Ledger } from '../runtime/ports.ts';
import type { RunRecord } from '../runtime/result.ts';

export interface Follow {
  readonly pipeline: string;
  readonly executions: Executions;
  readonly ledger: Pick<Ledger, 'history'>;
  /** The execution by its name, or by what it was started for. */
  readonly of: string | Dropped;
  /** What the person waits for, in words. */
  readonly what: string;
  /** Milliseconds at most. */
  readonly atMost: number;
  /** Milliseconds between two looks. Default: 1000. */
  readonly pause?: number;
}

/** An object that was dropped, for which an execution is or will be started. */
export interface Dropped {
  readonly uri: string;
  /** `v=…` or `e=…`. */
  readonly version: string;
  readonly at: Date;
}

/** Settled runs among which one that ended just now must be. */
const RECENT = 200;

/** @throws TransientError if it does not end in the time given; it goes on all the same. */
export async function follow(given: Follow): Promise<RunRecord> {
  const { pipeline, executions, ledger, of, what, atMost, pause = 1000 } = given;
  const end = performance.now() + atMost;
  let name = typeof of === 'string' ? of : undefined;
  const seen = new Set<string>();
  while (performance.now() < end) {
    if (typeof of !== 'string') name ??= await startedFor(executions, of, seen);
    const status = name === undefined ? undefined : (await executions.describe(name))?.status;
    if (status !== undefined && status !== 'RUNNING') {
      // A failed execution is settled by a rule, a moment after its end.
      const records = await ledger.history(pipeline, RECENT);
      const record = records.find(({ owner }) => owner === name);
      if (record) return record;
    }
    await setTimeout(pause);
  }
  throw new TransientError(
    `${what} ${name === undefined ? 'was not started' : 'did not end'} within ${Math.round(atMost / 1000)} s; it may yet. ` +
      `See: sluice status --aws, sluice runs ${pipeline} --aws${name === undefined ? '' : `; execution ${name}`}`,
  );
}

/** The clock of AWS and the one here may differ by so much. */
const SKEW_MS = 10 * 60_000;

/** @param seen names that are known to be of other objects. */
async function startedFor(
  executions: Executions,
  { uri, version, at }: Dropped,
  seen: Set<string>,
): Promise<string | undefined> {
  for await (const { name } of executions.since(new Date(at.getTime() - SKEW_MS))) {
    if (seen.has(name)) continue;
    seen.add(name);
    const start = inputOf(await executions.describe(name));
    const [object] = start?.objects ?? [];
    if (object?.uri !== uri) continue;
    // Some stores keep versions and do not tell them in their events: then it is the first one after the drop.
    const isIt = object.version?.startsWith('v=')
      ? object.version === version
      : Date.parse(start!.startedAt) >= Math.floor(at.getTime() / 1000) * 1000;
    if (isIt) return name;
  }
  return undefined;
}
