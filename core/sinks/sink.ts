/** What a sink is: plain data that says which table is written, how, and with what layout. */

import { z } from 'zod';

/** Columns that Sluice knows about a row, added on request. */
export const metadataColumns = {
  _file: { sql: 'VARCHAR', delta: 'string', description: 'The object that the row came from' },
  _record: { sql: 'BIGINT', delta: 'long', description: 'The number of the record in its object, from 1' },
  _run: { sql: 'VARCHAR', delta: 'string', description: 'The run that loaded the row' },
  _loaded_at: { sql: 'TIMESTAMPTZ', delta: 'timestamp', description: 'When that run started' },
} as const;

export type MetadataColumn = keyof typeof metadataColumns;

const columns = z.array(z.string()).readonly();

export const sinkSchema = z.object({
  kind: z.string(),
  table: z.string(),
  write: z.enum(['append', 'replace', 'upsert']),
  partitionBy: columns,
  metadata: z.array(z.enum(Object.keys(metadataColumns) as [MetadataColumn, ...MetadataColumn[]])).readonly(),
  /** Seconds for which the files of old versions are kept by a vacuum; null for what its caller takes. */
  retention: z.number().min(0).nullable().default(null),
  /** What a `replace` takes the place of: the whole table, or the partitions that the run has rows for. */
  scope: z.enum(['table', 'partition']).default('table'),
  /** The columns that tell rows apart, for sinks that look at what the table holds. */
  key: columns.default([]),
  /** The column by whose highest value a row stands for its key; without one the last record does. */
  newest: z.string().nullable().default(null),
  /** The rows that take their key's row out of the table. */
  deleteWhen: z.object({ text: z.string(), columns }).readonly().nullable().default(null),
});

export type Sink = Readonly<z.infer<typeof sinkSchema>>;

/** Whether the rows of a run meet those of the table by key: to update them, or to be left out for them. */
export const meetsTable = (sink: Sink): boolean => sink.key.length > 0;

/** The column of accepted rows that marks those which take their key's row out of the table. */
export const DELETE_COLUMN = '_delete';
