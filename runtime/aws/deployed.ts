/** An environment that was deployed to AWS, found by its name: what its stacks say of where things are. */

import { join } from 'node:path';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  type DescribeStacksCommandOutput,
} from '@aws-sdk/client-cloudformation';
import { SFNClient } from '@aws-sdk/client-sfn';
import { UsageError } from '../../core/errors.ts';
import type { World } from '../world.ts';
import { ask, isNamed } from './aws-errors.ts';
import { awsClients, type AwsClients } from './clients.ts';
import { executionsOf, type Executions } from './executions.ts';
import { awsWorld } from './world.ts';

export interface Deployed {
  readonly world: World;
  /** `s3://<bucket>`, where files are dropped. */
  readonly landing: string;
  /** @throws UsageError if the pipeline is not deployed in this environment. */
  executions(pipeline: string): Promise<Executions>;
}

export interface DeployedClients extends AwsClients {
  readonly cloudFormation: CloudFormationClient;
  readonly sfn: SFNClient;
}

export const deployedClients = (env: NodeJS.ProcessEnv = process.env): DeployedClients =>
  Object.freeze({
    ...awsClients(env),
    cloudFormation: new CloudFormationClient({}),
    sfn: new SFNClient({}),
  });

/** @throws UsageError if there is no such environment where the credentials lead. */
export async function openDeployed(
  environment: string,
  clients: DeployedClients = deployedClients(),
): Promise<Deployed> {
  const outputs = await outputsOf(clients.cloudFormation, `sluice-${environment}`);
  const bucket = (uri: string): string => `s3://${uri.replace(/^s3:\/\//, '').split('/')[0]}`;
  const shared = awsWorld(
    {
      SLUICE_ENV: environment,
      SLUICE_LAKE: bucket(outputs('LakeUri')),
      SLUICE_QUARANTINE: bucket(outputs('QuarantineUri')),
      SLUICE_WORK: bucket(outputs('WorkUri')),
      SLUICE_LEDGER: outputs('LedgerTable'),
    },
    clients,
  );
  // Two commands on one machine must not remove each other's files.
  const world = Object.freeze({ ...shared, scratch: join(shared.scratch, String(process.pid)) });
  return Object.freeze({
    world,
    landing: bucket(outputs('LandingBucket')),
    async executions(pipeline) {
      const of = await outputsOf(clients.cloudFormation, `sluice-${environment}-${pipeline}`);
      return executionsOf(clients.sfn, of('StateMachineArn'));
    },
  } satisfies Deployed);
}

async function outputsOf(client: CloudFormationClient, name: string): Promise<(output: string) => string> {
  const found = await stackOf(client, name);
  const outputs = new Map(
    (found?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  return (output) => {
    const value = outputs.get(output);
    if (value !== undefined) return value;
    throw new UsageError(
      found === undefined
        ? `There is no stack ${name} in this account and region. Deploy it (npx cdk deploy --all -c env=<dev|prod>), or name ` +
            'another environment (--env), profile (--profile) or region (AWS_REGION).'
        : `The stack ${name} has no output ${output}; deploy it again with this version of Sluice.`,
    );
  };
}

type Found = NonNullable<DescribeStacksCommandOutput['Stacks']>[number];

async function stackOf(client: CloudFormationClient, StackName: string): Promise<Found | undefined> {
  try {
    const { Stacks } = await ask({ permission: 'cloudformation:DescribeStacks', of: StackName }, () =>
      client.send(new DescribeStacksCommand({ StackName })),
    );
    return Stacks?.[0];
  } catch (error) {
    // CloudFormation has no name of its own for what is not there.
    if (isNamed(error, 'ValidationError') && (error as Error).message.includes('does not exist'))
      return undefined;
    throw error;
  }
}
