/** The values that stages hand to each other: small ones through the state machine, the rest as files of the run. */

import { z } from 'zod';
import { runRecordSchema, statuses } from './result.ts';

const count = z.int().min(0);

/** What starts an execution. */
export const startSchema = z.object({
  pipeline: z.string(),
  /** Unique for each execution: it owns what it stages, under this name. */
  execution: z.string().regex(/^[\w.-]{1,80}$/),
  objects: z.array(z.object({ uri: z.string(), version: z.string().optional() })).min(1),
  again: z.boolean().default(false),
  startedAt: z.iso.datetime(),
});
export type Start = z.infer<typeof startSchema>;

/** A part of an object that one transform works on: `first` is the number of records before it. */
export const chunkSchema = z.object({
  n: count,
  start: count,
  end: count,
  first: count,
  records: count,
  notes: count,
  /** CRC-32 of its bytes, as they were counted; without one whoever made the chunk proves otherwise what is read of it. */
  crc32: count.optional(),
  /** Where records start and end in it that cannot be told by their bytes alone, in pairs. */
  torn: z.array(count).optional(),
});
export type Chunk = z.infer<typeof chunkSchema>;

/** Which attempt a stage works for. */
export const attemptKeySchema = z.object({
  pipeline: z.string(),
  sha256: z.string(),
  attempt: z.int().min(1),
});

/** A round of the work on rows that meet, as the state machine takes one after another; after the last comes one without buckets. */
export interface RoundTask {
  readonly n?: number | undefined;
  /** The numbers of its buckets. */
  readonly buckets: number[];
  readonly next?: RoundTask | undefined;
}
const roundTaskSchema: z.ZodType<RoundTask> = z.lazy(() =>
  z.object({ n: count.optional(), buckets: z.array(count), next: roundTaskSchema.optional() }),
);

/** What ingest hands to the state machine. */
export const ingestedSchema = z.object({
  status: z.enum(['planned', 'duplicate', 'rejected']),
  execution: z.string(),
  run: z.string(),
  /** Null for a duplicate, which is no attempt. */
  attempt: attemptKeySchema.nullable(),
  manifest: z.string(),
  /** Only the numbers of the chunks: what they are stands in the manifest. */
  chunks: z.array(count),
  /** The first round of the work on rows that meet, in it the next, and so on. */
  rounds: roundTaskSchema.default({ buckets: [] }),
  reason: z.string().optional(),
});
export type Ingested = z.infer<typeof ingestedSchema>;

/** What a step joins rows with, and its version: of a table its number. */
const pinnedReferenceSchema = z.object({ relation: z.string(), name: z.string(), version: z.string() });
export type PinnedReference = z.infer<typeof pinnedReferenceSchema>;

