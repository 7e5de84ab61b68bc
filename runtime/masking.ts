/** Which columns hold personal data, and what stands for it in logs and reports. */

import type { Layer } from '../core/layer.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';

export const MASK = '(personal, masked)';

/** Columns that are personal at any step: marked `pii`, or made of one. A reason may name one that no row ends with. */
export function personalColumns(pipeline: Pipeline): ReadonlySet<string> {
  let layer: Layer = { sql: '', columns: planOf(pipeline).received };
  const columns = [...layer.columns];
  for (const step of pipeline.rows.steps) {
    layer = step.apply(layer, `Pipeline ${JSON.stringify(pipeline.name)}`);
    columns.push(...layer.columns);
  }
  return new Set(columns.filter((column) => column.pii).map((column) => column.name));
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
