/** Executions that did not come to their own end: what they decided is carried out, anything else settled as failed. */

import type { z } from 'zod';
import type { Pipeline } from '../core/pipeline.ts';
import { conclude, ended, settleUnregistered } from './conclude.ts';
import { definitionHash } from './definition.ts';
import { sayingQuery } from './failed-query.ts';
import { runFolder } from './layout.ts';
import { withoutValues } from './masking.ts';
import type { Attempt, AttemptKey } from './ports.ts';
import { recordOf, type About } from './record.ts';
import type { RunRecord } from './result.ts';
import { unregisteredName } from './run-name.ts';
import { placesOf, readValue, writeValue } from './staging.ts';
import { manifestSchema, subjectSchema, type Start, type Subject } from './values.ts';
import type { World } from './world.ts';

type Failure = { readonly name: string; readonly message: string };

/**
 * Ends another's attempt: as it was decided, or as failed, after which its owner can decide nothing.
 * @param by the execution that takes over.
 * @param why it is ended, unless it is because its owner is gone.
 */
export async function takeOver(
  world: World,
  pipeline: Pipeline,
  attempt: Attempt,
  by: string,
  why?: Failure,
): Promise<RunRecord> {
  const message =
    `Execution ${attempt.owner} ended without a word (killed, or the machine stopped); ${by} found it. ` +
    'Nothing became visible; run the object again.';
  const failure = why ?? { name: 'Killed', message };
  return (await ended(world, attempt)) ?? fail(world, pipeline, attempt, failure, by);
}

/**
 * Settles an execution that failed, from what it left; one that had decided its end is ended as decided.
 * The source and the quarantine are untouched; the same content can be run again.
 */
export async function settleFailure(
  world: World,
  pipeline: Pipeline,
  failure: { readonly start: Start; readonly error: Failure; readonly attempt?: AttemptKey | undefined },
): Promise<RunRecord> {
  const { start, error } = failure;
  // The work folder is empty once the attempt has ended; the state machine still knows which one it was.
  const before = failure.attempt && (await ended(world, failure.attempt));
  if (before) return before;
  const places = placesOf(world, pipeline.name, start.execution);
  const subject = await left(world, places.subject, subjectSchema);
  const attempt = subject && (await attemptOf(world, subject));
  if (attempt) return (await ended(world, attempt)) ?? fail(world, pipeline, attempt, error, start.execution);
  const known: Subject = subject ?? {
    pipeline: pipeline.name,
    execution: start.execution,
    definition: definitionHash(pipeline),
    startedAt: start.startedAt,
    objects: await unread(world, start),
  };
  // So that whoever finds this end broken off can go on with it.
  if (!subject) await writeValue(world.files, places.subject, subjectSchema, known);
  return settleUnregistered(
    world,
    (n) => unregisteredName(pipeline.name, start.startedAt, n),
    (run) =>
      recordOf(
        world,
        pipeline,
        { ...known, run, attempt: 1 },
        {
          status: 'failed',
          records: { read: null },
          error: { name: error.name, message: withoutValues(pipeline, error.message) },
        },
      ),
  );
}

/**
 * Whether an error ends a run by a decision about its data, which has been settled already: the state machine gives it one
 * of these names. An error that a stage throws is none, whatever it is called.
 */
export const isDecision = (errorName: string): boolean =>
  ['ObjectRejected', 'HeldByQualityGate'].includes(errorName);

async function fail(
  world: World,
  pipeline: Pipeline,
  attempt: Attempt,
  error: Failure,
  by: string,
): Promise<RunRecord> {
  const { run, owner, definition, object, sha256 } = attempt;
  const places = placesOf(world, pipeline.name, owner);
  const subject = await left(world, places.subject, subjectSchema);
  const manifest = await left(world, places.manifest, manifestSchema);
  const about: About = {
    pipeline: pipeline.name,
    execution: owner,
    definition,
    startedAt: subject?.startedAt ?? attempt.registeredAt,
    objects: [{ uri: object.uri, bytes: object.bytes, sha256 }],
    run,
    attempt: attempt.attempt,
  };
  const record = recordOf(world, pipeline, about, {
    status: 'failed',
    records: { read: manifest?.records ?? null },
    error: { name: error.name, message: withoutValues(pipeline, sayingQuery(pipeline, error)) },
  });
  return conclude(world, attempt, {
    outcome: 'fail',
    by,
    conclusion: { record, changes: [], folders: foldersOf(world, pipeline, run), keep: [] },
  });
}

/** Every folder in which a run puts files that may become visible. */
export const foldersOf = (world: World, pipeline: Pipeline, run: string): string[] => [
  ...pipeline.sinks.map((sink) => runFolder(world.layout.table(sink.table), run)),
  runFolder(world.layout.quarantinedRecords, run),
  `${world.layout.quarantinedObjects(pipeline.name, run)}/`,
];

/** The latest attempt of an execution at its content, if it registered one. */
export async function attemptOf(world: World, subject: Subject): Promise<Attempt | undefined> {
  const sha256 = subject.objects[0]?.sha256;
  if (!sha256) return undefined;
  const attempts = await world.ledger.attempts(subject.pipeline, sha256);
  return attempts.findLast(({ owner }) => owner === subject.execution);
}

/** A value that an execution left; undefined where it did not come to it. */
export async function left<S extends z.ZodType>(
  world: World,
  uri: string,
  schema: S,
): Promise<z.output<S> | undefined> {
  return (await world.files.stat(uri)) ? readValue(world.files, uri, schema) : undefined;
}

async function unread(world: World, start: Start): Promise<RunRecord['objects']> {
  return Promise.all(
    start.objects.map(async ({ uri }) => {
      const info = await world.files.stat(uri).catch(() => undefined);
      return { uri, bytes: info?.size ?? 0, sha256: null };
    }),
  );
}
