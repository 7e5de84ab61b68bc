/** One entry of a Delta log: its actions, parsed and written. What entries add up to is the snapshot's matter. */

import { z } from 'zod';
import { UsageError } from '../../core/errors.ts';
import type { Files } from '../ports.ts';
import { entryUri } from './paths.ts';

const whole = z.int();
const partitionValues = z.record(z.string(), z.string().nullable());

const addSchema = z.object({
  path: z.string(),
  partitionValues,
  size: whole,
  modificationTime: z.number(),
  dataChange: z.boolean(),
  stats: z.string().nullish(),
  tags: z.record(z.string(), z.string().nullable()).nullish(),
  deletionVector: z.unknown().optional(),
});
const removeSchema = z.object({
  path: z.string(),
  dataChange: z.boolean(),
  deletionTimestamp: z.number().nullish(),
  extendedFileMetadata: z.boolean().nullish(),
  partitionValues: partitionValues.nullish(),
  size: whole.nullish(),
});
const metaDataSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  format: z.object({ provider: z.string(), options: z.record(z.string(), z.string()).nullish() }),
  schemaString: z.string(),
  partitionColumns: z.array(z.string()),
  configuration: z.record(z.string(), z.string()).default({}),
  createdTime: z.number().nullish(),
});
const protocolSchema = z.object({
  minReaderVersion: whole,
  minWriterVersion: whole,
  readerFeatures: z.array(z.string()).nullish(),
  writerFeatures: z.array(z.string()).nullish(),
});
const txnSchema = z.object({ appId: z.string(), version: whole, lastUpdated: z.number().nullish() });

/** A line of an entry. What is not known here may be ignored, as the protocol says: it announces what may not. */
const actionSchema = z.object({
  add: addSchema.nullish(),
  remove: removeSchema.nullish(),
  metaData: metaDataSchema.nullish(),
  protocol: protocolSchema.nullish(),
  txn: txnSchema.nullish(),
  commitInfo: z.record(z.string(), z.unknown()).nullish(),
});

export type Add = z.output<typeof addSchema>;
export type Remove = z.output<typeof removeSchema>;
export type Txn = z.output<typeof txnSchema>;
export type MetaData = z.output<typeof metaDataSchema>;
export type Protocol = z.output<typeof protocolSchema>;
export type Action = z.output<typeof actionSchema>;

/** @throws UsageError naming the line that is not an action; ObjectChangedError if there is no such entry. */
export async function readEntry(files: Files, table: string, version: number): Promise<readonly Action[]> {
  const uri = entryUri(table, version);
  const blocks = await Array.fromAsync(files.read(uri));
  return parseEntry(Buffer.concat(blocks).toString('utf8'), uri);
}

/** Actions as an entry: one JSON document for each line. */
export const entryBytes = (actions: readonly object[]): Uint8Array =>
  Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));

/** When an entry was committed, in milliseconds; undefined if it does not say. */
export function committedAt(actions: readonly Action[]): number | undefined {
  const at = actions.find(({ commitInfo }) => commitInfo)?.commitInfo?.['timestamp'];
  return typeof at === 'number' ? at : undefined;
}

/** A line of an entry as an action. @throws what `damaged` makes of it. */
export function parseAction(value: unknown, damaged: (found: string, cause?: unknown) => Error): Action {
  const parsed = actionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw damaged(`no Delta action: ${z.prettifyError(parsed.error)}`, parsed.error);
}

/** @throws UsageError naming the line that is not an action. */
export function parseEntry(text: string, uri: string): readonly Action[] {
  const actions: Action[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const damaged = (found: string, cause?: unknown) =>
      new UsageError(
        `Line ${i + 1} of the log entry ${uri} is ${found}. The table cannot be read until that entry is restored.`,
        { cause },
      );
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw damaged('not JSON', cause);
    }
    actions.push(parseAction(value, damaged));
  });
  if (actions.length === 0) {
    throw new UsageError(
      `The log entry ${uri} is empty. The table cannot be read until that entry is restored.`,
    );
  }
  return actions;
}
