/** Which columns hold personal data, and what stands for it in logs and reports. */

import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';

export const MASK = '(personal, masked)';

/** Columns marked `pii`, and columns that were derived from one. */
export function personalColumns(pipeline: Pipeline): ReadonlySet<string> {
  const { received, output } = planOf(pipeline);
  return new Set([...received, ...output].filter((column) => column.pii).map((column) => column.name));
}

/**
 * A message of an error without the values that the engine may have put into it, where a pipeline has personal columns:
 * its first line, with what stands in quotes left out.
 */
export function withoutValues(pipeline: Pipeline, message: string): string {
  if (personalColumns(pipeline).size === 0) return message;
  const [first = ''] = message.split('\n');
  // From the first quote to the last: a value may hold quotes itself.
  return first.replace(/['"](?:.*['"]|.*$)/su, "'…'");
}
