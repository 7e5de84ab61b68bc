/** A whole ledger as it is now, as far as it can be read: what cannot be is named, and the rest is there. */

import { knownContents } from './known-contents.ts';
import type { Attempt } from './ports.ts';
import type { RunRecord } from './result.ts';
import type { World } from './world.ts';

export interface LedgerView {
  readonly pipelines: readonly string[];
  /** Attempts of all pipelines; those at one content in order. */
  readonly attempts: readonly Attempt[];
  /** Settled runs as the histories tell them. */
  readonly history: readonly RunRecord[];
  readonly unreadable: readonly Unreadable[];
}

export interface Unreadable {
  readonly pipeline: string;
  readonly of: 'contents' | 'history';
  readonly where: string;
  readonly why: string;
}

export async function viewLedger(world: World): Promise<LedgerView> {
  const { ledger, layout } = world;
  const known = await knownContents(world);
  const attempts: Attempt[] = [];
  const history: RunRecord[] = [];
  const unreadable: Unreadable[] = [];
  for (const [pipeline, contents] of known) {
    const folder = `${layout.ledger}/${pipeline}`;
    for (const sha256 of contents) {
      try {
        attempts.push(...(await ledger.attempts(pipeline, sha256)));
      } catch (error) {
        const where = `${folder}/contents/${sha256}/`;
        unreadable.push({ pipeline, of: 'contents', where, why: messageOf(error) });
      }
    }
    try {
      history.push(...(await ledger.history(pipeline, Number.MAX_SAFE_INTEGER)));
    } catch (error) {
      unreadable.push({ pipeline, of: 'history', where: folder, why: messageOf(error) });
    }
  }
  return { pipelines: [...known.keys()], attempts, history, unreadable };
}

/** Every settled run once; where its attempt and the history differ, the attempt stands. */
export function settledRuns({ attempts, history }: LedgerView): RunRecord[] {
  const runs = new Map<string, RunRecord>();
  const settled = attempts.flatMap(({ record }) => record ?? []);
  for (const record of [...settled, ...history]) {
    const key = identityOf(record);
    if (!runs.has(key)) runs.set(key, record);
  }
  return [...runs.values()];
}

/** What tells one settled run from another: a name alone may be given again by an older execution. */
export const identityOf = ({ pipeline, run, attempt, owner }: RunRecord): string =>
  JSON.stringify([pipeline, run, attempt, owner]);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
