/** What processes that ended without a word left in an environment: their runs are ended, their files removed. */

import type { Pipeline } from '../../core/pipeline.ts';
import { resumeUnregistered } from '../conclude.ts';
import { readConclusion } from '../conclusion.ts';
import { attemptOf, left, takeOver } from '../recover.ts';
import { duplicateName, unregisteredName } from '../run-name.ts';
import { placesOf } from '../staging.ts';
import { subjectSchema, type Subject } from '../values.ts';
import { deadScratch } from './leftovers.ts';
import type { LocalWorld } from './world.ts';

/**
 * Ends the executions of a pipeline whose process is gone: what they had decided is carried out, anything else settled
 * as failed; a held run keeps what it staged. One that cannot be ended now is told as a warning and left to the next run.
 */
export async function recoverGone(world: LocalWorld, pipeline: Pipeline, by: string): Promise<void> {
  await endConcluded(world, pipeline, by).catch((error: unknown) =>
    process.emitWarning(`What is decided for ${pipeline.name} could not be carried out: ${String(error)}`),
  );
  for (const execution of await executionsIn(world, pipeline.name)) {
    if (execution === by || !(await world.executions.isGone(pipeline.name, execution))) continue;
    try {
      await recoverExecution(world, pipeline, execution, by);
    } catch (error) {
      process.emitWarning(`Execution ${execution} of ${pipeline.name} could not be ended: ${String(error)}`);
    }
  }
}

/** Those that have a work folder. */
export async function executionsIn(world: LocalWorld, pipeline: string): Promise<string[]> {
  const folder = world.layout.work(pipeline, '');
  const found = new Set<string>();
  for await (const { uri } of world.files.list(folder)) found.add(uri.slice(folder.length).split('/')[0]!);
  return [...found];
}

/**
 * What was decided by who is gone is carried out, also where nothing else is left of its execution; what came too late, of
 * a run that is settled, goes.
 */
async function endConcluded(world: LocalWorld, pipeline: Pipeline, by: string): Promise<void> {
  const folder = world.layout.conclusions(pipeline.name, '');
  for await (const { uri } of world.files.list(folder)) {
    if ((await world.files.stat(uri)) === undefined) continue;
    const [run = ''] = uri.slice(folder.length).split('/');
    if (await world.files.stat(world.layout.report(pipeline.name, run))) {
      await world.files.removeAll(`${world.layout.conclusions(pipeline.name, run)}/`);
      continue;
    }
    // The rows of a merge lie beside its conclusion.
    if (!uri.endsWith('.json')) continue;
    const { record } = await readConclusion(world.files, uri);
    const attempts = await world.ledger.attempts(pipeline.name, record.objects[0]!.sha256!);
    const attempt = attempts.find(({ run }) => run === record.run);
    if (attempt?.record) await world.files.remove(uri);
    else if (attempt?.decision && (await world.executions.isGone(pipeline.name, attempt.decision.by))) {
      await takeOver(world, pipeline, attempt, by);
    }
  }
}

async function recoverExecution(
  world: LocalWorld,
  pipeline: Pipeline,
  execution: string,
  by: string,
): Promise<void> {
  const { subject: uri, work } = placesOf(world, pipeline.name, execution);
  const subject = await left(world, uri, subjectSchema);
  const attempt = subject && (await attemptOf(world, subject));
  if (subject && !attempt) await endUnregistered(world, subject);
  const record = attempt && (await takeOver(world, pipeline, attempt, by));
  if (record?.status === 'held' && (await isLatest(world, attempt!))) return;
  await world.files.removeAll(work);
}

/** A duplicate, or a failure before the registration, may have been killed after its report. */
async function endUnregistered(world: LocalWorld, subject: Subject): Promise<void> {
  const { pipeline, startedAt, objects } = subject;
  const sha256 = objects[0]?.sha256;
  if (sha256) {
    await resumeUnregistered(world, subject, (n) => duplicateName(pipeline, startedAt, sha256, n));
  }
  await resumeUnregistered(world, subject, (n) => unregisteredName(pipeline, startedAt, n));
}

/** What a held run staged is of use until its content is worked on again. */
async function isLatest(
  world: LocalWorld,
  { pipeline, sha256, attempt }: { pipeline: string; sha256: string; attempt: number },
): Promise<boolean> {
  return (await world.ledger.attempts(pipeline, sha256)).at(-1)?.attempt === attempt;
}

/** Removes the engines' folders of processes of this machine that have ended. */
export async function removeDeadScratch(world: LocalWorld): Promise<void> {
  for (const { remove } of await deadScratch(world)) await remove();
}
