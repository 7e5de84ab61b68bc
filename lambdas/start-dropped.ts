/** From messages that tell of dropped objects to executions, no more of them at once than may be open. */

import type { Logger } from '@aws-lambda-powertools/logger';
import { z } from 'zod';
import { TransientError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { versionOf } from '../runtime/aws/s3-place.ts';
import { startOf, whyIgnored, type Delivery } from '../runtime/aws/delivery.ts';
import type { Executions } from '../runtime/aws/executions.ts';
import { toldError } from './told-error.ts';

export interface Message {
  readonly messageId: string;
  /** An event of EventBridge as JSON. */
  readonly body: string;
}

export interface Starting {
  readonly pipeline: Pipeline;
  readonly executions: Executions;
  /** Runs that may be open at once. Two batches at the same time may pass it by what they start. */
  readonly openRuns: number;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** @returns the ids of the messages that go back to the queue, and come again. */
export async function startDropped(starting: Starting, messages: readonly Message[]): Promise<string[]> {
  const { pipeline, log } = starting;
  const back: string[] = [];
  const wanted: { readonly messageId: string; readonly delivery: Delivery }[] = [];
  for (const { messageId, body } of messages) {
    const delivery = deliveryIn(body);
    if (delivery === undefined) {
      log.error('A message tells of no dropped object; it ends among the dead letters.', { messageId });
      back.push(messageId);
      continue;
    }
    const why = whyIgnored(pipeline, delivery);
    if (why === undefined) wanted.push({ messageId, delivery });
    else log.info(`Object ignored: ${why}`, { object: objectOf(delivery) });
  }
  const started = await startAll(
    starting,
    wanted.map(({ delivery }) => delivery),
  );
  return [...back, ...wanted.filter((_, i) => !started[i]).map(({ messageId }) => messageId)];
}

/** @returns for each delivery whether it has an execution now. */
async function startAll(starting: Starting, deliveries: readonly Delivery[]): Promise<boolean[]> {
  const { pipeline, executions, openRuns, log } = starting;
  if (deliveries.length === 0) return [];
  let free = await freeOf(starting);
  const started: boolean[] = [];
  for (const delivery of deliveries) {
    const object = objectOf(delivery);
    if (free <= 0) {
      started.push(false);
      continue;
    }
    const start = startOf(pipeline, delivery);
    try {
      const status = await executions.start(start);
      if (status === 'started') free -= 1;
      const words = status === 'started' ? 'Run started' : 'Told again: the object has its run';
      log.info(words, { object, execution: start.execution });
      started.push(true);
    } catch (error) {
      log.error('The run of an object could not be started; it comes again.', {
        object,
        execution: start.execution,
        error: toldError(pipeline, error),
      });
      started.push(false);
      // Whatever comes next would be refused as well.
      if (error instanceof TransientError) free = 0;
    }
  }
  const waiting = started.filter((is) => !is).length;
  if (waiting > 0) log.warn(`${waiting} objects wait; ${openRuns} runs may be open at once.`);
  return started;
}

async function freeOf({ pipeline, executions, openRuns, log }: Starting): Promise<number> {
  try {
    return openRuns - (await executions.running(openRuns)).length;
  } catch (error) {
    log.error('The open runs could not be counted; the objects come again.', toldError(pipeline, error));
    return 0;
  }
}

const createdSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  time: z.iso.datetime({ offset: true }),
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      size: z.number().default(0),
      etag: z.string().optional(),
      'version-id': z.string().optional(),
    }),
  }),
});

function deliveryIn(body: string): Delivery | undefined {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { data } = createdSchema.safeParse(event);
  if (data === undefined) return undefined;
  const { key, size, etag, 'version-id': id } = data.detail.object;
  const isVersioned = etag !== undefined || id !== undefined;
  return {
    bucket: data.detail.bucket.name,
    key,
    size,
    version: isVersioned ? versionOf({ VersionId: id, ETag: etag }) : undefined,
    at: new Date(data.time),
  };
}

/** All of an object that a log may have. */
const objectOf = ({ bucket, key, size }: Delivery) => ({ bucket, key, size });
