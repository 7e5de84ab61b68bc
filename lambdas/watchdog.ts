/** Looks every few minutes after what nobody else would miss: runs that never end, and objects that were never run. */

import { Metrics } from '@aws-lambda-powertools/metrics';
import { SFNClient } from '@aws-sdk/client-sfn';
import { pipeline } from '#pipeline';
import { awsClients } from '../runtime/aws/clients.ts';
import { containerWorld } from './container-world.ts';
import { executionsOf } from '../runtime/aws/executions.ts';
import { handlerOf } from './handler-of.ts';
import { s3Landing } from './landing.ts';
import { settingsOf } from './settings.ts';
import { tellingWorld } from './telling-world.ts';
import { memory, watch } from './watch.ts';

const { s3 } = awsClients();
const client = new SFNClient({ maxAttempts: 6 });
const metrics = new Metrics({ namespace: 'Sluice' });
const remembered = memory();

export const handler = handlerOf('watchdog', pipeline, async (_event, { log }) => {
  const { stateMachine, openRuns, environment, landing } = settingsOf(process.env);
  const world = tellingWorld(containerWorld(), pipeline, log);
  const executions = executionsOf(client, stateMachine);
  const at = s3Landing(s3, world.files, { landing, lake: world.layout.root });
  await watch({ world, pipeline, environment, openRuns, executions, landing: at, metrics, log }, remembered);
});
