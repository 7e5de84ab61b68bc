/** The record of a run: what came of it, as the ledger and the report keep it. */

import type { Pipeline } from '../core/pipeline.ts';
import { MASK, personalColumns } from './masking.ts';
import type { RunRecord } from './result.ts';
import type { Manifest, ReasonTally, Subject } from './values.ts';
import type { World } from './world.ts';

/** Who and what a record is about. */
export interface About extends Subject {
  readonly run: string;
  readonly attempt: number;
  readonly references?: RunRecord['references'];
}

export const aboutOf = ({ object, ...manifest }: Manifest): About => ({
  ...manifest,
  objects: [{ uri: object.uri, bytes: object.bytes, sha256: object.sha256 }],
});

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

export function recordOf(world: World, pipeline: Pipeline, about: About, outcome: Outcome): RunRecord {
  const counts = { read: 0, loaded: 0, quarantined: 0, filtered: 0, deduplicated: 0, held: 0 };
  return settledAt(
    {
      pipeline: about.pipeline,
      run: about.run,
      definition: about.definition,
      status: outcome.status,
      records: { ...counts, ...outcome.records },
      rows: { inserted: 0, updated: 0, unchanged: 0, deleted: 0, ...outcome.rows },
      reasons: masked(pipeline, outcome.reasons ?? []),
      objects: about.objects.map(({ uri, bytes, sha256 }) => ({ uri, bytes, sha256 })),
      durationMs: 0,
      recordsPerSecond: 0,
      tables: outcome.tables ?? [],
      quarantine: outcome.quarantine ?? null,
      report: world.layout.report(about.pipeline, about.run),
      warnings: [...(outcome.warnings ?? [])],
      ...(outcome.error === undefined ? {} : { error: outcome.error }),
      attempt: about.attempt,
      owner: about.execution,
      startedAt: about.startedAt,
      settledAt: about.startedAt,
      references: (about.references ?? []).map(({ name, version }) => ({ name, version })),
      checks: outcome.checks ?? [],
    },
    world.now(),
  );
}

/** The same record, settled at a time. A clock that went back makes no run of negative length. */
export function settledAt(record: RunRecord, at: Date): RunRecord {
  const durationMs = Math.max(0, at.getTime() - Date.parse(record.startedAt));
  const recordsPerSecond =
    durationMs === 0 ? 0 : Math.round(((record.records.read ?? 0) / durationMs) * 1000);
  return { ...record, durationMs, recordsPerSecond, settledAt: at.toISOString() };
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
