/** Alarms on what all pipelines share. */

import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { addAlarms, type AlarmContext, type AlarmSpec } from './alarm.ts';
import { deadLetterAlarm } from './pipeline-alarms.ts';

export interface LakeAlarmsProps extends Pick<AlarmContext, 'topics' | 'runbooks'> {
  readonly ledger: ITable;
  readonly undelivered: IQueue | undefined;
  readonly environment: string;
}

export function addLakeAlarms(scope: Construct, props: LakeAlarmsProps): void {
  const { ledger, undelivered, environment, topics, runbooks } = props;
  const specs = [
    ...['Read', 'Write'].map((way): AlarmSpec => ({
      id: `ledger-${way.toLowerCase()}-throttled`,
      severity: 'warning',
      metric: {
        namespace: 'AWS/DynamoDB',
        name: `${way}ThrottleEvents`,
        dimensions: { TableName: ledger.tableName },
        statistic: 'Sum',
        minutes: 5,
      },
      above: 0,
      missing: TreatMissingData.NOT_BREACHING,
      meaning: `The ledger's table refused to ${way.toLowerCase()} for a moment; runs try again and become slower.`,
      runbook: 'throttled',
    })),
    ...(undelivered === undefined
      ? []
      : [
          deadLetterAlarm('undelivered', undelivered, {
            severity: 'warning',
            meaning: 'Alarms could not be sent to whoever subscribed to them.',
            runbook: 'undelivered',
          }),
        ]),
  ];
  addAlarms(scope, specs, { name: `sluice-${environment}`, topics, runbooks });
}
