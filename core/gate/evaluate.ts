/** From the numbers of a run to the decision: may its rows become visible? */

import type { Check, Verdict } from '../checks/check.ts';

export interface GateInput {
  readonly gate: { readonly rejected: { readonly atMost: number } };
  readonly read: number;
  readonly rejected: number;
  readonly checks: readonly { readonly check: Check; readonly verdict: Verdict }[];
}

export interface Decision {
  readonly held: boolean;
  /** Why the run is held: one sentence for each cause. */
  readonly because: readonly string[];
}

/** Holds a run in which too large a share was rejected, or of which a check of severity `fail` does not hold. */
export function evaluate({ gate, read, rejected, checks }: GateInput): Decision {
  const { atMost } = gate.rejected;
  const because: string[] = [];
  // Compared as a product, so that a share of exactly the limit passes whatever the rounding of the quotient.
  if (rejected > atMost * read && rejected / read > atMost) {
    const share = Number(((rejected / read) * 100).toFixed(2));
    because.push(
      `${share} % of the records were rejected, at most ${Number((atMost * 100).toFixed(2))} % may be`,
    );
  }
  for (const { check, verdict } of checks) {
    if (!verdict.passed && check.severity === 'fail') because.push(`check ${check.name}: ${verdict.message}`);
  }
  return { held: because.length > 0, because };
}
