/** The items of the ledger's table: their keys, what they hold, and what of a record they have room for. */

import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { UsageError } from '../../core/errors.ts';
import type { Attempt, AttemptKey } from '../ports.ts';
import { checkContent, checkPipeline, decisionSchema, entrySchema } from '../registration.ts';
import { runRecordSchema, type RunRecord } from '../result.ts';
import type { ItemKey } from './dynamo-table.ts';

export const contentPk = (pipeline: string, sha256: string): string =>
  `${checkPipeline(pipeline)}#content#${checkContent(sha256)}`;
export const openPk = (pipeline: string): string => `${checkPipeline(pipeline)}#open`;
export const historyPk = (pipeline: string): string => `${checkPipeline(pipeline)}#history`;

export const attemptKey = ({ pipeline, sha256, attempt }: AttemptKey): ItemKey => ({
  pk: contentPk(pipeline, sha256),
  sk: String(attempt).padStart(9, '0'),
});

export const openKey = ({ pipeline, sha256, attempt }: AttemptKey): ItemKey => ({
  pk: openPk(pipeline),
  sk: `${checkContent(sha256)}#${attempt}`,
});

/** Says that a run which is no attempt has its line in the history. */
export const lineKey = ({ pipeline, run, attempt, owner }: RunRecord): ItemKey => ({
  pk: `${checkPipeline(pipeline)}#lines`,
  sk: JSON.stringify([run, attempt, owner]),
});

/** A record is kept as text, a long one as the same text in gzip. */
const recordSchema = z
  .union([z.string(), z.instanceof(Uint8Array)])
  .transform((kept): RunRecord =>
    runRecordSchema.parse(JSON.parse(typeof kept === 'string' ? kept : gunzipSync(kept).toString('utf8'))),
  );

const attemptSchema = entrySchema.extend({
  pipeline: z.string(),
  sha256: z.string(),
  attempt: z.int().min(1),
  decision: decisionSchema.optional(),
  record: recordSchema.optional(),
});
const openSchema = z.object({ pipeline: z.string(), sha256: z.string(), attempt: z.int().min(1) });
const lineSchema = z.object({ record: recordSchema });

export function attemptOf(item: unknown): Attempt {
  const { decision, record, ...entry } = parsed(attemptSchema, item);
  return { ...entry, ...(decision ? { decision } : {}), ...(record ? { record } : {}) };
}

export const openOf = (item: unknown): AttemptKey => parsed(openSchema, item);
export const lineOf = (item: unknown): RunRecord => parsed(lineSchema, item).record;

function parsed<S extends z.ZodType>(schema: S, item: unknown): z.output<S> {
  let cause: unknown;
  try {
    return schema.parse(item);
  } catch (error) {
    cause = error;
  }
  const { pk, sk } = (item ?? {}) as Partial<ItemKey>;
  const found = cause instanceof z.ZodError ? z.prettifyError(cause) : 'its record is not JSON';
  throw new UsageError(
    `The item ${JSON.stringify([pk, sk])} is no entry of the ledger: ${found}\nRestore that item, or remove it.`,
    { cause },
  );
}

/** An item holds 400 KB in all; beside the record it holds keys, a decision and the words of a registration. */
const RECORD_BYTES = 360 * 1024;
const SENTENCE_BYTES = 2 * 1024;
const CUT = 'The ledger holds only';

/**
 * A record as an item has room for it. Of one that is too long even in gzip: the most frequent reasons and the first
 * warnings, and a warning that says so.
 */
export function kept(record: RunRecord): string | Uint8Array {
  const text = JSON.stringify(record);
  if (Buffer.byteLength(text) <= RECORD_BYTES) return text;
  const zipped = gzipSync(text);
  return zipped.length <= RECORD_BYTES ? zipped : JSON.stringify(cut(record));
}

function cut(record: RunRecord): RunRecord {
  const { reasons, warnings, report } = record;
  const bare = { ...record, reasons: [], warnings: [] };
  let room = RECORD_BYTES - SENTENCE_BYTES - bytesOf(bare);
  const taken = <T>(things: readonly T[]): T[] => {
    const first = things.findIndex((thing) => (room -= bytesOf(thing) + 1) < 0);
    return things.slice(0, first === -1 ? things.length : first);
  };
  const someWarnings = taken(warnings);
  const someReasons = taken(reasons);
  const sentence =
    `${CUT} ${someReasons.length} of ${reasons.length} reasons and ${someWarnings.length} of ${warnings.length} ` +
    `warnings of this run: an item of DynamoDB has room for 400 KB. All are in ${report}.`;
  return { ...bare, reasons: someReasons, warnings: [...someWarnings, sentence] };
}

/** Whether a record was cut to fit. */
export const isCut = ({ warnings }: RunRecord): boolean => warnings.at(-1)?.startsWith(CUT) ?? false;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
