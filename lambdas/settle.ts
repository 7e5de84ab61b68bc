/** Settles executions that failed, timed out or were aborted, as EventBridge tells of them. */

import { SFNClient } from '@aws-sdk/client-sfn';
import { pipeline } from '#pipeline';
import { z } from 'zod';
import { UsageError } from '../core/errors.ts';
import { containerWorld } from './container-world.ts';
import { eventOf } from './event-of.ts';
import { executionsOf } from '../runtime/aws/executions.ts';
import { handlerOf } from './handler-of.ts';
import { settingsOf } from './settings.ts';
import { settleExecution } from './settle-execution.ts';
import { tellingWorld } from './telling-world.ts';

const endedSchema = z.object({ detail: z.object({ name: z.string().min(1) }) });

const client = new SFNClient({ maxAttempts: 6 });

export const handler = handlerOf('settle', pipeline, async (event, { log, about }) => {
  const { name } = eventOf(endedSchema, event, 'settle').detail;
  about({ execution: name });
  // Not what the event says: it may be late, and has neither input nor error where they are large or encrypted.
  const execution = await executionsOf(client, settingsOf(process.env).stateMachine).describe(name);
  if (execution === undefined) {
    throw new UsageError(`There is no execution ${name} to settle; was the state machine made anew?`);
  }
  const record = await settleExecution(tellingWorld(containerWorld(), pipeline, log), pipeline, execution);
  if (record === undefined) log.info(`Nothing to settle: the execution is ${execution.status}.`);
});
