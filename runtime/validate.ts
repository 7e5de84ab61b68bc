/** Stage validate: the chunks' results put together, the work on the run as a whole, its checks and the quality gate. */

import { EngineError } from '../core/errors.ts';
import { evaluate } from '../core/gate/evaluate.ts';
import { balance } from '../core/gate/reconcile.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { judgeRun, type Judged } from '../core/plan/measure.ts';
import { rowChecks, violationColumn } from '../core/plan/row-checks.ts';
import { inEngine, type World } from './world.ts';
import { judgeBucket } from './bucket.ts';
import { conclude, ended, mustBe } from './conclude.ts';
import { planAhead } from './merge/plan-ahead.ts';
import type { AttemptKey } from './ports.ts';
import { notingFailure } from './note-failure.ts';
import { rowsFor } from './part-results.ts';
import { putTogether, type Counted } from './put-together.ts';
import { placeRejects } from './quarantine.ts';
import { aboutOf, recordOf } from './record.ts';
import { foldersOf } from './recover.ts';
import type { RunRecord } from './result.ts';
import { nameOfRound } from './rounds.ts';
import { openManifest, placesOf, writeOnce } from './staging.ts';
import {
  bucketResultSchema,
  validatedSchema,
  validateTaskSchema,
  type AttemptTask,
  type Ended,
  type Manifest,
  type Share,
  type Validated,
} from './values.ts';

/**
 * The run as a whole; given a bucket of a round, what comes before for the rows of that bucket.
 * @throws EngineError if a chunk or a bucket left no result; ReconciliationError if the numbers do not agree.
 */
export async function validate(
  world: World,
  pipeline: Pipeline,
  input: unknown,
): Promise<Ended | { readonly n: number }> {
  const task = validateTaskSchema.parse(input);
  return 'bucket' in task
    ? validateBucket(world, pipeline, task.manifest, { round: task.round, n: task.bucket })
    : validateRun(world, pipeline, task);
}

async function validateBucket(
  world: World,
  pipeline: Pipeline,
  uri: string,
  share: Share,
): Promise<{ readonly n: number }> {
  const manifest = await openManifest(world, pipeline, uri);
  const { round, n } = share;
  if (!(n < (manifest.rounds[round] ?? 0)))
    throw new EngineError(`${uri} has no bucket ${n} in ${nameOfRound(round)}.`);
  const places = placesOf(world, pipeline.name, manifest.execution);
  await notingFailure(world.files, places.bucketFailure(share), n, async () => {
    const left = await rowsFor(world, pipeline, manifest, round);
    const result = await judgeBucket(world, pipeline, manifest, left, share);
    await writeOnce(world.files, places.bucket(share), bucketResultSchema, result);
  });
  return { n };
}

async function validateRun(
  world: World,
  pipeline: Pipeline,
  { manifest: uri, attempt }: AttemptTask,
): Promise<Ended> {
  const before = await ended(world, attempt);
  if (before) return heldBy(before, uri);
  const manifest = await openManifest(world, pipeline, uri);
  const places = placesOf(world, pipeline.name, manifest.execution);
  const { counted, measured } = await putTogether(world, pipeline, manifest);
  const run = await judged(world, pipeline, counted, measured);
  const { read, accepted, quarantined, filtered, deduplicated } = run.validated;
  balance(manifest.run, { read, accepted, quarantined, filtered, deduplicated });
  const decision = evaluate({ gate: pipeline.gate, read, rejected: quarantined, checks: run.judged });
  const validated: Validated = {
    ...run.validated,
    checks: verdicts(run.judged),
    warnings: [...run.validated.warnings, ...onlyWarned(run.judged)],
  };
  await writeOnce(world.files, places.validated, validatedSchema, validated);
  world.notifications.progress({ pipeline: pipeline.name, stage: 'validate', done: read, total: read });
  if (!decision.held) {
    const merges = await planAhead(world, pipeline, manifest, validated);
    return { status: 'passed', manifest: uri, ...(merges.length === 0 ? {} : { merges }) };
  }
  return heldBy(await hold(world, pipeline, attempt, manifest, validated, decision.because.join('; ')), uri);
}

/** @throws StaleAttemptError if the attempt ended in another way. */
function heldBy(record: RunRecord, manifest: string): Ended {
  const { status, error } = mustBe(record, 'held');
  return { status, manifest, reason: error?.message ?? '' };
}

async function hold(
  world: World,
  pipeline: Pipeline,
  attempt: AttemptKey,
  manifest: Manifest,
  validated: Validated,
  because: string,
): Promise<RunRecord> {
  const { read, accepted, quarantined, filtered, deduplicated, reasons, checks } = validated;
  const uri = world.layout.quarantinedRecords;
  const rejects = await inEngine(world, (engine) =>
    placeRejects(world, engine, manifest, validated.rejects, manifest.held),
  );
  if (rejects) await world.tables.check(uri, rejects);
  const record = recordOf(world, pipeline, aboutOf(manifest), {
    status: 'held',
    records: { read, quarantined, filtered, deduplicated, held: accepted },
    reasons,
    checks,
    warnings: [...manifest.warnings, ...validated.warnings],
    ...(validated.rejects.length === 0 ? {} : { quarantine: uri }),
    error: { name: 'HeldByQualityGateError', message: because },
  });
  return conclude(world, attempt, {
    outcome: 'hold',
    by: manifest.execution,
    conclusion: {
      record,
      changes: rejects ? [{ uri, change: rejects, name: null }] : [],
      folders: foldersOf(world, pipeline, manifest.run),
      keep: [],
    },
  });
}

async function judged(world: World, pipeline: Pipeline, counted: Counted, measured: Record<string, number>) {
  const history = (await world.ledger.history(pipeline.name, 100))
    .filter((record) => record.status === 'published' || record.status === 'published-with-rejects')
    .map(({ rows }) => rows.inserted + rows.updated + rows.unchanged);
  const onRun = judgeRun(pipeline.checks, measured, { loaded: history });
  const onRows = rowChecks(pipeline.checks)
    .filter((check) => check.severity !== 'reject')
    .map((check): Judged => {
      const broken = counted.violations[violationColumn(pipeline.checks, check)] ?? 0;
      return {
        check,
        verdict: {
          passed: broken === 0,
          message: `${broken === 1 ? '1 row breaks' : `${broken} rows break`} the rule: ${check.words}`,
        },
      };
    });
  const rejecting = rowChecks(pipeline.checks)
    .filter((check) => check.severity === 'reject')
    .map((check): Judged => {
      const column = check.columns.join(', ');
      const code = `check.${check.name}`;
      const tally = counted.reasons.find(
        (one) => one.column === column && one.code === code && one.message === check.message,
      );
      const records = tally?.records ?? 0;
      const rejected = records === 1 ? '1 record' : `${records} records`;
      return {
        check,
        verdict: { passed: records === 0, message: `${rejected} rejected by: ${check.words}` },
      };
    });
  return { validated: counted, judged: [...rejecting, ...onRows, ...onRun] };
}

function verdicts(judgedChecks: readonly Judged[]): RunRecord['checks'] {
  return judgedChecks.map(({ check, verdict }) => ({
    name: check.name,
    words: check.words,
    severity: check.severity,
    ...verdict,
  }));
}

/** Checks of severity `warn` that do not hold: they stop nothing, so they are said. */
const onlyWarned = (checks: readonly Judged[]): string[] =>
  checks.flatMap(({ check, verdict }) =>
    check.severity === 'warn' && !verdict.passed ? [`Check ${check.name}: ${verdict.message}`] : [],
  );
