/** A deployed environment, found by what its stacks say; what is missing is told with what to do. */

import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TransientError, UsageError } from '../../../core/errors.ts';
import { openDeployed } from '../../../runtime/aws/deployed.ts';

const cloudFormation = mockClient(CloudFormationClient);
const sfn = mockClient(SFNClient);
beforeEach(() => {
  cloudFormation.reset();
  sfn.reset();
  vi.stubEnv('AWS_REGION', 'us-east-1');
});
afterEach(() => vi.unstubAllEnvs());

const failing = (name: string, message: string, httpStatusCode = 400): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
const absent = (stack: string): Error => failing('ValidationError', `Stack with id ${stack} does not exist`);
/** A stack that says this of itself. */
const stack = (StackName: string, outputs: Readonly<Record<string, string>>) =>
  cloudFormation.on(DescribeStacksCommand, { StackName }).resolves({
    Stacks: [
      {
        StackName,
        CreationTime: new Date(0),
        StackStatus: 'CREATE_COMPLETE',
        Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
      },
    ],
  });
const lake = {
  LakeUri: 's3://the-lake/lake',
  QuarantineUri: 's3://the-quarantine/quarantine',
  WorkUri: 's3://the-work/work',
  LedgerTable: 'the-ledger',
  LandingBucket: 'the-landing',
};

describe('a deployed environment', () => {
  test('is where its stacks say', async () => {
    stack('sluice-dev', lake);
    const { world, landing } = await openDeployed('dev');
    expect(landing).toBe('s3://the-landing');
    expect(world.layout.table('shop')).toBe('s3://the-lake/lake/shop');
    expect(world.layout.work('shop', 'e')).toBe('s3://the-work/work/shop/e');
    expect(world.layout.quarantinedRecords).toBe('s3://the-quarantine/quarantine/records');
  });

  test('has the executions of each pipeline that is deployed, by its state machine', async () => {
    stack('sluice-dev', lake);
    const stateMachineArn = 'arn:aws:states:us-east-1:1:stateMachine:sluice-dev-shop';
    stack('sluice-dev-shop', { StateMachineArn: stateMachineArn });
    const startDate = new Date('2026-11-21T10:00:00Z');
    sfn.on(ListExecutionsCommand, { stateMachineArn }).resolves({
      executions: [{ executionArn: 'e', stateMachineArn, name: 'one', status: 'RUNNING', startDate }],
    });
    const executions = await (await openDeployed('dev')).executions('shop');
    expect(await executions.running()).toEqual([{ name: 'one', startedAt: startDate }]);
  });

  test('that is not there is told as such', async () => {
    cloudFormation.on(DescribeStacksCommand).rejects(absent('sluice-dev'));
    const outcome = openDeployed('dev');
    await expect(outcome).rejects.toThrow(UsageError);
    await expect(outcome).rejects.toThrow(
      'There is no stack sluice-dev in this account and region. Deploy it (npx cdk deploy --all -c env=<dev|prod>), or ' +
        'name another environment (--env), profile (--profile) or region (AWS_REGION).',
    );
  });

  test('a pipeline that is not deployed in it is told as such', async () => {
    stack('sluice-dev', lake);
    cloudFormation.on(DescribeStacksCommand, { StackName: 'sluice-dev-shop' }).rejects(absent('shop'));
    await expect((await openDeployed('dev')).executions('shop')).rejects.toThrow(
      'There is no stack sluice-dev-shop in this account and region.',
    );
  });

  test('of an older version of Sluice is to be deployed again', async () => {
    const { LedgerTable: _ledger, ...rest } = lake;
    stack('sluice-dev', rest);
    const outcome = openDeployed('dev');
    await expect(outcome).rejects.toThrow(UsageError);
    await expect(outcome).rejects.toThrow(
      'The stack sluice-dev has no output LedgerTable; deploy it again with this version of Sluice.',
    );
  });

  test('about which nobody can be asked is not taken for one that is not there', async () => {
    for (const [error, type, words] of [
      [failing('AccessDenied', 'role x does not exist here', 403), UsageError, 'was refused: AccessDenied'],
      [failing('ValidationError', '1 validation error'), Error, '1 validation error'],
      [failing('Throttling', 'Rate exceeded'), TransientError, 'Throttling (Rate exceeded)'],
    ] as const) {
      cloudFormation.reset();
      cloudFormation.on(DescribeStacksCommand).rejects(error);
      const outcome: unknown = await openDeployed('dev').catch((thrown: unknown) => thrown);
      expect(outcome).toBeInstanceOf(type);
      expect((outcome as Error).message).toContain(words);
    }
  });
});
