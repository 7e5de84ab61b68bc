/** Buckets and tables of an emulator, new for one test, and the clients that the product itself makes. */

import { randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { awsClients } from '../../runtime/aws/clients.ts';

/** @throws if no emulator is named: these tests never talk to an account. */
function endpoint(): string {
  const found = process.env['AWS_ENDPOINT_URL'];
  if (found) return found;
  throw new Error('There is no AWS_ENDPOINT_URL. Run these tests by `npm run test:emulator`.');
}

endpoint();
export const clients = awsClients();

/** @returns the URI of a new bucket, without a slash at its end. */
export async function newBucket({ versioned = false } = {}): Promise<string> {
  const Bucket = `sluice-test-${randomUUID()}`;
  await clients.s3.send(new CreateBucketCommand({ Bucket }));
  if (versioned) {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await clients.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  return `s3://${Bucket}`;
}

/** @returns the name of a new table with the keys of a ledger. */
export async function newTable(): Promise<string> {
  const TableName = `sluice-test-${randomUUID()}`;
  await clients.dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  return TableName;
}
