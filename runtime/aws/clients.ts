/** The clients of AWS, made once for each process. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface AwsClients {
  readonly s3: S3Client;
  readonly dynamo: DynamoDBDocumentClient;
  readonly sns: SNSClient;
}

/** Tries that the SDK makes of each request, with pauses that grow, and fewer requests while it is throttled. */
const MAX_ATTEMPTS = 6;

/** How a client waits and tries again. */
export const patience = {
  retryMode: 'adaptive',
  maxAttempts: MAX_ATTEMPTS,
  // Without these, a connection that fell silent would be waited for until the function itself is ended.
  requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
} as const;

/** Region, credentials and endpoint come from the environment, as for every tool of AWS. */
export function awsClients(env: NodeJS.ProcessEnv = process.env): AwsClients {
  return Object.freeze({
    s3: new S3Client({
      ...patience,
      // A part goes over the connection that is there: waiting for leave to send it would open one for each.
      expectContinueHeader: false,
      // Emulators have no name for each bucket.
      forcePathStyle: env['AWS_ENDPOINT_URL'] !== undefined || env['AWS_ENDPOINT_URL_S3'] !== undefined,
    }),
    dynamo: DynamoDBDocumentClient.from(new DynamoDBClient(patience), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    sns: new SNSClient(patience),
  });
}
