/** Stage load: puts a validated run's files in place and publishes it: quarantine first, the table in one version. */

import { CommitConflictError } from '../core/errors.ts';
import { agree } from '../core/gate/reconcile.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { meetsTable, type Sink } from '../core/sinks/sink.ts';
import { conclude, ended, mustBe } from './conclude.ts';
import type { TableCommit } from './conclusion.ts';
import type { Engine } from './engine.ts';
import { mergeInto, type MergeBase } from './merge/merge.ts';
import { meetAhead } from './merge/meet-ahead.ts';
import { mergeOf } from './merge/merge-of.ts';
import { readAhead } from './merge/read-ahead.ts';
import type { Ahead, MergeTask } from './merge/task.ts';
import type { TableChange } from './ports.ts';
import { RETENTION } from './table/retention.ts';
import { placeRejects } from './quarantine.ts';
import { aboutOf, recordOf } from './record.ts';
import { foldersOf } from './recover.ts';
import { openManifest, placesOf, readValue } from './staging.ts';
import { placeFiles } from './table-files.ts';
import {
  loadTaskSchema,
  validatedSchema,
  type Ended,
  type Manifest,
  type StagedFile,
  type Validated,
} from './values.ts';
import { inEngine, type World } from './world.ts';

/**
 * Publishes a run, once: a repeat goes on with what was decided. The rejects become visible before the rows: nobody
 * sees rows whose rejects are still to come. Given the number of a group of files, meets those ahead.
 * @throws StaleAttemptError if another took the attempt over; DefinitionError or UsageError if the table does not take
 * the rows, before anything is decided.
 */
export async function load(
  world: World,
  pipeline: Pipeline,
  input: unknown,
): Promise<Ended | { readonly n: number }> {
  const { manifest: uri, attempt, merge } = loadTaskSchema.parse(input);
  if (merge !== undefined) {
    const manifest = await openManifest(world, pipeline, uri);
    const { validated } = placesOf(world, pipeline.name, manifest.execution);
    const found = await readValue(world.files, validated, validatedSchema);
    await meetAhead(world, pipeline, manifest, found, merge);
    return { n: merge };
  }
  const record =
    (await ended(world, attempt)) ??
    (await conclude(
      world,
      attempt,
      await publication(world, pipeline, await openManifest(world, pipeline, uri)),
    ));
  const { status } = mustBe(record, 'published', 'published-with-rejects');
  return { status, manifest: uri };
}

async function publication(world: World, pipeline: Pipeline, manifest: Manifest) {
  const places = placesOf(world, pipeline.name, manifest.execution);
  const validated = await readValue(world.files, places.validated, validatedSchema);
  const met = await readAhead(world, pipeline, manifest);
  const { quarantine, rows } = await inEngine(world, async (engine) => ({
    quarantine: await placeRejects(world, engine, manifest, validated.rejects, [
      ...manifest.published,
      ...manifest.held,
    ]),
    rows: await changeOfTable(world, engine, pipeline, manifest, validated, met.ahead),
  }));
  const changes: TableCommit[] = [
    ...(quarantine ? [{ uri: world.layout.quarantinedRecords, change: quarantine, name: null }] : []),
    rows,
  ];
  // What is decided must be possible: a table that does not take the rows says so now.
  for (const { uri, change } of changes) {
    await world.tables.check(uri, change).catch((error: unknown) => {
      // A version that came in between is met when the change is committed.
      if (!(error instanceof CommitConflictError)) throw error;
    });
  }
  const { read, accepted, quarantined, filtered, deduplicated, tableRows } = validated;
  world.notifications.progress({ pipeline: pipeline.name, stage: 'load', done: read, total: read });
  const record = recordOf(world, pipeline, aboutOf(manifest), {
    status: quarantined > 0 ? 'published-with-rejects' : 'published',
    records: { read, loaded: accepted, quarantined, filtered, deduplicated },
    rows: { inserted: tableRows },
    reasons: validated.reasons,
    checks: validated.checks,
    warnings: [...manifest.warnings, ...validated.warnings, ...met.warnings],
    ...(validated.rejects.length === 0 ? {} : { quarantine: world.layout.quarantinedRecords }),
  });
  const folders = foldersOf(world, pipeline, manifest.run);
  return {
    outcome: 'publish' as const,
    by: manifest.execution,
    conclusion: { record, changes, folders, keep: [] },
  };
}

