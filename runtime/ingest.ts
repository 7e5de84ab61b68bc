/** Stage ingest: one pass over an object's bytes says what it is, and plans the work on it. */

import { basename } from 'node:path';
import { ObjectRejectedError, UsageError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { matches } from '../core/sources/files.ts';
import { bindDefinition } from './bind-definition.ts';
import { bindSource } from './binding.ts';
import { definitionHash } from './definition.ts';
import { intake, type IntakeResult } from './intake/intake.ts';
import { runName } from './run-name.ts';
import { settle } from './settle.ts';
import { placesOf, writeValue } from './staging.ts';
import {
  manifestSchema,
  startSchema,
  subjectSchema,
  type Ingested,
  type Start,
  type Subject,
} from './values.ts';
import type { World } from './world.ts';

type Read = Exclude<IntakeResult, { rejected: ObjectRejectedError }>;

/**
 * Reads, counts and hashes the object, registers the content and plans the chunks. A content that was published before
 * and an object that cannot be trusted end here, settled.
 * @throws UsageError if no source of the pipeline takes the object; DefinitionError if the definition cannot run.
 */
export async function ingest(world: World, pipeline: Pipeline, input: unknown): Promise<Ingested> {
  const start = startSchema.parse(input);
  const object = start.objects[0]!;
  const source = sourceOf(pipeline, object.uri);
  await bindDefinition(world, pipeline);
  const places = placesOf(world, pipeline.name, start.execution);
  const taken = await intake(world.files, object, pipeline.sources[source]!.format, {
    limits: world.limits,
    decodedTo: places.decoded,
    onProgress: (done, total) =>
      world.notifications.progress({ pipeline: pipeline.name, stage: 'ingest', done, total }),
  });
  const registered = await register(world, pipeline, start, taken.sha256);
  const run =
    registered.status === 'started' ? registered.run : await freeName(world, pipeline, start, taken.sha256);
  const subject: Subject = {
    pipeline: pipeline.name,
    execution: start.execution,
    run,
    attempt: registered.status === 'started' ? registered.attempt : 1,
    definition: definitionHash(pipeline),
    startedAt: start.startedAt,
    warnings: [],
    objects: [{ uri: object.uri, bytes: taken.bytes, sha256: taken.sha256 }],
  };
  if (registered.status === 'duplicate') {
    const warning = `The same content was published by run ${registered.of}; nothing was loaded.`;
    await settle(world, pipeline, subject, { status: 'duplicate', warnings: [warning] });
    return { status: 'duplicate', execution: start.execution, run, manifest: '', chunks: [] };
  }
  // From here on a failure settles the attempt, whatever ingest does not come to.
  await writeValue(world.files, places.subject, subjectSchema, subject);
  if ('rejected' in taken) return reject(world, pipeline, subject, taken.rejected);
  let extra: readonly string[];
  try {
    extra = extraFields(pipeline, source, taken);
  } catch (error) {
    if (error instanceof ObjectRejectedError) return reject(world, pipeline, subject, error);
    throw error;
  }
  await writeValue(world.files, places.manifest, manifestSchema, {
    ...subject,
    supersedes: [...registered.supersedes],
    source,
    object: { uri: object.uri, ...versionOf(taken) },
    fields: taken.header.fields === null ? null : [...taken.header.fields],
    records: taken.records,
    chunks: [...taken.chunks],
    warnings: [...taken.warnings, ...ignoredFields(extra)],
  });
  const chunks = taken.chunks.map((chunk) => chunk.n);
  return { status: 'planned', execution: start.execution, run, manifest: places.manifest, chunks };
}

const versionOf = ({ bytes, version, sha256, decoded }: Read) => ({ bytes, version, sha256, decoded });

/** An empty object has no header to hold against the row. */
function extraFields(pipeline: Pipeline, source: number, { header, records }: Read): readonly string[] {
  if (records === 0 && (header.fields?.length ?? 0) === 0) return [];
  return bindSource(pipeline, source, header.fields).extra;
}

/** What a run says about fields that no column asks for. */
export const ignoredFields = (extra: readonly string[]): string[] =>
  extra.length === 0
    ? []
    : [`Fields that no column asks for were ignored: ${extra.slice(0, 20).join(', ')}.`];

/** @throws UsageError if none or several of the pipeline's sources take a file of this name. */
export function sourceOf(pipeline: Pipeline, uri: string): number {
  const name = basename(uri);
  const found = pipeline.sources.flatMap((source, i) => (matches(source, name) ? [i] : []));
  if (found.length === 1) return found[0]!;
  const patterns = pipeline.sources.map((source) => source.match).join(', ');
  throw new UsageError(
    `${name} matches ${found.length === 0 ? 'no source' : `${found.length} sources`} of pipeline ${pipeline.name}; ` +
      `its sources take: ${patterns}.`,
  );
}

async function register(world: World, pipeline: Pipeline, start: Start, sha256: string) {
  return world.ledger.register({
    pipeline: pipeline.name,
    sha256,
    run: runName(pipeline.name, start.startedAt, sha256),
    owner: start.execution,
    definition: definitionHash(pipeline),
    at: new Date(start.startedAt),
    again: start.again,
  });
}

/** The name of a run that has no attempt at its content: the first that no other has taken. */
async function freeName(world: World, pipeline: Pipeline, start: Start, sha256: string): Promise<string> {
  const named = (n: number): string => runName(pipeline.name, start.startedAt, sha256, n);
  let n = 1;
  while (await world.files.stat(world.layout.report(pipeline.name, named(n)))) n++;
  return named(n);
}

/** Puts an object aside whole, with a file that says why, and settles the run. */
async function reject(
  world: World,
  pipeline: Pipeline,
  subject: Subject,
  why: ObjectRejectedError,
): Promise<Ingested> {
  const { run, execution, objects } = subject;
  const { uri, ...content } = objects[0]!;
  const name = basename(uri).replaceAll(/\p{Cc}/gu, '_');
  const aside = world.layout.quarantinedObject(
    pipeline.name,
    run,
    ['', '.', '..'].includes(name) ? '_' : name,
  );
  const reason = { object: uri, ...content, code: why.code, message: why.message, run };
  await world.files.copy(uri, aside);
  await world.files.write(`${aside}.reason.json`, Buffer.from(`${JSON.stringify(reason, null, 2)}\n`));
  await settle(world, pipeline, subject, {
    status: 'rejected',
    records: { read: null },
    quarantine: aside,
    error: { name: why.name, message: `${why.code}: ${why.message}` },
  });
  return { status: 'rejected', execution, run, manifest: '', chunks: [], reason: why.message };
}
