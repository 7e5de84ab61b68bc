/** The result of a run: a public contract, printed by `sluice run --json`, kept as report and in the ledger. */

import { z } from 'zod';

const count = z.int().min(0);

export const statuses = [
  'published',
  'published-with-rejects',
  'duplicate',
  'held',
  'rejected',
  'failed',
] as const;
export type Status = (typeof statuses)[number];

/** What a shell is told: 0 for data that is as it should be, 2 for data that is not, 3 for a failure. */
export const exitCodes: Readonly<Record<Status, number>> = Object.freeze({
  published: 0,
  'published-with-rejects': 0,
  duplicate: 0,
  held: 2,
  rejected: 2,
  failed: 3,
});

export const recordsSchema = z.object({
  /** Records received; null where the object could not be told into records. */
  read: count.nullable(),
  loaded: count,
  quarantined: count,
  filtered: count,
  deduplicated: count,
  held: count,
});
export type RecordCounts = z.infer<typeof recordsSchema>;

export const reasonCountSchema = z.object({
  column: z.string().nullable(),
  code: z.string(),
  message: z.string(),
  records: count,
  /** The first record with this reason: its number, from 1, and the received text (masked for personal columns). */
  example: z.object({ record: count, value: z.string().nullable() }),
});
export type ReasonCount = z.infer<typeof reasonCountSchema>;

export const runResultSchema = z.object({
  pipeline: z.string(),
  run: z.string(),
  /** The hash of the definition that the run worked by. */
  definition: z.string(),
  status: z.enum(statuses),
  records: recordsSchema,
  rows: z.object({ inserted: count, updated: count, unchanged: count, deleted: count }),
  reasons: z.array(reasonCountSchema),
  objects: z.array(z.object({ uri: z.string(), bytes: count, sha256: z.string().nullable() })),
  durationMs: z.number().min(0),
  recordsPerSecond: z.number().min(0),
  tables: z.array(z.object({ name: z.string(), version: count, uri: z.string() })),
  quarantine: z.string().nullable(),
  report: z.string(),
  warnings: z.array(z.string()),
  error: z.object({ name: z.string(), message: z.string() }).optional(),
});
export type RunResult = z.infer<typeof runResultSchema>;

/** A result as the ledger keeps it: with the attempt that it settles. */
export const runRecordSchema = runResultSchema.extend({
  attempt: z.int().min(1),
  owner: z.string(),
  startedAt: z.iso.datetime(),
  settledAt: z.iso.datetime(),
  /** What rows were joined with: of a file the store's version, of a table its number. */
  references: z.array(z.object({ name: z.string(), version: z.string() })).default([]),
  checks: z.array(
    z.object({
      name: z.string(),
      words: z.string(),
      severity: z.string(),
      passed: z.boolean(),
      message: z.string(),
    }),
  ),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
