/** What became of the rows of a merge, as the log entry of its version says it: in the words of Delta, and in ours. */

import { z } from 'zod';
import type { MergedRows } from '../ports.ts';
import type { Action } from './log.ts';

const words = {
  inserted: 'numTargetRowsInserted',
  updated: 'numTargetRowsUpdated',
  deleted: 'numTargetRowsDeleted',
  unchanged: 'numSourceRowsUnchanged',
  absent: 'numSourceRowsAbsent',
  outdated: 'numSourceRowsOutdated',
} as const satisfies Record<keyof MergedRows, string>;

const names = Object.keys(words) as (keyof MergedRows)[];

export const metricsOfMerge = (merged: MergedRows): Record<string, string> => ({
  numSourceRows: String(names.reduce((sum, name) => sum + merged[name], 0)),
  ...Object.fromEntries(names.map((name) => [words[name], String(merged[name])])),
});

const count = z.coerce.number().pipe(z.int().min(0));
const metricsSchema = z.object(Object.fromEntries(names.map((name) => [words[name], count])));

/** Undefined for an entry that is no merge of ours. */
export function mergedBy(actions: readonly Action[]): MergedRows | undefined {
  const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
  const parsed = metricsSchema.safeParse(info?.['operationMetrics']);
  if (!parsed.success) return undefined;
  return Object.fromEntries(names.map((name) => [name, parsed.data[words[name]]])) as unknown as MergedRows;
}
