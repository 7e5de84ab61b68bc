/** How the rows of a run can be parted, so that rows which meet in a step, a check or a sink stay together. */

import type { Check } from '../checks/check.ts';
import { meetsTable, type Sink } from '../sinks/sink.ts';
import type { Step } from '../transforms/step.ts';
import { rowChecks } from './row-checks.ts';

export interface Together {
  /** The columns of the rows that chunks leave. */
  readonly columns: readonly string[];
  /** The steps from the first set-wise one on. */
  readonly steps: readonly Step[];
  readonly checks: readonly Check[];
  readonly sinks: readonly Sink[];
}

/**
 * The columns whose values say in which part a row goes: rows that meet anywhere are equal in all of them. None where no
 * row meets another; null where the rows cannot be parted, because all of them meet, or by different columns in turn.
 */
export function partedBy({ columns, steps, checks, sinks }: Together): readonly string[] | null {
  const groups: (readonly string[])[] = [];
  let asStaged = columns;
  for (const step of steps) {
    if (step.setwise) {
      if (step.meets === undefined) return null;
      if (step.meets !== 'record') groups.push(step.meets.filter((name) => asStaged.includes(name)));
    }
    const { makes } = step;
    asStaged = makes === undefined ? [] : asStaged.filter((name) => !makes.includes(name));
  }
  for (const check of rowChecks(checks)) {
    if (!check.setwise) continue;
    if (check.meets === undefined) return null;
    groups.push(check.meets.filter((name) => asStaged.includes(name)));
  }
  for (const sink of sinks.filter(meetsTable))
    groups.push(sink.key.filter((name) => asStaged.includes(name)));
  const [first, ...others] = groups;
  if (first === undefined) return [];
  const shared = first.filter((name) => others.every((group) => group.includes(name)));
  return shared.length > 0 ? shared : null;
}
