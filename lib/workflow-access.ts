/** What a pipeline's state machine may do. */

import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Subjects } from './access.ts';
import { executionArn } from './execution-arn.ts';
import { dataKeys, may } from './may.ts';

/**
 * It may call its functions in every version, because a run in flight calls those that it
 * started with; start and follow the children of its Distributed Map; log and trace.
 */
export function workflowAccess(of: Subjects, calls: readonly string[]): PolicyStatement[] {
  const { stack, stateMachine } = of;
  const executions = executionArn(stack, stateMachine);
  return [
    may(
      ['lambda:InvokeFunction'],
      calls.flatMap((arn) => [arn, `${arn}:*`]),
    ),
    may(['states:StartExecution'], [stateMachine]),
    may(
      ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
      [`${executions}/*`, `${executions}:*`],
    ),
    may(dataKeys, [of.key.keyArn], {
      StringLike: { 'kms:EncryptionContext:aws:states:stateMachineArn': [stateMachine, `${stateMachine}/*`] },
    }),
    may(['kms:GenerateDataKey'], [of.key.keyArn], {
      StringLike: {
        'kms:EncryptionContext:SourceArn': `arn:${stack.partition}:logs:${stack.region}:${stack.account}:*`,
      },
    }),
    may(
      [
        ...['Create', 'Get', 'Update', 'Delete'].map((verb) => `logs:${verb}LogDelivery`),
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:DescribeResourcePolicies',
        'logs:DescribeLogGroups',
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
      ],
      ['*'],
    ),
  ];
}
