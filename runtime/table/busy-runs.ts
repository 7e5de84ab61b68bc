/** Runs whose files nobody may touch or move: attempts that are not settled, and the runs whose place they may take. */

import { UsageError } from '../../core/errors.ts';
import { decodePath } from '../delta/paths.ts';
import { runsOfFile } from '../layout.ts';
import type { Attempt, Ledger, Snapshot } from '../ports.ts';
import { pipelineOfRun } from '../run-name.ts';
import type { World } from '../world.ts';

export interface BusyRuns {
  /** Runs that are not settled. */
  readonly unsettled: ReadonlySet<string>;
  /** Also the earlier runs of the same contents. */
  readonly all: ReadonlySet<string>;
}

/**
 * Of the pipelines that ever committed to a table: no other has a file there. No ledger lists its pipelines, and every
 * table tells who wrote to it.
 * @throws UsageError if the ledger cannot be read: nobody could tell then.
 */
export async function busyRuns({ ledger, tables }: World, uri: string): Promise<BusyRuns> {
  const snapshot = await tables.snapshot(uri);
  const unsettled = new Set<string>();
  const all = new Set<string>();
  for (const pipeline of snapshot ? pipelinesOf(snapshot) : []) {
    const { open, touched } = await attemptsAtWork(ledger, pipeline).catch((cause: unknown) => {
      if (!(cause instanceof UsageError)) throw cause;
      throw new UsageError(
        `The ledger cannot be read whole, so nobody can tell which files are in use: ${cause.message} See: sluice doctor`,
        { cause },
      );
    });
    for (const { run } of open) unsettled.add(run);
    for (const { run } of touched) all.add(run);
  }
  return { unsettled, all };
}

/** A table keeps the names of all that committed to it, as long as no other writer drops them. */
function pipelinesOf({ transactions, files }: Snapshot): ReadonlySet<string> {
  const runs = [
    ...Object.keys(transactions).map((application) => application.replace(/^sluice\//, '')),
    ...files.flatMap(({ path, tags }) => runsOfFile(decodePath(path), tags)),
  ];
  return new Set(runs.map(pipelineOfRun).filter((pipeline) => pipeline !== undefined));
}

async function attemptsAtWork(
  ledger: Ledger,
  pipeline: string,
): Promise<{ readonly open: readonly Attempt[]; readonly touched: readonly Attempt[] }> {
  const open = await Array.fromAsync(ledger.unsettled(pipeline));
  const contents = [...new Set(open.map(({ sha256 }) => sha256))];
  const touched = await Promise.all(contents.map((sha256) => ledger.attempts(pipeline, sha256)));
  return { open, touched: touched.flat() };
}
