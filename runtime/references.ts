/**
 * Brings what rows are joined with into an engine: files as strictly as a source's, and tables, both in the version that
 * the run began with.
 */

import { join } from 'node:path';
import { ObjectRejectedError, UsageError } from '../core/errors.ts';
import { definePipeline, type Pipeline } from '../core/pipeline.ts';
import { nameOf, type FileReference, type Reference, type TableReference } from '../core/reference.ts';
import type { Column } from '../core/row.ts';
import { lake } from '../core/sinks/lake.ts';
import { literal, quote } from '../core/sql.ts';
import type { NeededReference, Step } from '../core/transforms/step.ts';
import { askedOf, expectedOf } from './binding.ts';
import { decodePath } from './delta/paths.ts';
import type { Engine } from './engine.ts';
import { intake } from './intake/intake.ts';
import type { DataFile } from './ports.ts';
import { pathOf } from './pin-references.ts';
import { placesOf } from './staging.ts';
import { downloadStaged, readParquet } from './table-files.ts';
import { workOn } from './transform.ts';
import type { Manifest } from './values.ts';
import { inEngine, type World } from './world.ts';

interface Loading {
  readonly world: World;
  readonly engine: Engine;
  readonly pipeline: Pipeline;
  readonly manifest: Manifest;
}

/** Makes the relations of steps of a pipeline. @throws UsageError for a reference that is not there or cannot be trusted. */
export async function loadReferences(
  world: World,
  engine: Engine,
  pipeline: Pipeline,
  steps: readonly Step[],
  manifest: Manifest,
): Promise<void> {
  const loading = { world, engine, pipeline, manifest };
  for (const needed of steps.flatMap((step) => step.references ?? [])) {
    const { relation, reference, columns } = needed;
    const list = columns.map(({ name, sql }) => `${quote(name)} ${sql}`).join(', ');
    await engine.run(`CREATE TABLE ${relation} (${list})`);
    await (reference.kind === 'file'
      ? loadFile(loading, needed, reference).catch(distrust(reference))
      : loadTable(loading, needed, reference));
  }
}

/** A pipeline as which a file is read; nothing of it is ever written. */
export const fileAsPipeline = (from: FileReference): Pipeline =>
  definePipeline({
    name: 'reference',
    owner: 'sluice',
    description: `Rows to join with, of ${from.uri}.`,
    row: from.row,
    sources: (source) => [source.files({ prefix: 'reference/', format: from.format, decode: from.decode })],
    gate: { rejected: { atMost: 0 } },
    sinks: () => [lake({ table: 'reference', write: 'append' })],
    sla: { latency: '1 hour' },
  });

async function loadFile(
  { world, engine, pipeline, manifest }: Loading,
  { relation, columns }: NeededReference,
  reference: FileReference,
): Promise<void> {
  const uri = pathOf(reference.uri);
  const version = pinned(manifest, relation);
  if (version === undefined) {
    throw new UsageError(
      `There was no ${uri} when the run began, which rows are joined with. Put the file there, then run the object again.`,
    );
  }
  const as = fileAsPipeline(reference);
  const places = placesOf(world, pipeline.name, manifest.execution);
  const taken = await intake(world.files, { uri, version }, reference.format, {
    limits: world.limits,
    expected: expectedOf(as, 0),
    converting: { columns: askedOf(as, 0), inEngine: (work) => inEngine(world, work) },
    decodedTo: `${places.own('rows', relation)}.decoded`,
    onProgress: () => undefined,
  });
  if ('nothingNew' in taken) throw untrusted(reference, taken.nothingNew);
  if ('rejected' in taken) throw taken.rejected;
  const { bytes, sha256, decoded, header, records, chunks } = taken;
  const read: Manifest = {
    ...manifest,
    source: 0,
    object: { uri, bytes, version: taken.version, sha256, decoded },
    found: taken.found,
    fields: header.fields === null ? null : [...header.fields],
    records,
    chunks: [...chunks],
  };
  for (const chunk of read.chunks) {
    const { rows, quarantined, reasons } = await workOn(world, { ...as, name: pipeline.name }, read, chunk);
    const [first] = reasons;
    if (quarantined > 0 && first !== undefined) {
      const what = `${first.column ?? 'the record'}: ${first.message}`;
      throw untrusted(reference, `record ${first.record + 1} does not pass its row: ${what}`);
    }
    // A chunk has records, and of these none is left out or rejected.
    const paths = await downloadStaged(world, join(engine.folder, `${relation}-${chunk.n}`), [rows!]);
    const values = columns.map(({ name }) => quote(name));
    await engine.run(`INSERT INTO ${relation} SELECT ${values.join(', ')} FROM ${readParquet(paths)}`);
  }
}

/** The version that the run began with. */
const pinned = ({ references }: Manifest, relation: string): string | undefined =>
  references.find((one) => one.relation === relation)?.version;

/** It is not the object of the run that is rejected, which a caller would take an error of that name for. */
const distrust =
  (from: Reference) =>
  (error: unknown): never => {
    throw error instanceof ObjectRejectedError ? untrusted(from, withoutEnd(error.message)) : error;
  };

const withoutEnd = (sentence: string): string => sentence.replace(/\.$/, '');

const untrusted = (from: Reference, why: string): UsageError =>
  new UsageError(
    `${nameOf(from)}, which rows are joined with, cannot be trusted: ${why}. Mend it, and run the object again.`,
  );

async function loadTable(
  { world, engine, manifest }: Loading,
  { relation, columns }: NeededReference,
  reference: TableReference,
): Promise<void> {
  const uri = world.layout.table(reference.table);
  const version = pinned(manifest, relation);
  // One that is made meanwhile would be joined with in as many versions as there are stages.
  const snapshot = version === undefined ? undefined : await world.tables.snapshot(uri, Number(version));
  if (snapshot === undefined) {
    throw new UsageError(
      `There is no table ${reference.table} yet, which rows are joined with. Run its pipeline first, then the object again.`,
    );
  }
  for (const { name, delta } of columns) {
    const field = snapshot.schema.fields.find((one) => one.name === name);
    if (field !== undefined && JSON.stringify(field.type) === JSON.stringify(delta)) continue;
    throw new UsageError(
      `The table ${reference.table}, which rows are joined with, has ${field ? 'another type of' : 'no'} column ${name}. ` +
        'Run its pipeline by its new definition first, then the object again.',
    );
  }
  const shape = join(engine.folder, `${relation}.parquet`);
  await engine.run(`COPY (SELECT * FROM ${relation}) TO ${literal(shape)} (FORMAT parquet)`);
  for (const [i, file] of snapshot.files.entries()) {
    const path = join(engine.folder, `${relation}-${i}.parquet`);
    await world.files.download(`${uri}/${decodePath(file.path)}`, path);
    const values = columns.map((column) => valueOf(column, file)).join(', ');
    // A file that is older than a column has none of it: the empty file says what it would be.
    const rows = `read_parquet([${literal(shape)}, ${literal(path)}], union_by_name=true, hive_partitioning=false)`;
    await engine.run(`INSERT INTO ${relation} SELECT ${values} FROM ${rows}`);
  }
}

/** The values by which a table is partitioned are known to the log alone. */
const valueOf = ({ name, sql }: Column, { partitionValues }: DataFile): string =>
  name in partitionValues
    ? `CAST(nullif(${literal(partitionValues[name] ?? null)}, '') AS ${sql})`
    : quote(name);
