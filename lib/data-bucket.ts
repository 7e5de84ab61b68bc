/** A bucket for data: private, encrypted with the environment's key, TLS only, its accesses logged. */

import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  type BucketProps,
  type CfnBucket,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Environment } from './environment.ts';

export interface DataBucketProps {
  readonly environment: Environment;
  readonly key: IKey;
  readonly logs: IBucket;
  /** Whether replaced and removed objects are kept for a while. */
  readonly versioned: boolean;
  /** Days after which objects are removed. @default they stay */
  readonly expireDays?: number;
  /** Whether its events go to EventBridge. @default they do not */
  readonly events?: boolean;
}

export function dataBucket(scope: Construct, id: string, props: DataBucketProps): IBucket {
  const { environment, key, logs, versioned, expireDays, events } = props;
  const bucket = new Bucket(scope, id, {
    ...common(environment),
    versioned,
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    serverAccessLogsBucket: logs,
    serverAccessLogsPrefix: `${id.toLowerCase()}/`,
    lifecycleRules: [
      {
        id: 'tidy',
        abortIncompleteMultipartUploadAfter: Duration.days(2),
        ...(versioned
          ? {
              noncurrentVersionExpiration: Duration.days(environment.oldVersionDays),
              expiredObjectDeleteMarker: true,
            }
          : {}),
      },
      ...(expireDays === undefined ? [] : [{ id: 'expire', expiration: Duration.days(expireDays) }]),
    ],
  });
  if (events) sendEvents(bucket as IBucket);
  return bucket as IBucket;
}

/**
 * Has the events of a bucket go to EventBridge. Not by `eventBridgeEnabled`: that deploys a function of its own, which no
 * emulator needs and nobody asked for.
 */
export function sendEvents(bucket: IBucket): void {
  (bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
    eventBridgeConfiguration: { eventBridgeEnabled: true },
  };
}

/** Where the accesses to the others are logged; S3 delivers logs only to a bucket with its own encryption. */
export function logBucket(scope: Construct, environment: Environment): IBucket {
  return new Bucket(scope, 'Logs', {
    ...common(environment),
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [
      {
        id: 'expire',
        abortIncompleteMultipartUploadAfter: Duration.days(2),
        expiration: Duration.days(environment.logs),
      },
    ],
  }) as IBucket;
}

const common = (environment: Environment): BucketProps => ({
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: environment.removal,
});
