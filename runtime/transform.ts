/** Stage transform: one chunk of records becomes staged rows and staged rejects, and its books are made. */

import { join } from 'node:path';
import { EngineError, ReconciliationError } from '../core/errors.ts';
import { agree, balance, sumOfNumbers } from '../core/gate/reconcile.ts';
import { LIVE } from '../core/layer.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf, type Plan } from '../core/plan/plan.ts';
import { rowChecks, violationColumn } from '../core/plan/row-checks.ts';
import { acceptedSql, countsSql } from '../core/plan/write.ts';
import { literal, quote } from '../core/sql.ts';
import type { Engine } from './engine.ts';
import { openPart, openText, type ChunkOfRun, type OpenChunk } from './chunk-rows.ts';
import { holdRows, NUMBER } from './hold-rows.ts';
import { measuredIn } from './measured.ts';
import { notingFailure } from './note-failure.ts';
import { writeParts } from './parts.ts';
import { partsOf } from './intake/converters.ts';
import { writeRejects } from './rejects.ts';
import { partingFor } from './rounds.ts';
import { mayTakeOnePass, shareNotAccepted, violationsIn, writeAccepted } from './one-pass.ts';
import { openManifest, placesOf, writeOnce } from './staging.ts';
import { registerFunctions } from './step-functions.ts';
import { tallies } from './tallies.ts';
import { ACCEPTED, RECORDS, tableRows, unnestRecords } from './unnested.ts';
import { writeCounted } from './write-counted.ts';
import { chunkResultSchema, chunkTaskSchema, type Chunk, type ChunkResult, type Manifest } from './values.ts';
import { inEngine, type World } from './world.ts';

/**
 * Works on one chunk and writes its result under its number.
 * @throws what went wrong, after noting it beside the results, so that validate can tell why a result is missing.
 */
export async function transform(world: World, pipeline: Pipeline, input: unknown): Promise<{ n: number }> {
  const task = chunkTaskSchema.parse(input);
  const manifest = await openManifest(world, pipeline, task.manifest);
  const chunk = manifest.chunks[task.chunk];
  if (chunk === undefined) throw new EngineError(`${task.manifest} has no chunk ${task.chunk}.`);
  const places = placesOf(world, pipeline.name, manifest.execution);
  await notingFailure(world.files, places.chunkFailure(chunk.n), chunk.n, async () => {
    const result = await workOn(world, pipeline, manifest, chunk);
    await writeOnce(world.files, places.chunk(chunk.n), chunkResultSchema, result);
  });
  const { pipeline: of, records: total } = manifest;
  world.notifications.progress({
    pipeline: of,
    stage: 'transform',
    done: chunk.first + chunk.records,
    total,
  });
  return { n: chunk.n };
}

/** What the engine does not read strictly, or counts otherwise, is read again record by record. */
export async function workOn(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  chunk: Chunk,
): Promise<ChunkResult> {
  const doing = { world, pipeline, manifest, chunk };
  const bring = partsOf(manifest.found);
  if (bring !== undefined) return read(doing, false, (engine, plan) => openPart(engine, plan, doing, bring));
  const open = (exact: boolean): Open => {
    return (engine, plan) => openText(engine, plan, doing, exact);
  };
  try {
    return await read(doing, false, open(false));
  } catch (error) {
    if (!(error instanceof EngineError || error instanceof ReconciliationError)) throw error;
    return await read(doing, true, open(true));
  }
}

type Open = (engine: Engine, plan: Plan) => Promise<OpenChunk>;

