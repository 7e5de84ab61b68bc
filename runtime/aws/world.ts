/** The world of AWS: buckets, a table and topics that the environment variables name, and the memory of the function. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { z } from 'zod';
import { UsageError } from '../../core/errors.ts';
import { defaultLimits } from '../../core/limits.ts';
import { deltaTables } from '../delta/tables.ts';
import { withEngine } from '../engine.ts';
import { layoutOf } from '../layout.ts';
import { undisturbed } from '../notices.ts';
import type { World } from '../world.ts';
import { awsClients, type AwsClients } from './clients.ts';
import { dynamoLedger } from './dynamo-ledger.ts';
import { awsNotifications } from './notifications.ts';
import { s3Files } from './s3-files.ts';
import { secretsOf } from './secrets.ts';

const bucket = z.string().regex(/^s3:\/\/[^/]+$/, 'expected s3://<bucket>, without a slash at its end');

const settings = z.object({
  SLUICE_ENV: z.string().min(1),
  SLUICE_LAKE: bucket,
  SLUICE_QUARANTINE: bucket,
  SLUICE_WORK: bucket,
  SLUICE_LEDGER: z.string().min(1),
  SLUICE_TOPIC_INFO: z.string().optional(),
  /** In MiB; Lambda sets it. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().int().min(128).default(2048),
});

/** What Lambda gives for one processor, in MiB, and how many it has at most. */
const MB_PER_PROCESSOR = 1769;
const MOST_PROCESSORS = 6;
/** The share of the memory that the engine may take: Node, the SDK and what is in flight need the rest. */
const ENGINE_SHARE = 0.55;

/**
 * The world of one function. Make it once for each process.
 * @throws UsageError naming the variables that are missing or wrong.
 */
export function awsWorld(env: NodeJS.ProcessEnv = process.env, clients: AwsClients = awsClients(env)): World {
  const given = settings.safeParse(env);
  if (!given.success) {
    throw new UsageError(
      `The environment variables of this function are not those of a pipeline: ${z.prettifyError(given.error)}\n` +
        'The stack of the pipeline sets them; deploy it again.',
      { cause: given.error },
    );
  }
  const { SLUICE_LAKE: lake, SLUICE_QUARANTINE: quarantine, SLUICE_WORK: work, ...rest } = given.data;
  const memory = rest.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
  const files = s3Files(clients.s3);
  const topic = rest.SLUICE_TOPIC_INFO;
  const scratch = join(tmpdir(), 'sluice');
  const engine = Object.freeze({
    memoryMb: Math.floor(memory * ENGINE_SHARE),
    threads: Math.min(MOST_PROCESSORS, Math.max(1, Math.round(memory / MB_PER_PROCESSOR))),
  });
  // Each process has a folder of its own in `scratch`, which many may share.
  const own = { scratch: join(scratch, String(process.pid)), ...engine, seconds: defaultLimits.stageSeconds };
  return Object.freeze({
    files,
    tables: deltaTables(files, { inEngine: (work) => withEngine(own, work) }),
    ledger: dynamoLedger(clients.dynamo, rest.SLUICE_LEDGER),
    notifications: undisturbed(
      awsNotifications({
        metrics: new Metrics({ namespace: 'Sluice' }),
        environment: rest.SLUICE_ENV,
        notices: topic ? { sns: clients.sns, topic } : undefined,
      }),
    ),
    layout: layoutOf({ lake, quarantine, work }),
    limits: defaultLimits,
    scratch,
    engine,
    now: () => new Date(),
    secret: secretsOf(rest.SLUICE_ENV),
  });
}
