/** Stage validate: the chunks' results put together, the work on the run as a whole, its checks and the quality gate. */

import { EngineError, LimitExceededError } from '../core/errors.ts';
import { evaluate } from '../core/gate/evaluate.ts';
import { agree, balance } from '../core/gate/reconcile.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { judgeRun, measureSql, type Judged } from '../core/plan/measure.ts';
import { planOf } from '../core/plan/plan.ts';
import { rowChecks, violationColumn } from '../core/plan/row-checks.ts';
import { inEngine, type World } from './world.ts';
import { ignoredFields } from './ingest.ts';
import { conclude, ended, mustBe } from './conclude.ts';
import type { AttemptKey } from './ports.ts';
import { placeRejects } from './quarantine.ts';
import { aboutOf, recordOf } from './record.ts';
import { foldersOf } from './recover.ts';
import type { RunRecord } from './result.ts';
import { openManifest, placesOf, readValue, writeOnce } from './staging.ts';
import { downloadStaged, readParquet } from './table-files.ts';
import { MOST_REASONS } from './transform.ts';
import {
  attemptTaskSchema,
  chunkFailureSchema,
  chunkResultSchema,
  validatedSchema,
  type ChunkResult,
  type Ended,
  type Manifest,
  type ReasonTally,
  type Validated,
} from './values.ts';
import { judgeWhole } from './whole.ts';

/** @throws EngineError if a chunk left no result; ReconciliationError if the numbers do not agree. */
export async function validate(world: World, pipeline: Pipeline, input: unknown): Promise<Ended> {
  const { manifest: uri, attempt } = attemptTaskSchema.parse(input);
  const before = await ended(world, attempt);
  if (before) return heldBy(before, uri);
  const manifest = await openManifest(world, pipeline, uri);
  const places = placesOf(world, pipeline.name, manifest.execution);
  const chunks = await chunkResults(world, pipeline, manifest);
  const run = await putTogether(world, pipeline, manifest, chunks);
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
  if (!decision.held) return { status: 'passed', manifest: uri };
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

async function chunkResults(world: World, pipeline: Pipeline, manifest: Manifest): Promise<ChunkResult[]> {
  const places = placesOf(world, pipeline.name, manifest.execution);
  return Promise.all(
    manifest.chunks.map(async ({ n }) => {
      if (await world.files.stat(places.chunk(n)))
        return readValue(world.files, places.chunk(n), chunkResultSchema);
      const noted = (await world.files.stat(places.chunkFailure(n)))
        ? await readValue(world.files, places.chunkFailure(n), chunkFailureSchema)
        : { name: 'Killed', message: 'it ended without a word (out of memory, out of time, or stopped)' };
      const Kind = noted.name === LimitExceededError.name ? LimitExceededError : EngineError;
      throw new Kind(
        `Chunk ${n} of ${manifest.chunks.length} left no result: ${noted.name}: ${noted.message}. Nothing was ` +
          'committed and the source is untouched; run the object again once the cause is mended.',
      );
    }),
  );
}

const sum = (chunks: readonly ChunkResult[], of: 'accepted' | 'quarantined' | 'filtered'): number =>
  chunks.reduce((total, chunk) => total + chunk[of], 0);

/** The whole run from its chunks; where the plan has work on all rows at once, that is done here. */
async function putTogether(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  chunks: readonly ChunkResult[],
) {
  const plan = planOf(pipeline);
  const staged = chunks.flatMap((chunk) => (chunk.rows ? [chunk.rows] : []));
  const rejects = chunks.flatMap((chunk) => (chunk.rejects ? [chunk.rejects] : []));
  const base = {
    read: manifest.records,
    accepted: sum(chunks, 'accepted'),
    quarantined: sum(chunks, 'quarantined'),
    filtered: sum(chunks, 'filtered'),
    deduplicated: 0,
    rows: staged,
    rejects,
    reasons: mergeTallies(chunks.map((chunk) => chunk.reasons)),
    violations: addUp(chunks.map((chunk) => chunk.violations)),
    warnings: warningsOf(manifest, chunks),
  };
  agree(
    manifest.run,
    { of: 'rejects in files', count: rejects.reduce((t, f) => t + f.records, 0) },
    { of: 'the chunks', count: base.quarantined },
  );
  const measures = measureSql(pipeline.checks, 'accepted');
  if (!plan.setwise && measures === null) return judged(world, pipeline, base, {});
  return inEngine(world, async (engine) => {
    const paths = await downloadStaged(world, engine.folder, staged);
    const whole =
      plan.setwise && paths.length > 0
        ? await judgeWhole(engine, world, pipeline, plan, manifest, paths)
        : null;
    const relation = whole ? whole.relation : paths.length > 0 ? readParquet(paths) : null;
    const measured =
      measures === null || relation === null
        ? {}
        : (await engine.rows(`WITH accepted AS (SELECT * FROM ${relation}) ${measures}`))[0]!;
    if (whole === null) return judged(world, pipeline, base, measured);
    const after = {
      ...base,
      accepted: whole.accepted,
      quarantined: base.quarantined + whole.quarantined,
      filtered: base.filtered + whole.filtered,
      deduplicated: whole.deduplicated,
      rows: whole.rows ? [whole.rows] : [],
      rejects: whole.rejects ? [...rejects, whole.rejects] : rejects,
      reasons: mergeTallies([base.reasons, whole.reasons]),
      violations: whole.violations,
      warnings: [...base.warnings, ...whole.warnings],
    };
    return judged(world, pipeline, after, measured);
  });
}

type Counted = Omit<Validated, 'checks'>;

async function judged(world: World, pipeline: Pipeline, counted: Counted, measured: Record<string, unknown>) {
  const history = (await world.ledger.history(pipeline.name, 100))
    .filter((record) => record.status === 'published' || record.status === 'published-with-rejects')
    .map((record) => record.records.loaded);
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
      const tally = counted.reasons.find((r) => r.column === column && r.code === `check.${check.name}`);
      return {
        check,
        verdict: { passed: !tally, message: `${tally?.records ?? 0} rows rejected by: ${check.words}` },
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

function warningsOf(manifest: Manifest, chunks: readonly ChunkResult[]): string[] {
  const extra = [...new Set(chunks.flatMap((chunk) => chunk.extra))];
  const exact = chunks.filter((chunk) => chunk.exact).length;
  const cut = chunks.some((chunk) => chunk.reasons.length >= MOST_REASONS);
  return [
    ...ignoredFields(extra),
    ...(cut
      ? [`There are more than ${MOST_REASONS} different reasons; only the quarantine has them all.`]
      : []),
    ...(exact === 0
      ? []
      : [
          `${exact} of ${manifest.chunks.length} chunks did not parse strictly and were read record by record.`,
        ]),
  ];
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of all) for (const [name, n] of Object.entries(one)) total[name] = (total[name] ?? 0) + n;
  return total;
}

function mergeTallies(all: readonly (readonly ReasonTally[])[]): ReasonTally[] {
  const merged = new Map<string, ReasonTally>();
  for (const tally of all.flat()) {
    const key = JSON.stringify([tally.column, tally.code, tally.message]);
    const before = merged.get(key);
    const first = before === undefined || tally.record < before.record ? tally : before;
    merged.set(key, { ...first, records: tally.records + (before?.records ?? 0) });
  }
  return [...merged.values()]
    .toSorted((a, b) => b.records - a.records || a.record - b.record)
    .slice(0, MOST_REASONS);
}
