/** An execution that ended badly is settled: what it had decided is carried out, anything else has failed. */

import { z } from 'zod';
import { UsageError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { AttemptKey } from '../runtime/ports.ts';
import { isDecision, settleFailure } from '../runtime/recover.ts';
import type { RunRecord } from '../runtime/result.ts';
import { placesOf } from '../runtime/staging.ts';
import type { Start } from '../runtime/values.ts';
import type { World } from '../runtime/world.ts';
import { inputOf, type Described } from '../runtime/aws/executions.ts';

/**
 * @param attempt the one that the execution is known to have taken. Default: found by what the execution left.
 * @returns the settled run; undefined if there is nothing to settle: it runs, it came to its own end, it ended by a decision
 * about its data, or it was settled to the end before.
 * @throws UsageError if it was not started as a run is.
 */
export async function settleExecution(
  world: World,
  pipeline: Pipeline,
  execution: Described,
  attempt?: AttemptKey,
): Promise<RunRecord | undefined> {
  if (!endedBadly(execution)) return undefined;
  const start = inputOf(execution);
  if (start === undefined) {
    throw new UsageError(
      `Execution ${execution.name} was not started with what starts a run, so there is none to settle. ` +
        'Start runs by dropping objects, or with the input of another run.',
    );
  }
  if (attempt === undefined && (await isSettled(world, pipeline, start))) return undefined;
  return settleFailure(world, pipeline, { start, error: failureOf(execution), attempt });
}

/** The newest runs, among which one that was settled just now must be. */
const RECENT = 200;

/**
 * Whether the run of an execution was settled to the end, after which nothing in the work folder tells of it: the last
 * answer of a stage was lost, or this is told a second time.
 */
async function isSettled(world: World, pipeline: Pipeline, { execution }: Start): Promise<boolean> {
  if (await world.files.stat(placesOf(world, pipeline.name, execution).subject)) return false;
  const recent = await world.ledger.history(pipeline.name, RECENT);
  return recent.some(({ owner }) => owner === execution);
}

const endedBadly = ({ status, error = '' }: Described): boolean =>
  status === 'TIMED_OUT' || status === 'ABORTED' || (status === 'FAILED' && !isDecision(error));

/** What went wrong, by a name and a sentence. */
export function failureOf({ status, error, cause }: Described): { name: string; message: string } {
  const { name, message } = thrownBy(error, cause);
  const said = message === '' ? '' : ` ${name === undefined ? '' : `${name}: `}${message}`;
  if (status === 'TIMED_OUT') {
    return { name: 'TimedOut', message: `The execution was not done in the time that it has.${said}` };
  }
  if (status === 'ABORTED') {
    return { name: 'Aborted', message: `The execution was stopped by somebody.${said}` };
  }
  return {
    name: name ?? 'Failed',
    message:
      message === '' ? 'The execution failed and did not say why; its history in the console may.' : message,
  };
}

/** A function of Lambda that throws says so in the cause, as JSON. */
const thrownSchema = z.object({ errorType: z.string().optional(), errorMessage: z.string() });

function thrownBy(error: string | undefined, cause = ''): { name: string | undefined; message: string } {
  const name = error === '' ? undefined : error;
  try {
    const { errorType, errorMessage } = thrownSchema.parse(JSON.parse(cause));
    return { name: errorType ?? name, message: errorMessage };
  } catch {
    return { name, message: cause };
  }
}
