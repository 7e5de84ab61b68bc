/** What a run brings to a table that keeps one row for each key: enough to meet any version of it, at any time. */

import { z } from 'zod';
import { stagedFileSchema } from '../values.ts';

export const mergeTaskSchema = z.object({
  run: z.string(),
  /** The accepted rows, one for each key, where they stay until the run is settled. */
  rows: z.array(stagedFileSchema),
  /** Whether a row takes the place of the table's row with its key, or gives way to it. */
  write: z.enum(['upsert', 'append']),
  key: z.array(z.string()).min(1),
  /** A row with a lower value than the table's gives way to it. */
  newest: z.string().nullable(),
  /** Whether the rows say of themselves, in a column of their own, that they take out their key's row. */
  deletes: z.boolean(),
  /** The columns that make a row another one: all but those that Sluice adds. */
  compared: z.array(z.string()),
});

export type MergeTask = z.infer<typeof mergeTaskSchema>;
