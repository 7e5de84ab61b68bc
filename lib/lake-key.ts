/** The key of an environment, and which services of AWS may use it: without them queues and alarms fail silently. */

import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Environment } from './environment.ts';

export function lakeKey(scope: Construct, environment: Environment): Key {
  const key = new Key(scope, 'Key', {
    alias: `sluice-${environment.name}`,
    description: `Sluice (${environment.name}): landing, lake, quarantine, work, ledger, queues, topics, logs`,
    enableKeyRotation: true,
    pendingWindow: Duration.days(environment.keyDays),
    removalPolicy: environment.removal,
  });
  for (const statement of keyStatements(Stack.of(scope), environment)) key.addToResourcePolicy(statement);
  return key;
}

/** What a key that you bring must allow beside its own account's use; each statement only for this account. */
export function keyStatements(
  { account, region, partition }: Stack,
  { name }: Environment,
): PolicyStatement[] {
  const fromHere = { StringEquals: { 'aws:SourceAccount': account } };
  const use = (sid: string, service: string, actions: string[], conditions: object): PolicyStatement =>
    new PolicyStatement({
      sid,
      principals: [new ServicePrincipal(service)],
      actions: actions.map((action) => `kms:${action}`),
      resources: ['*'],
      conditions: conditions as Record<string, unknown>,
    });
  const both = ['Decrypt', 'GenerateDataKey'];
  return [
    use('EventsIntoQueues', 'events.amazonaws.com', both, fromHere),
    use('AlarmsIntoTopics', 'cloudwatch.amazonaws.com', both, fromHere),
    use('UndeliveredNoticesIntoQueues', 'sns.amazonaws.com', both, fromHere),
    use('LogsOfStateMachines', 'delivery.logs.amazonaws.com', ['Decrypt'], fromHere),
    use(
      'LogGroups',
      `logs.${region}.amazonaws.com`,
      ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'DescribeKey'],
      {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': [
            `/sluice/${name}/*`,
            `/aws/vendedlogs/states/sluice-${name}-*`,
          ].map((group) => `arn:${partition}:logs:${region}:${account}:log-group:${group}`),
        },
      },
    ),
  ];
}
