/** One object, one run, in this process: the state machine of `statemachines/` over the stages and a given world. */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DefinitionError, TransientError, UsageError } from '../../core/errors.ts';
import type { Pipeline } from '../../core/pipeline.ts';
import { ingest } from '../ingest.ts';
import { load } from '../load.ts';
import type { RunRecord } from '../result.ts';
import { isDecision, readReport, settleFailure } from '../settle.ts';
import { transform } from '../transform.ts';
import { validate } from '../validate.ts';
import type { Ingested, Start } from '../values.ts';
import type { World } from '../world.ts';
import { asExecution } from './unfinished.ts';
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
export async function runObject(world: World, pipeline: Pipeline, options: RunOptions): Promise<RunRecord> {
  const startedAt = world.now().toISOString();
  const start: Start = {
    pipeline: pipeline.name,
    execution: options.execution ?? executionName(pipeline.name, startedAt),
    objects: [{ uri: options.uri }],
    again: options.again ?? false,
    startedAt,
  };
  return asExecution(world, pipeline.name, start.execution, (own) => execute(own, pipeline, start, options));
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
  if (refused !== undefined) throw refused;
  const { error = 'Error', cause = '' } = ended;
  if (ended.status === 'failed' && !isDecision(error)) {
    if (ingested !== undefined && (await isVisible(world, pipeline, ingested.run))) {
      throw new TransientError(
        `Run ${ingested.run} is visible in its table, but could not be settled: ${error}: ${cause}. Run the same ` +
          'command again: the run is recognised as committed, and settled.',
      );
    }
    return settleFailure(world, pipeline, {
      start,
      error: { name: error, message: cause },
    });
  }
  return readReport(world, pipeline.name, (ingested as Ingested).run);
}

/**
 * Whether the run's commit was made. Such a run must not be settled as failed, however its execution ended: the next
 * run of the content would load it a second time.
 */
async function isVisible(world: World, pipeline: Pipeline, run: string): Promise<boolean> {
  const snapshot = await world.tables.snapshot(world.layout.table(pipeline.sinks[0]!.table));
  return snapshot?.transactions[`sluice/${run}`] !== undefined;
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
