/** One object, one run, in this process: the state machine of `statemachines/` over the stages and a given world. */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DefinitionError, UsageError } from '../../core/errors.ts';
import type { Pipeline } from '../../core/pipeline.ts';
import { ingest } from '../ingest.ts';
import { load } from '../load.ts';
import type { RunRecord } from '../result.ts';
import { readReport } from '../conclude.ts';
import { isDecision, settleFailure } from '../recover.ts';
import { placesOf } from '../staging.ts';
import { transform } from '../transform.ts';
import { validate } from '../validate.ts';
import type { Ingested, Start } from '../values.ts';
import type { World } from '../world.ts';
import { recoverGone, removeDeadScratch } from './recover-gone.ts';
import type { LocalWorld } from './world.ts';
import { runMachine, type Asl, type Handlers } from './machine.ts';

export interface RunOptions {
  /** The object: an absolute path. */
  readonly uri: string;
  /** Work on the content although it was published before. Default: false. */
  readonly again?: boolean;
  /** The execution's name; give the same one again to go on with what it began. Default: a new one. */
  readonly execution?: string;
  /** The pause before any retry, in milliseconds. Default: what the state machine says. */
  readonly retryDelays?: number;
}

/** Chunks are worked on one after another: each takes all threads of the engine. */
const CONCURRENCY = 1;

/**
 * Runs a pipeline on one object and returns the settled run; a run that was held, rejected or that failed is a result
 * like any other.
 * @throws UsageError or DefinitionError if there is nothing to run: no source takes the object, or the definition
 * cannot be used; TransientError if the run was committed but could not be settled. Nothing is settled then.
 */
export async function runObject(
  world: LocalWorld,
  pipeline: Pipeline,
  options: RunOptions,
): Promise<RunRecord> {
  const startedAt = world.now().toISOString();
  const start: Start = {
    pipeline: pipeline.name,
    execution: options.execution ?? executionName(pipeline.name, startedAt),
    objects: [{ uri: options.uri }],
    again: options.again ?? false,
    startedAt,
  };
  try {
    await world.executions.begin(pipeline.name, start.execution);
    await removeDeadScratch(world);
    await recoverGone(world, pipeline, start.execution);
    return await execute(world, pipeline, start, options);
  } finally {
    world.executions.end(start.execution);
  }
}

async function execute(
  world: World,
  pipeline: Pipeline,
  start: Start,
  options: RunOptions,
): Promise<RunRecord> {
  let ingested: Ingested | undefined;
  let refused: Error | undefined;
  const handlers: Handlers = {
    IngestFunction: async (input) => {
      try {
        return (ingested = await ingest(world, pipeline, input));
      } catch (error) {
        if (error instanceof UsageError || error instanceof DefinitionError) refused = error;
        throw error;
      }
    },
    TransformFunction: (input) => transform(world, pipeline, input),
    ValidateFunction: (input) => validate(world, pipeline, input),
    LoadFunction: (input) => load(world, pipeline, input),
  };
  const ended = await runMachine(await batch(), handlers, start, {
    execution: start.execution,
    concurrency: CONCURRENCY,
    ...(options.retryDelays === undefined ? {} : { retryDelays: options.retryDelays }),
  });
  if (refused !== undefined) {
    await world.files.removeAll(placesOf(world, pipeline.name, start.execution).work);
    throw refused;
  }
  const { error = 'Error', cause = '' } = ended;
  if (ended.status === 'succeeded' || isDecision(error)) {
    return readReport(world, pipeline.name, (ingested as Ingested).run);
  }
  const attempt = ingested?.attempt ?? undefined;
  return settleFailure(world, pipeline, { start, error: { name: error, message: cause }, attempt });
}

/** `<pipeline>-<yyyymmdd>T<hhmmss>Z-<6 hex>`: unique, and readable in a list of executions. */
function executionName(pipeline: string, startedAt: string): string {
  const time = `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return `${pipeline}-${time}-${randomBytes(3).toString('hex')}`;
}

let asl: Promise<Asl> | undefined;

function batch(): Promise<Asl> {
  const file = new URL('../../statemachines/batch.asl.json', import.meta.url);
  return (asl ??= readFile(file, 'utf8').then((text) => JSON.parse(text) as Asl));
}
