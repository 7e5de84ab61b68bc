/** A queue for what could not be delivered or dealt with: kept for 14 days, encrypted, TLS only. */

import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export function deadLetters(
  scope: Construct,
  id: string,
  { name, key }: { readonly name: string; readonly key: IKey },
): Queue {
  return new Queue(scope, id, {
    queueName: name,
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
}
