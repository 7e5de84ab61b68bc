/** What looks after runs from outside: executions that ended badly are settled, and what was left behind is found. */

import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface SupervisionProps {
  readonly stateMachine: string;
  readonly settle: IFunction;
  readonly watchdog: IFunction;
  /** Where a call goes that could not be made. */
  readonly deadCalls: IQueue;
}

/** How often the watchdog looks. */
export const WATCH_MINUTES = 5;

export function supervision(scope: Construct, props: SupervisionProps): void {
  const { stateMachine, settle, watchdog, deadCalls } = props;
  new Rule(scope, 'EndedBadly', {
    description: 'Executions that failed, timed out or were aborted: the ledger is settled',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [stateMachine], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
    },
    targets: [new LambdaFunction(settle, { deadLetterQueue: deadCalls, maxEventAge: Duration.days(1) })],
  });
  new Rule(scope, 'Watch', {
    description: `Every ${WATCH_MINUTES} minutes: runs that never end, objects that were never run`,
    schedule: Schedule.rate(Duration.minutes(WATCH_MINUTES)),
    // The next look comes soon enough: an old one is of no use.
    targets: [
      new LambdaFunction(watchdog, {
        deadLetterQueue: deadCalls,
        maxEventAge: Duration.minutes(WATCH_MINUTES),
        retryAttempts: 0,
      }),
    ],
  });
}