/** What ingest found, kept as a file: all that later stages work by. */
export const manifestSchema = z.object({
  pipeline: z.string(),
  execution: z.string(),
  run: z.string(),
  attempt: z.int().min(1),
  definition: z.string(),
  startedAt: z.iso.datetime(),
  /** Earlier runs that published this content: this run takes their place. */
  published: z.array(z.string()),
  /** Earlier runs of this content that were held: their rejects give way to those of this run. */
  held: z.array(z.string()),
  source: count,
  object: z.object({
    uri: z.string(),
    version: z.string(),
    bytes: count,
    sha256: z.string(),
    /** Where the decoded bytes are: the object itself, or a copy made while decompressing. */
    decoded: z.object({ uri: z.string(), version: z.string(), bytes: count }),
  }),
  /** What the definition leaves open in the format, and the object told. */
  found: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  fields: z.array(z.string()).nullable(),
  records: count,
  chunks: z.array(chunkSchema),
  /** In how many buckets each round of the work on rows that meet is done; none where one function does it all at once. */
  rounds: z.array(z.int().min(1)).default([]),
  references: z.array(pinnedReferenceSchema).default([]),
  warnings: z.array(z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** What an execution is at work on; kept as a file from before it registers, so that its end can be told. */
export const subjectSchema = manifestSchema
  .pick({ pipeline: true, execution: true, definition: true, startedAt: true })
  .extend({ objects: runRecordSchema.shape.objects });
export type Subject = z.infer<typeof subjectSchema>;

/** What the stages after the transform work by. */
export const attemptTaskSchema = z.object({ manifest: z.string(), attempt: attemptKeySchema });
export type AttemptTask = z.infer<typeof attemptTaskSchema>;

/** What starts the load, or before it the meeting of one group of the table's files. */
export const loadTaskSchema = attemptTaskSchema.extend({ merge: count.optional() });

/** What starts the transform of one chunk. */
export const chunkTaskSchema = z.object({ manifest: z.string(), chunk: count });
export type ChunkTask = z.infer<typeof chunkTaskSchema>;

/** What starts the work on one bucket of a round. */
export const bucketTaskSchema = z.object({ manifest: z.string(), round: count, bucket: count });

/** One bucket of one round: a part of the work on rows that meet. */
export interface Share {
  readonly round: number;
  readonly n: number;
}

export const validateTaskSchema = z.union([bucketTaskSchema, attemptTaskSchema]);

export const reasonTallySchema = z.object({
  column: z.string().nullable(),
  code: z.string(),
  message: z.string(),
  records: count,
  record: count,
  value: z.string().nullable(),
});
export type ReasonTally = z.infer<typeof reasonTallySchema>;

export const stagedFileSchema = z.object({ uri: z.string(), records: count });
export type StagedFile = z.infer<typeof stagedFileSchema>;

const digest = z.string().regex(/^[0-9]+$/);

/** Staged rows with, for each part of the bytes, the bucket that it is of and the digest of its records' numbers. */
export const partedFileSchema = stagedFileSchema.extend({
  /** Of the rows before they were parted. */
  digest,
  parts: z.array(
    z.object({
      bucket: count,
      start: count,
      end: count,
      records: count,
      digest,
    }),
  ),
});
export type PartedFile = z.infer<typeof partedFileSchema>;

/** Rows that a step made of accepted records, and those of them that a later step left out. */
const elementsSchema = z.object({ made: count, leftOut: count });
export type Elements = z.infer<typeof elementsSchema>;

/** What was counted of judged rows. */
const judgedSchema = z.object({
  n: count,
  definition: z.string(),
  accepted: count,
  quarantined: count,
  filtered: count,
  rejects: stagedFileSchema.nullable(),
  reasons: z.array(reasonTallySchema),
  violations: z.record(z.string(), count),
  /** What checks on the run measured of the accepted rows; measures of parts add up. */
  measured: z.record(z.string(), z.number()),
  /** Missing where each record is one row. */
  elements: elementsSchema.optional(),
});

/** What came of one bucket, kept as a file under its round and its number. */
export const bucketResultSchema = judgedSchema.extend({
  /** The rows that chunks, or the round before, left for it. */
  read: count,
  /** Of the numbers of their records. */
  digest,
  deduplicated: count,
  /** In parts where another round comes after it. */
  rows: z.union([partedFileSchema, stagedFileSchema]).nullable(),
  /** How many rows each notice of a step is about. */
  notices: z.record(z.string(), count),
});
export type BucketResult = z.infer<typeof bucketResultSchema>;

/** What came of one chunk, kept as a file under its number. */
export const chunkResultSchema = judgedSchema.extend({
  /** In parts where a plan works on many rows at once. */
  rows: z.union([partedFileSchema, stagedFileSchema]).nullable(),
  extra: z.array(z.string()),
  exact: z.boolean(),
});
export type ChunkResult = z.infer<typeof chunkResultSchema>;

/** Why there is no result of a chunk, or of a bucket. */
export const partFailureSchema = z.object({ n: count, name: z.string(), message: z.string() });

/** How a stage that ends the run tells the state machine. */
export const endedSchema = z.object({
  status: z.enum([...statuses, 'passed']),
  manifest: z.string(),
  reason: z.string().optional(),
  /** The numbers of the groups of files that are met ahead of the load; missing where there are none. */
  merges: z.array(count).optional(),
});
export type Ended = z.infer<typeof endedSchema>;

/** What validate found, kept as a file: all that load works by. */
export const validatedSchema = z.object({
  read: count,
  accepted: count,
  quarantined: count,
  filtered: count,
  deduplicated: count,
  /** Rows for the table: as many as accepted records, unless a step makes several of each. */
  tableRows: count,
  rows: z.array(stagedFileSchema),
  rejects: z.array(stagedFileSchema),
  reasons: z.array(reasonTallySchema),
  violations: z.record(z.string(), count),
  warnings: z.array(z.string()),
  checks: runRecordSchema.shape.checks,
});
export type Validated = z.infer<typeof validatedSchema>;
