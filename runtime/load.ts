/** Stage load: puts a validated run's files in place and publishes it: quarantine first, the table in one version. */

import { agree } from '../core/gate/reconcile.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { conclude, ended, mustBe } from './conclude.ts';
import type { TableCommit } from './conclusion.ts';
import type { Engine } from './engine.ts';
import type { TableChange } from './ports.ts';
import { placeRejects } from './quarantine.ts';
import { aboutOf, recordOf } from './record.ts';
import { foldersOf } from './recover.ts';
import { openManifest, placesOf, readValue } from './staging.ts';
import { placeFiles } from './table-files.ts';
import { attemptTaskSchema, validatedSchema, type Ended, type Manifest, type Validated } from './values.ts';
import { inEngine, type World } from './world.ts';

/**
 * Publishes a run, once: a repeat goes on with what was decided. The rejects become visible before the rows: nobody
 * sees rows whose rejects are still to come.
 * @throws StaleAttemptError if another took the attempt over; DefinitionError or UsageError if the table does not take
 * the rows, before anything is decided.
 */
export async function load(world: World, pipeline: Pipeline, input: unknown): Promise<Ended> {
  const { manifest: uri, attempt } = attemptTaskSchema.parse(input);
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
  const { quarantine, rows } = await inEngine(world, async (engine) => ({
    quarantine: await placeRejects(world, engine, manifest, validated.rejects, [
      ...manifest.published,
      ...manifest.held,
    ]),
    rows: await placeRows(world, engine, pipeline, manifest, validated),
  }));
  const sink = pipeline.sinks[0]!;
  const changes: TableCommit[] = [
    ...(quarantine ? [{ uri: world.layout.quarantinedRecords, change: quarantine, name: null }] : []),
    { uri: world.layout.table(sink.table), change: rows, name: sink.table },
  ];
  // What is decided must be possible: a table that does not take the rows says so now.
  for (const { uri, change } of changes) await world.tables.check(uri, change);
  const { read, accepted, quarantined, filtered, deduplicated } = validated;
  world.notifications.progress({ pipeline: pipeline.name, stage: 'load', done: read, total: read });
  const record = recordOf(world, pipeline, aboutOf(manifest), {
    status: quarantined > 0 ? 'published-with-rejects' : 'published',
    records: { read, loaded: accepted, quarantined, filtered, deduplicated },
    rows: { inserted: accepted },
    reasons: validated.reasons,
    checks: validated.checks,
    warnings: [...manifest.warnings, ...validated.warnings],
    ...(validated.rejects.length === 0 ? {} : { quarantine: world.layout.quarantinedRecords }),
  });
  const folders = foldersOf(world, pipeline, manifest.run);
  return {
    outcome: 'publish' as const,
    by: manifest.execution,
    conclusion: { record, changes, folders, keep: [] },
  };
}

async function placeRows(
  world: World,
  engine: Engine,
  pipeline: Pipeline,
  manifest: Manifest,
  { rows, accepted }: Validated,
): Promise<TableChange> {
  const sink = pipeline.sinks[0]!;
  const { table: fields } = planOf(pipeline);
  const uri = world.layout.table(sink.table);
  const add = await placeFiles(world, engine, rows, {
    uri,
    fields,
    partitionBy: sink.partitionBy,
    run: manifest.run,
  });
  agree(
    manifest.run,
    { of: 'validate', count: accepted },
    { of: 'the files to commit', count: add.reduce((total, file) => total + file.records, 0) },
  );
  return {
    id: { application: `sluice/${manifest.run}`, version: 1 },
    schema: { fields, partitionBy: sink.partitionBy, description: pipeline.description },
    write: sink.write,
    add,
    supersedes: manifest.published,
    operation: `${sink.write.toUpperCase()} ${manifest.run}`,
    at: world.now(),
  };
}
