/** The end of a run: its report, its line in the ledger, the word to people, and an empty work folder. */

import type { z } from 'zod';
import { HeldByQualityGateError, ObjectRejectedError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { definitionHash } from './definition.ts';
import { MASK, personalColumns, withoutValues } from './masking.ts';
import { runRecordSchema, type RunRecord } from './result.ts';
import { runName } from './run-name.ts';
import { placesOf, readValue, readWhole } from './staging.ts';
import {
  manifestSchema,
  subjectSchema,
  type Manifest,
  type ReasonTally,
  type Start,
  type Subject,
} from './values.ts';
import type { World } from './world.ts';

/** What came of a run; what is left out is nothing. */
export interface Outcome {
  readonly status: RunRecord['status'];
  readonly records?: Partial<RunRecord['records']>;
  readonly rows?: Partial<RunRecord['rows']>;
  readonly reasons?: readonly ReasonTally[];
  readonly tables?: RunRecord['tables'];
  readonly quarantine?: string;
  readonly checks?: RunRecord['checks'];
  readonly warnings?: readonly string[];
  readonly error?: { readonly name: string; readonly message: string };
}

export const subjectOf = (manifest: Manifest): Subject => ({
  ...manifest,
  objects: [{ uri: manifest.object.uri, bytes: manifest.object.bytes, sha256: manifest.object.sha256 }],
});

/**
 * Settles a run. Repeats change nothing but the report, which is written again with the same content. A held run keeps
 * what it staged, for its release; every other one leaves an empty work folder.
 */
export async function settle(
  world: World,
  pipeline: Pipeline,
  subject: Subject,
  outcome: Outcome,
): Promise<RunRecord> {
  const settledAt = world.now();
  const durationMs = Math.max(0, settledAt.getTime() - Date.parse(subject.startedAt));
  const records = {
    read: 0,
    loaded: 0,
    quarantined: 0,
    filtered: 0,
    deduplicated: 0,
    held: 0,
    ...outcome.records,
  };
  const { pipeline: name, run, definition, attempt, execution, startedAt, objects } = subject;
  const record = runRecordSchema.parse({
    pipeline: name,
    run,
    definition,
    status: outcome.status,
    records,
    rows: { inserted: 0, updated: 0, unchanged: 0, deleted: 0, ...outcome.rows },
    reasons: masked(pipeline, outcome.reasons ?? []),
    objects,
    durationMs,
    recordsPerSecond: durationMs === 0 ? 0 : Math.round(((records.read ?? 0) / durationMs) * 1000),
    tables: outcome.tables ?? [],
    quarantine: outcome.quarantine ?? null,
    report: world.layout.report(name, run),
    warnings: [...subject.warnings, ...(outcome.warnings ?? [])],
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
    attempt,
    owner: execution,
    startedAt,
    settledAt: settledAt.toISOString(),
    checks: outcome.checks ?? [],
  } satisfies RunRecord);
  await world.files.write(record.report, Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
  await world.ledger.settle(record);
  if (outcome.status !== 'held') await emptyWork(world, name, execution);
  await world.notifications.settled(record);
  return record;
}

/**
 * Settles a run that failed, from what the execution left of it.
 * The source and the quarantine are untouched; the same content can be run again.
 */
export async function settleFailure(
  world: World,
  pipeline: Pipeline,
  failure: { readonly start: Start; readonly error: { name: string; message: string } },
): Promise<RunRecord> {
  const { start, error } = failure;
  const places = placesOf(world, pipeline.name, start.execution);
  const left = async <S extends z.ZodType>(uri: string, schema: S): Promise<z.output<S> | undefined> =>
    (await world.files.stat(uri)) ? readValue(world.files, uri, schema) : undefined;
  const subject: Subject = (await left(places.subject, subjectSchema)) ?? {
    pipeline: pipeline.name,
    execution: start.execution,
    run: runName(pipeline.name, start.startedAt, null),
    attempt: 1,
    definition: definitionHash(pipeline),
    startedAt: start.startedAt,
    warnings: [],
    objects: await unread(world, start),
  };
  const manifest = await left(places.manifest, manifestSchema);
  return settle(world, pipeline, subject, {
    status: 'failed',
    records: { read: manifest?.records ?? null },
    error: { name: error.name, message: withoutValues(pipeline, error.message) },
  });
}

/** Whether an error ends a run by a decision about its data, which has been settled already. */
export const isDecision = (errorName: string): boolean =>
  errorName === ObjectRejectedError.name ||
  errorName === HeldByQualityGateError.name ||
  ['ObjectRejected', 'HeldByQualityGate'].includes(errorName);

async function unread(world: World, start: Start): Promise<RunRecord['objects']> {
  return Promise.all(
    start.objects.map(async ({ uri }) => {
      const info = await world.files.stat(uri).catch(() => undefined);
      return { uri, bytes: info?.size ?? 0, sha256: null };
    }),
  );
}

async function emptyWork(world: World, pipeline: string, execution: string): Promise<void> {
  const { work } = placesOf(world, pipeline, execution);
  await world.files.removeAll(work);
}

function masked(pipeline: Pipeline, reasons: readonly ReasonTally[]): RunRecord['reasons'] {
  const personal = personalColumns(pipeline);
  const hides = (column: string | null): boolean =>
    column !== null && column.split(', ').some((name) => personal.has(name));
  return reasons.map(({ column, code, message, records, record, value }) => ({
    column,
    code,
    message,
    records,
    example: { record: record + 1, value: value !== null && hides(column) ? MASK : value },
  }));
}

/** The record of a settled run. */
export async function readReport(world: World, pipeline: string, run: string): Promise<RunRecord> {
  const bytes = await readWhole(world.files, world.layout.report(pipeline, run));
  return runRecordSchema.parse(JSON.parse(bytes.toString('utf8')));
}
