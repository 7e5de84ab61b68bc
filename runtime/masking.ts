/** Which columns hold personal data, and what stands for it in logs and reports. */

import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';

export const MASK = '(personal, masked)';

/** Columns marked `pii`, and columns that were derived from one. */
export function personalColumns(pipeline: Pipeline): ReadonlySet<string> {
  const { received, output } = planOf(pipeline);
  return new Set([...received, ...output].filter((column) => column.pii).map((column) => column.name));
}
