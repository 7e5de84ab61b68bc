/** How an attempt ends, written down before it is decided: whoever reads it can carry it out, without the definition. */

import { z } from 'zod';
import { EngineError } from '../core/errors.ts';
import { dataFileSchema } from './data-file.ts';
import { parseExact } from './delta/exact-json.ts';
import { fieldSchema } from './delta/schema.ts';
import { mergeTaskSchema, type MergeTask } from './merge/task.ts';
import type { Files, TableChange } from './ports.ts';
import { runRecordSchema, type RunRecord } from './result.ts';
import { readWhole } from './staging.ts';

const count = z.int().min(0);

const changeSchema = z.object({
  id: z.object({ application: z.string(), version: count }),
  schema: z.object({
    fields: z.array(fieldSchema),
    partitionBy: z.array(z.string()),
    description: z.string(),
    configuration: z.record(z.string(), z.string()).exactOptional(),
  }),
  write: z.enum(['append', 'replace']),
  overPartitions: z.boolean().exactOptional(),
  add: z.array(dataFileSchema),
  remove: z.array(z.string()).exactOptional(),
  readVersion: z.int().min(-1).exactOptional(),
  merged: z
    .object({
      inserted: count,
      updated: count,
      unchanged: count,
      deleted: count,
      absent: count,
      outdated: count,
    })
    .exactOptional(),
  supersedes: z.array(z.string()),
  operation: z.string(),
  at: z.iso.datetime().transform((text) => new Date(text)),
}) satisfies z.ZodType<TableChange>;

export interface Conclusion {
  /** The record as it will be settled, but for its time and for what the commits say. */
  readonly record: RunRecord;
  /** Changes of tables, in the order in which they become visible. */
  readonly changes: readonly TableCommit[];
  /** Folders of this run alone; of what lies there, only `keep` and what the changes add will remain. */
  readonly folders: readonly string[];
  readonly keep: readonly string[];
}

export interface TableCommit {
  readonly uri: string;
  readonly change: TableChange;
  /** The table's name in the record; null for the quarantine. */
  readonly name: string | null;
  /** What the change was made of, if it is of one version of the table: on another one it has to be made again. */
  readonly merge?: MergeTask | undefined;
}

const conclusionSchema: z.ZodType<Conclusion> = z.object({
  record: runRecordSchema,
  changes: z.array(
    z.object({
      uri: z.string(),
      change: changeSchema,
      name: z.string().nullable(),
      merge: mergeTaskSchema.exactOptional(),
    }),
  ),
  folders: z.array(z.string()),
  keep: z.array(z.string()),
});

export async function writeConclusion(files: Files, uri: string, conclusion: Conclusion): Promise<void> {
  await files.write(uri, Buffer.from(`${JSON.stringify(conclusion)}\n`));
}

/** @throws EngineError if what lies there is no conclusion; ObjectChangedError if nothing is there. */
export async function readConclusion(files: Files, uri: string): Promise<Conclusion> {
  // Bounds of statistics may be numbers that JavaScript would round.
  const value = parseExact((await readWhole(files, uri)).toString('utf8'));
  const parsed = conclusionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new EngineError(`${uri} is no conclusion of a run: ${z.prettifyError(parsed.error)}`);
}
