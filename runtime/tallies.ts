/** How often each reason was given: in a part of a run, and in the run. */

import { tallySql } from '../core/plan/write.ts';
import type { Engine } from './engine.ts';
import { reasonTallySchema, type ReasonTally } from './values.ts';

/** Different reasons that a run tells, beside those of its checks, whose verdicts need them; quarantine has them all. */
export const MOST_REASONS = 1000;

const isOfCheck = ({ code }: ReasonTally): boolean => code.startsWith('check.');

export async function tallies(engine: Engine, from: string, n: string): Promise<ReasonTally[]> {
  // One more than a run tells, so that it is seen where there are more.
  const rows = await engine.rows(tallySql(from, n, MOST_REASONS + 1));
  return rows.map((row) => reasonTallySchema.parse(row));
}

/** Those of all parts, the most frequent first. */
export function mergeTallies(parts: readonly (readonly ReasonTally[])[]): {
  readonly reasons: ReasonTally[];
  /** Whether there were more. */
  readonly isCut: boolean;
} {
  const merged = new Map<string, ReasonTally>();
  for (const tally of parts.flat()) {
    const key = JSON.stringify([tally.column, tally.code, tally.message]);
    const before = merged.get(key);
    const first = before === undefined || tally.record < before.record ? tally : before;
    merged.set(key, { ...first, records: tally.records + (before?.records ?? 0) });
  }
  const sorted = [...merged.values()].toSorted((a, b) => b.records - a.records || a.record - b.record);
  let others = 0;
  const reasons = sorted.filter((tally) => isOfCheck(tally) || others++ < MOST_REASONS);
  return { reasons, isCut: reasons.length < sorted.length };
}