async function changeOfTable(
  world: World,
  engine: Engine,
  pipeline: Pipeline,
  manifest: Manifest,
  validated: Validated,
  ahead: readonly Ahead[],
): Promise<TableCommit> {
  const sink = pipeline.sinks[0]!;
  const uri = world.layout.table(sink.table);
  const base: MergeBase = {
    id: { application: `sluice/${manifest.run}`, version: 1 },
    schema: {
      fields: planOf(pipeline).table,
      partitionBy: sink.partitionBy,
      description: pipeline.description,
      configuration: {
        ...(sink.key.length === 0 ? {} : { 'sluice.key': JSON.stringify(sink.key) }),
        ...(sink.retention === null ? {} : { [RETENTION]: String(sink.retention) }),
      },
    },
    operation: `${sink.write.toUpperCase()} ${manifest.run}`,
    at: world.now(),
  };
  if (!meetsTable(sink)) {
    const change = await placeRows(world, engine, sink, base, manifest, validated);
    return { uri, change, name: sink.table };
  }
  // Columns that the table cannot take are told before its rows are read by them.
  await world.tables.check(uri, { ...base, write: 'append', add: [], supersedes: [] });
  const merge = await mergeTask(world, pipeline, sink, manifest, validated, ahead);
  const told = { pipeline: pipeline.name, stage: 'load', done: 0, total: validated.accepted } as const;
  const change = await mergeInto(world, engine, uri, base, merge, (files, of) =>
    world.notifications.progress({ ...told, meets: { files, of } }),
  );
  return { uri, change, name: sink.table, merge };
}

async function placeRows(
  world: World,
  engine: Engine,
  sink: Sink,
  base: MergeBase,
  manifest: Manifest,
  { rows, tableRows }: Validated,
): Promise<TableChange> {
  const uri = world.layout.table(sink.table);
  const { fields, partitionBy } = base.schema;
  const add = await placeFiles(world, engine, rows, { uri, fields, partitionBy, run: manifest.run });
  agree(
    manifest.run,
    { of: 'validate', count: tableRows },
    { of: 'the files to commit', count: add.reduce((total, file) => total + file.records, 0) },
  );
  const isWhole = sink.write === 'replace' && sink.scope === 'table';
  return {
    ...base,
    write: isWhole ? 'replace' : 'append',
    ...(sink.scope === 'partition' ? { overPartitions: true } : {}),
    add,
    supersedes: manifest.published,
  };
}

/**
 * The rows, and what was met ahead, are kept beside the conclusion: the work folder may be gone when the merge has to be
 * made again.
 */
async function mergeTask(
  world: World,
  pipeline: Pipeline,
  sink: Sink,
  { run }: Manifest,
  { rows }: Validated,
  ahead: readonly Ahead[],
): Promise<MergeTask> {
  const folder = world.layout.conclusions(pipeline.name, run);
  const keep = async ({ uri: from, records }: StagedFile): Promise<StagedFile> => {
    const uri = `${folder}/${from.slice(from.lastIndexOf('/') + 1)}`;
    await world.files.copy(from, uri);
    return { uri, records };
  };
  const keptRows: StagedFile[] = [];
  for (const file of rows) keptRows.push(await keep(file));
  const keptAhead: Ahead[] = [];
  for (const one of ahead) keptAhead.push({ ...one, met: one.met && (await keep(one.met)) });
  return { ...mergeOf(pipeline, sink, run, keptRows), ahead: keptAhead };
}
