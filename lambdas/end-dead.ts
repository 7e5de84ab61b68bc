/** Ends attempts that nobody works on any more: their execution has ended, and whoever should have settled it did not. */

import type { Logger } from '@aws-lambda-powertools/logger';
import type { Pipeline } from '../core/pipeline.ts';
import type { Attempt } from '../runtime/ports.ts';
import { takeOver } from '../runtime/recover.ts';
import { LONGEST_MS } from '../runtime/registration.ts';
import type { RunRecord } from '../runtime/result.ts';
import type { World } from '../runtime/world.ts';
import { inputOf, type Described, type Executions } from '../runtime/aws/executions.ts';
import { settleExecution } from './settle-execution.ts';
import { toldError } from './told-error.ts';

export interface Ending {
  readonly world: World;
  readonly pipeline: Pipeline;
  readonly executions: Pick<Executions, 'describe'>;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/** Time that the settling of an execution has, with its own tries. */
const GRACE_MS = 15 * 60_000;

/** @returns how many attempts could not be ended; each was logged. */
export async function endDead(ending: Ending): Promise<number> {
  const { world, pipeline, executions, log } = ending;
  let failed = 0;
  for await (const attempt of world.ledger.unsettled(pipeline.name)) {
    const { run, owner } = attempt;
    try {
      const execution = await executions.describe(owner);
      if (!isDead(attempt, execution, world.now())) continue;
      const record = await end(ending, attempt, execution);
      log.info(`An attempt whose execution had ended is settled: ${record.status}`, { run, owner });
    } catch (error) {
      failed += 1;
      log.error(`Run ${run} could not be ended; the next look tries again.`, toldError(pipeline, error));
    }
  }
  return failed;
}

/** An owner of which Step Functions knows nothing, or nothing yet, has as long as the longest execution. */
function isDead({ registeredAt }: Attempt, execution: Described | undefined, now: Date): boolean {
  if (execution === undefined) return now.getTime() - Date.parse(registeredAt) > LONGEST_MS;
  const { status, stopDate } = execution;
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return false;
  return stopDate === undefined || now.getTime() - stopDate.getTime() > GRACE_MS;
}

async function end(ending: Ending, attempt: Attempt, execution: Described | undefined): Promise<RunRecord> {
  const { world, pipeline } = ending;
  const isRun = inputOf(execution)?.execution === attempt.owner;
  const settled = isRun ? await settleExecution(world, pipeline, execution!, attempt) : undefined;
  return settled?.run === attempt.run ? settled : takeOver(world, pipeline, attempt, 'the watchdog');
}
