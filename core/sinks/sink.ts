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

export const sinkSchema = z.object({
  kind: z.string(),
  table: z.string(),
  write: z.enum(['append', 'replace']),
  partitionBy: z.array(z.string()).readonly(),
  metadata: z.array(z.enum(Object.keys(metadataColumns) as [MetadataColumn, ...MetadataColumn[]])).readonly(),
});

export type Sink = Readonly<z.infer<typeof sinkSchema>>;
