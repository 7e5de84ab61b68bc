/** From a dropped object to a started run: a rule, a queue that waits as long as it must, the starter. */

import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Pipeline } from '../core/pipeline.ts';
import { deadLetters } from './dead-letters.ts';
import type { LakeStack } from './lake-stack.ts';
import { functionSizes } from './pipeline-function.ts';

/** The queue of dropped objects, and where those end that nothing could be done with. */
export interface ObjectQueues {
  readonly objects: Queue;
  readonly dead: Queue;
}

/** An object that finds too many runs open comes again after the visibility timeout: 720 times are 12 hours. */
const TRIES = 720;

export function objectQueues(scope: Construct, key: IKey, name: string): ObjectQueues {
  const dead = deadLetters(scope, 'DeadObjects', { name: `${name}-dead-objects`, key });
  const objects = new Queue(scope, 'Objects', {
    queueName: `${name}-objects`,
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    visibilityTimeout: Duration.seconds(functionSizes.starter.seconds * 6),
    deadLetterQueue: { queue: dead, maxReceiveCount: TRIES },
  });
  return { objects, dead };
}

export interface TriggerProps {
  readonly pipeline: Pipeline;
  readonly lake: LakeStack;
  readonly queues: ObjectQueues;
  readonly starter: IFunction;
}

export function trigger(scope: Construct, { pipeline, lake, queues, starter }: TriggerProps): void {
  const { objects, dead } = queues;
  const prefixes = [...new Set(pipeline.sources.map(({ prefix }) => prefix))];
  const rule = new Rule(scope, 'Dropped', {
    description: `Objects in the landing bucket that belong to ${pipeline.name}`,
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: {
        bucket: { name: [lake.landing.bucketName] },
        object: { key: prefixes.map((prefix) => ({ prefix })) },
      },
    },
  });
  rule.addTarget(
    new SqsQueue(objects, { deadLetterQueue: dead, retryAttempts: 185, maxEventAge: Duration.days(1) }),
  );
  new EventSourceMapping(scope, 'Starts', {
    target: starter,
    eventSourceArn: objects.queueArn,
    batchSize: 10,
    reportBatchItemFailures: true,
    // Two at a time: they count the open runs before they start one.
    maxConcurrency: 2,
  });
}
