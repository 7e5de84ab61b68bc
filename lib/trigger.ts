/** From a dropped object, or a new version of a table that is read, to a started run: a rule, a queue that waits as long as it must, the starter. */

import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Pipeline } from '../core/pipeline.ts';
import type { Source } from '../core/sources/source.ts';
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
  const created = (id: string, description: string, bucket: IBucket, key: readonly object[]): void => {
    if (key.length === 0) return;
    const rule = new Rule(scope, id, {
      description,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [bucket.bucketName] }, object: { key: [...key] } },
      },
    });
    rule.addTarget(
      new SqsQueue(objects, { deadLetterQueue: dead, retryAttempts: 185, maxEventAge: Duration.days(1) }),
    );
  };
  const prefixes = (place: Source['place']): string[] => [
    ...new Set(pipeline.sources.filter((source) => source.place === place).map(({ prefix }) => prefix)),
  ];
  created(
    'Dropped',
    `Objects in the landing bucket that belong to ${pipeline.name}`,
    lake.landing,
    prefixes('landing').map((prefix) => ({ prefix })),
  );
  const logs = prefixes('lake');
  if (logs.length > 0) lake.tellVersions();
  created(
    'Committed',
    `Versions of tables that ${pipeline.name} reads`,
    lake.lake,
    // Checkpoints lie there too, and end otherwise.
    logs.map((prefix) => ({ wildcard: `${prefix}*.json` })),
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
