/** What a run brings to a table that keeps one row for each key: enough to meet any version of it, at any time. */

import { z } from 'zod';
import { dataFileSchema } from '../data-file.ts';
import { stagedFileSchema } from '../values.ts';

/** What came of files of the table that were met ahead. */
export const aheadSchema = z.object({
  /** The meeting's; in one of another shape this is of no use. */
  shape: z.string(),
  /** The paths of the files that were met: their numbers in `met` are their places here. */
  files: z.array(z.string()),
  rewritten: z.array(z.object({ remove: z.array(z.string()).min(1), add: dataFileSchema.nullable() })),
  /** The lines of the table `met`; null if no row met one of these files. */
  met: stagedFileSchema.nullable(),
  /** Adds up the keys of the rows that the lines are of: they are the same rows only if it is the same. */
  keys: z.string(),
});
export type Ahead = z.infer<typeof aheadSchema>;

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
  /** What was met ahead, of earlier versions of the table. */
  ahead: z.array(aheadSchema).default([]),
});

export type MergeTask = z.infer<typeof mergeTaskSchema>;