function read(doing: ChunkOfRun, exact: boolean, open: Open): Promise<ChunkResult> {
  const { world, pipeline, manifest, chunk } = doing;
  const plan = planOf(pipeline);
  return inEngine(world, async (engine) => {
    await registerFunctions(world, engine, pipeline.rows.steps);
    const { select, accepting, functions, atHand, ...opened } = await open(engine, plan);
    const path = join(engine.folder, 'rows.parquet');
    const origin = { file: manifest.object.uri, run: manifest.run, startedAt: manifest.startedAt };
    const first =
      !exact && mayTakeOnePass(plan, pipeline, functions) ? await shareNotAccepted(engine, accepting) : 1;
    const written = first === 0 ? await writeAccepted(engine, plan, pipeline, accepting, origin, path) : null;
    const result = {
      n: chunk.n,
      definition: manifest.definition,
      accepted: chunk.records,
      quarantined: 0,
      filtered: 0,
      rows: null as ChunkResult['rows'],
      rejects: null as ChunkResult['rejects'],
      reasons: [] as ChunkResult['reasons'],
      violations: {} as ChunkResult['violations'],
      measured: {} as ChunkResult['measured'],
      elements: undefined as ChunkResult['elements'],
      extra: [...opened.extra],
      exact: opened.exact,
    };
    const n = `(${chunk.first} + ${NUMBER})`;
    const unnest = plan.setwise ? null : plan.unnest;
    const places = placesOf(world, pipeline.name, manifest.execution);
    const place = async (): Promise<void> => {
      if (result.accepted === 0) return;
      const uri = places.own('rows', chunk.n);
      result.measured = await measuredIn(engine, pipeline, `read_parquet(${literal(path)})`);
      await world.files.upload(path, uri);
      result.rows = { uri, records: tableRows(result.accepted, result.elements) };
    };
    const placeParts = async (): Promise<void> => {
      if (result.accepted === 0) return;
      const left = { ...partingFor(pipeline, manifest, 0)!, from: 'rows', n, records: result.accepted };
      result.rows = await writeParts(world, engine, left, places.own('rows', chunk.n));
    };
    if (written === chunk.records) {
      if (written > 0) result.violations = await violationsIn(engine, pipeline, path, manifest.startedAt);
      await place();
      return result;
    }
    // What was written is told again by the marks, which hold what is not to be written too.
    const marks =
      written === null ? '*' : `* EXCLUDE (${plan.staged.map(({ name }) => quote(name)).join(', ')})`;
    await holdRows(engine, {
      as: unnest === null ? 'rows' : RECORDS,
      select: `SELECT ${marks} FROM (${select})`,
      names: plan.staged.map(({ name }) => name),
      inMemory:
        (written === null ? first : 1 - written / chunk.records) <= FEW &&
        Math.max(chunk.end - chunk.start, chunk.records * plan.staged.length * 8) * HELD_TIMES <=
          world.engine.memoryMb * MB,
    });
    const what = `Chunk ${chunk.n} of ${manifest.object.uri}`;
    if (unnest !== null)
      result.elements = await unnestRecords(engine, plan, unnest, {
        what,
        n,
        run: manifest,
        limits: world.limits,
      });
    const [counts] = await engine.rows(countsSql('rows', n));
    const { read, accepted, quarantined, filtered, deduplicated, numbers } = counts as Record<string, number>;
    agree(what, { of: 'intake', count: chunk.records }, { of: 'the engine', count: read! });
    balance(what, {
      read: chunk.records,
      accepted: accepted!,
      quarantined: quarantined!,
      filtered: filtered!,
      deduplicated: deduplicated!,
    });
    if (BigInt(String(numbers)) !== sumOfNumbers(chunk.first, chunk.records)) {
      throw new ReconciliationError(`${what}: the numbers of its records are not each there once.`);
    }
    if (written !== null) {
      agree(
        what,
        { of: 'the rows that were written', count: written },
        { of: 'their marks', count: accepted! },
      );
    }
    result.accepted = accepted!;
    result.quarantined = quarantined!;
    result.filtered = filtered!;
    result.reasons = await tallies(engine, 'rows', n);
    if (plan.setwise) {
      await placeParts();
    } else {
      const from = unnest === null ? 'rows' : ACCEPTED;
      result.violations = await violationsOf(engine, pipeline, from);
      if (written === null && accepted! > 0) {
        const record = unnest === null ? n : '"_n"';
        const rows = acceptedSql(plan.output, pipeline.sinks[0]!, from, `${record} + 1`, origin);
        await writeCounted(engine, rows, path, what, tableRows(accepted!, result.elements));
      }
      await place();
    }
    if (quarantined! > 0) {
      const path = await writeRejects(engine, 'rejects.parquet', {
        files: world.files,
        pipeline,
        manifest,
        from: 'rows',
        n,
        atHand,
      });
      const uri = places.own('rejects', chunk.n);
      await world.files.upload(path, uri);
      result.rejects = { uri, records: quarantined! };
    }
    return result;
  });
}

const MB = 1024 * 1024;
/** A chunk takes mostly two or three times its bytes where its rows are held in memory: a part of what the engine has. */
const HELD_TIMES = 8;
/** Of more bad rows the reasons take most of the room; in a file equal ones take little. */
const FEW = 0.05;

/** How many accepted rows break each check that does not reject them, by the check's place in the definition. */
export async function violationsOf(
  engine: Engine,
  pipeline: Pipeline,
  from: string,
): Promise<Record<string, number>> {
  const counted = rowChecks(pipeline.checks).filter((check) => check.severity !== 'reject');
  if (counted.length === 0) return {};
  const names = counted.map((check) => quote(violationColumn(pipeline.checks, check)));
  const [row] = await engine.rows(
    `SELECT ${names.map((v) => `count(*) FILTER (${v} AND ${LIVE}) AS ${v}`).join(', ')} FROM ${from}`,
  );
  return row as Record<string, number>;
}
