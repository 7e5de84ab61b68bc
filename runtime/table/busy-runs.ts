/** Runs whose files nobody may touch or move: attempts that are not settled, and the runs whose place they may take. */

import { UsageError } from '../../core/errors.ts';
import { viewLedger } from '../ledger-view.ts';
import type { World } from '../world.ts';

export interface BusyRuns {
  /** Runs that are not settled. */
  readonly unsettled: ReadonlySet<string>;
  /** Also the earlier runs of the same contents. */
  readonly all: ReadonlySet<string>;
}

/** @throws UsageError if the ledger cannot be read whole: nobody could tell then. */
export async function busyRuns(world: World): Promise<BusyRuns> {
  const { attempts, unreadable } = await viewLedger(world);
  if (unreadable.length > 0) {
    throw new UsageError(
      `The ledger cannot be read whole, so nobody can tell which files are in use: ${unreadable[0]!.why} ` +
        'See: sluice doctor',
    );
  }
  const open = attempts.filter(({ record }) => record === undefined);
  const contents = new Set(open.map(({ pipeline, sha256 }) => `${pipeline} ${sha256}`));
  const touched = attempts.filter(({ pipeline, sha256 }) => contents.has(`${pipeline} ${sha256}`));
  return { unsettled: new Set(open.map(({ run }) => run)), all: new Set(touched.map(({ run }) => run)) };
}
