/** Stage ingest: one pass over an object's bytes says what it is, and plans the work on it. */

import { basename, dirname, sep } from 'node:path';
import { ObjectRejectedError, TransientError, UsageError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { takenByKey, takenByPath } from '../core/sources/taken-by.ts';
import { askedOf, bindSource, expectedOf } from './binding.ts';
import { conclude, mustBe, settleUnregistered } from './conclude.ts';
import { definitionHash } from './definition.ts';
import { intake, type IntakeResult } from './intake/intake.ts';
import { pinReferences } from './pin-references.ts';
import type { Registered } from './ports.ts';
import { recordOf, type About } from './record.ts';
import { foldersOf, takeOver } from './recover.ts';
import type { RunRecord } from './result.ts';
import { roundsFor, roundTask } from './rounds.ts';
import { duplicateName, runName } from './run-name.ts';
import { placesOf, writeValue } from './staging.ts';
import { takeTurn } from './take-turn.ts';
import {
  manifestSchema,
  startSchema,
  subjectSchema,
  type Ingested,
  type Start,
  type Subject,
} from './values.ts';
import { whileBinding } from './while-binding.ts';
import { inEngine, type World } from './world.ts';

/** Unfinished attempts of others that one registration ends at most. */
const TRIES = 10;

type Read = Exclude<IntakeResult, { rejected: ObjectRejectedError } | { nothingNew: string }>;

/**
 * Reads, counts and hashes the object, registers the content and plans the chunks. A content that was published before
 * and an object that cannot be trusted end here, settled.
 * @throws UsageError if no source of the pipeline takes the object; DefinitionError if the definition cannot run.
 */
export async function ingest(world: World, pipeline: Pipeline, input: unknown): Promise<Ingested> {
  const start = startSchema.parse(input);
  const object = start.objects[0]!;
  const source = sourceOf(pipeline, object.uri);
  const places = placesOf(world, pipeline.name, start.execution);
  const chunkBytes = Math.min(world.limits.chunkBytes, pipeline.scale.chunkMb * 1024 * 1024);
  const taken = await whileBinding(world, pipeline, (mayGoOn) =>
    intake(world.files, object, pipeline.sources[source]!.format, {
      limits: { ...world.limits, chunkBytes },
      expected: expectedOf(pipeline, source),
      converting: { columns: askedOf(pipeline, source), inEngine: (work) => inEngine(world, work) },
      decodedTo: places.decoded,
      onProgress(done, total) {
        mayGoOn();
        world.notifications.progress({ pipeline: pipeline.name, stage: 'ingest', done, total });
      },
    }),
  );
  const subject: Subject = {
    pipeline: pipeline.name,
    execution: start.execution,
    definition: definitionHash(pipeline),
    startedAt: start.startedAt,
    objects: [{ uri: object.uri, bytes: taken.bytes, sha256: taken.sha256 }],
  };
  // Before it registers: whoever ends a failed execution finds its attempt by the content.
  await writeValue(world.files, places.subject, subjectSchema, subject);
  if ('nothingNew' in taken) return duplicate(world, pipeline, subject, taken.nothingNew);
  const registered = await register(world, pipeline, start, taken);
  if (registered.status === 'duplicate') {
    const warning = `The same content was published by run ${registered.of}; nothing was loaded.`;
    return duplicate(world, pipeline, subject, warning);
  }
  if (registered.status === 'settled') return rejected(registered.record);
  await takeTurn(world, pipeline, pipeline.sources[source]!, { start, sha256: taken.sha256 });
  const about: About = { ...subject, run: registered.run, attempt: registered.attempt };
  if ('rejected' in taken) return reject(world, pipeline, about, taken, taken.rejected);
  let extra: readonly string[];
  try {
    extra = extraFields(pipeline, source, taken);
  } catch (error) {
    if (error instanceof ObjectRejectedError) return reject(world, pipeline, about, taken, error);
    throw error;
  }
  const { run, attempt, published, held } = registered;
  const rounds = roundsFor(world, pipeline, { bytes: taken.decoded.bytes, records: taken.records });
  await writeValue(world.files, places.manifest, manifestSchema, {
    ...subject,
    run,
    attempt,
    published: [...published],
    held: [...held],
    source,
    object: { uri: object.uri, ...versionOf(taken) },
    found: taken.found,
    fields: taken.header.fields === null ? null : [...taken.header.fields],
    records: taken.records,
    chunks: [...taken.chunks],
    rounds,
    references: await pinReferences(world, pipeline),
    warnings: [...taken.warnings, ...ignoredFields(extra)],
  });
  return {
    status: 'planned',
    execution: start.execution,
    run,
    attempt: { pipeline: pipeline.name, sha256: taken.sha256, attempt },
    manifest: places.manifest,
    chunks: taken.chunks.map((chunk) => chunk.n),
    rounds: roundTask(rounds),
  };
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

/** @throws UsageError if none or several of the pipeline's sources take an object. On disk a prefix means nothing. */
export function sourceOf(pipeline: Pipeline, uri: string): number {
  const name = basename(uri);
  const key = /^s3:\/\/[^/]+\/([^]*)$/.exec(uri)?.[1];
  const found =
    key === undefined
      ? takenByPath(pipeline.sources, dirname(uri).split(sep).join('/'), name)
      : takenByKey(pipeline.sources, key);
  if (found.length === 1) return found[0]!;
  const patterns = pipeline.sources.map(({ prefix, match }) => (key === undefined ? match : prefix + match));
  throw new UsageError(
    `${key ?? name} matches ${found.length === 0 ? 'no source' : `${found.length} sources`} of pipeline ${pipeline.name}; ` +
      `its sources take: ${patterns.join(', ')}.`,
  );
}

type Ready = Exclude<Registered, { status: 'unfinished' }>;

/** Registers; an attempt that another left unfinished is ended first. */
async function register(
  world: World,
  pipeline: Pipeline,
  start: Start,
  { sha256, version, bytes }: IntakeResult,
): Promise<Ready> {
  for (let tries = 0; tries < TRIES; tries++) {
    const registered = await world.ledger.register({
      pipeline: pipeline.name,
      sha256,
      run: runName(pipeline.name, start.startedAt, sha256),
      owner: start.execution,
      definition: definitionHash(pipeline),
      at: new Date(start.startedAt),
      again: start.again,
      object: { uri: start.objects[0]!.uri, version, bytes },
    });
    if (registered.status !== 'unfinished') return registered;
    await takeOver(world, pipeline, registered.attempt, start.execution);
  }
  throw new TransientError(
    `Other executions keep leaving this content of ${pipeline.name} unfinished; try again later.`,
  );
}

/** All that the object has was published before. */
async function duplicate(
  world: World,
  pipeline: Pipeline,
  subject: Subject,
  warning: string,
): Promise<Ingested> {
  const sha256 = subject.objects[0]!.sha256!;
  const { run } = await settleUnregistered(
    world,
    (n) => duplicateName(pipeline.name, subject.startedAt, sha256, n),
    (run) =>
      recordOf(
        world,
        pipeline,
        { ...subject, run, attempt: 1 },
        { status: 'duplicate', warnings: [warning] },
      ),
  );
  const { execution } = subject;
  return {
    status: 'duplicate',
    execution,
    run,
    attempt: null,
    manifest: '',
    chunks: [],
    rounds: roundTask([]),
  };
}

/** Puts an object aside whole, with a file that says why, and settles the run. */
async function reject(
  world: World,
  pipeline: Pipeline,
  about: About,
  { version }: IntakeResult,
  why: ObjectRejectedError,
): Promise<Ingested> {
  const { run, execution, attempt } = about;
  const { uri, bytes, sha256 } = about.objects[0]!;
  const name = basename(uri).replaceAll(/\p{Cc}/gu, '_');
  const folder = `${world.layout.quarantinedObjects(pipeline.name, run)}/`;
  const aside = folder + (['', '.', '..'].includes(name) ? '_' : name);
  const note = `${aside}.reason.json`;
  const reason = { object: uri, bytes, sha256, code: why.code, message: why.message, run };
  await world.files.copy(uri, aside, { version });
  await world.files.write(note, Buffer.from(`${JSON.stringify(reason, null, 2)}\n`));
  const record = recordOf(world, pipeline, about, {
    status: 'rejected',
    records: { read: null },
    quarantine: aside,
    error: { name: why.name, message: `${why.code}: ${why.message}` },
  });
  const settled = await conclude(
    world,
    { pipeline: pipeline.name, sha256: sha256!, attempt },
    {
      outcome: 'reject',
      by: execution,
      conclusion: {
        record,
        changes: [],
        folders: foldersOf(world, pipeline, run),
        keep: [aside, note],
      },
    },
  );
  return rejected(mustBe(settled, 'rejected'));
}

const rejected = ({ run, owner, error }: RunRecord): Ingested => ({
  status: 'rejected',
  execution: owner,
  run,
  attempt: null,
  manifest: '',
  chunks: [],
  rounds: roundTask([]),
  reason: error?.message ?? '',
});
