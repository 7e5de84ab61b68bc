/** The quarantine of records: one Delta table for all pipelines, to which each run adds its rejects in one version. */

import { quarantineTable } from '../core/quarantine-table.ts';
import type { Engine } from './engine.ts';
import type { TableChange } from './ports.ts';
import { placeFiles } from './table-files.ts';
import type { Manifest, StagedFile } from './values.ts';
import type { World } from './world.ts';

/**
 * Puts the rejects of a run in place, not yet visible.
 * @returns the change that shows them in the place of those of superseded runs; null where there is nothing to change.
 */
export async function placeRejects(
  world: World,
  engine: Engine,
  manifest: Manifest,
  staged: readonly StagedFile[],
  supersedes: readonly string[],
): Promise<TableChange | null> {
  const uri = world.layout.quarantinedRecords;
  const nothingThere = async () => (await world.tables.snapshot(uri)) === undefined;
  if (staged.length === 0 && (supersedes.length === 0 || (await nothingThere()))) return null;
  const values = { pipeline: manifest.pipeline, day: manifest.startedAt.slice(0, 10) };
  const fields = quarantineTable.fields.filter((f) => !(f.name in values));
  const files = await placeFiles(world, engine, staged, { uri, fields, partitionBy: [], run: manifest.run });
  return {
    id: { application: `sluice/${manifest.run}`, version: 1 },
    schema: quarantineTable,
    write: 'append',
    supersedes,
    add: files.map((file) => ({ ...file, partitionValues: values })),
    operation: `QUARANTINE ${manifest.run}`,
    at: world.now(),
  };
}
