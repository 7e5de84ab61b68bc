/** What the ARNs of a state machine's executions start with; a sign and a name follow. */

import type { Stack } from 'aws-cdk-lib';

export function executionArn({ partition, region, account }: Stack, stateMachine: string): string {
  const name = stateMachine.slice(stateMachine.lastIndexOf(':') + 1);
  return `arn:${partition}:states:${region}:${account}:execution:${name}`;
}
