/** The quarantine of records: one Delta table for all pipelines, to which each run adds its rejects in one version. */

import type { DeltaField } from '../core/row.ts';
import type { Engine } from './engine.ts';
import type { TableChange, TableSchema } from './ports.ts';
import { placeFiles } from './table-files.ts';
import type { Manifest, StagedFile } from './values.ts';
import type { World } from './world.ts';

const field = (name: string, type: DeltaField['type'], comment: string, nullable = false): DeltaField => ({
  name,
  type,
  nullable,
  metadata: { comment },
});

const reason: DeltaField['type'] = {
  type: 'struct',
  fields: ['column', 'code', 'message', 'value'].map((name) => ({
    name,
    type: 'string',
    nullable: true,
    metadata: {},
  })),
};

export const quarantineSchema: TableSchema = Object.freeze({
  description: 'Rejected records of all pipelines, whole and with every reason.',
  partitionBy: ['pipeline', 'day'],
  fields: [
    field('pipeline', 'string', 'The pipeline that rejected the record'),
    field('day', 'date', 'The day of the run, in UTC'),
    field('run', 'string', 'The run'),
    field('object', 'string', 'The object that the record came from'),
    field('object_sha256', 'string', 'SHA-256 of the object as received'),
    field('record', 'long', 'The number of the record in its object, from 1'),
    field('byte_offset', 'long', 'Where the record starts in the object, after decompression'),
    field('byte_length', 'long', 'How many bytes it has'),
    field('raw', 'binary', 'The record as received'),
    field('text', 'string', 'The record for reading, at most 10,000 characters'),
    field(
      'reasons',
      { type: 'array', elementType: reason, containsNull: false },
      'Every reason for the rejection',
    ),
    field('definition', 'string', 'The hash of the definition that rejected it'),
    field('quarantined_at', 'timestamp', 'When the run started'),
  ],
});

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
  const fields = quarantineSchema.fields.filter((f) => !(f.name in values));
  const files = await placeFiles(world, engine, staged, { uri, fields, partitionBy: [], run: manifest.run });
  return {
    id: { application: `sluice/${manifest.run}`, version: 1 },
    schema: quarantineSchema,
    write: 'append',
    supersedes,
    add: files.map((file) => ({ ...file, partitionValues: values })),
    operation: `QUARANTINE ${manifest.run}`,
    at: world.now(),
  };
}
