/** Starts a run for each object that was dropped; what cannot be started now goes back to the queue. */

import { SFNClient } from '@aws-sdk/client-sfn';
import { pipeline } from '#pipeline';
import { z } from 'zod';
import { eventOf } from './event-of.ts';
import { executionsOf } from '../runtime/aws/executions.ts';
import { handlerOf } from './handler-of.ts';
import { settingsOf } from './settings.ts';
import { startDropped } from './start-dropped.ts';

const batchSchema = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string() })),
});

/** What is not started in a few tries comes again, and the function has seconds only. */
const client = new SFNClient({ maxAttempts: 3 });

export const handler = handlerOf('starter', pipeline, async (event, { log }) => {
  const { Records } = eventOf(batchSchema, event, 'starter');
  const { stateMachine, openRuns } = settingsOf(process.env);
  const executions = executionsOf(client, stateMachine);
  const back = await startDropped({ pipeline, executions, openRuns, log }, Records);
  return { batchItemFailures: back.map((itemIdentifier) => ({ itemIdentifier })) };
});
