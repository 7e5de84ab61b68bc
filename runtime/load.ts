/** Stage load: makes a validated run visible, quarantine first, the table in one version, and settles it. */

import { z } from 'zod';
import { agree } from '../core/gate/reconcile.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { commitRejects } from './quarantine.ts';
import { settle, subjectOf } from './settle.ts';
import { openManifest, placesOf, readValue } from './staging.ts';
import { commitFiles, placeFiles } from './table-files.ts';
import { validatedSchema, type Ended } from './values.ts';
import type { World } from './world.ts';

/**
 * Publishes a run. The rejects become visible before the rows: were it the other way round, a failure in between would
 * show rows whose rejects are lost.
 * @throws CommitConflictError if another writer keeps the table's next version from it.
 */
export async function load(world: World, pipeline: Pipeline, input: unknown): Promise<Ended> {
  const { manifest: uri } = z.object({ manifest: z.string() }).parse(input);
  const manifest = await openManifest(world, pipeline, uri);
  const places = placesOf(world, pipeline.name, manifest.execution);
  const validated = await readValue(world.files, places.validated, validatedSchema);
  const sink = pipeline.sinks[0]!;
  const table = world.layout.table(sink.table);
  const { table: fields } = planOf(pipeline);
  const target = { uri: table, fields, partitionBy: sink.partitionBy, prefix: manifest.run };
  const add = await placeFiles(world, validated.rows, target);
  const inserted = add.reduce((total, file) => total + file.records, 0);
  agree(
    manifest.run,
    { of: 'validate', count: validated.accepted },
    { of: 'the files to commit', count: inserted },
  );
  const quarantine = await commitRejects(world, manifest, validated.rejects);
  const committed = await commitFiles(world, table, {
    id: { application: `sluice/${manifest.run}`, version: 1 },
    schema: { fields, partitionBy: sink.partitionBy, description: pipeline.description },
    write: sink.write,
    add,
    supersedes: manifest.supersedes,
    operation: `${sink.write.toUpperCase()} ${manifest.run}`,
    at: world.now(),
  });
  const { read, accepted, quarantined, filtered, deduplicated } = validated;
  world.notifications.progress({ pipeline: pipeline.name, stage: 'load', done: read, total: read });
  const status = quarantined > 0 ? 'published-with-rejects' : 'published';
  await settle(world, pipeline, subjectOf(manifest), {
    status,
    records: { read, loaded: accepted, quarantined, filtered, deduplicated },
    rows: { inserted: accepted, deleted: committed.deleted },
    reasons: validated.reasons,
    tables: [{ name: sink.table, version: committed.version, uri: table }],
    checks: validated.checks,
    warnings: validated.warnings,
    ...(quarantine === null ? {} : { quarantine }),
  });
  return { status, manifest: uri };
}
