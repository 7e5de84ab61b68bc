/** One function of a pipeline: its size, its role, its log, the engine beside it. */

import { Duration, RemovalPolicy, Size, Tags } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Function,
  Runtime,
  Tracing,
  type Architecture,
  type Code,
  type ILayerVersion,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { accessOf, type FunctionName, type Subjects } from './access.ts';

export interface FunctionSize {
  /** Of a stage, what the pipeline's `scale` says. */
  readonly memoryMb: number | 'scale';
  /** What `/tmp` holds. */
  readonly diskMb: number;
  readonly seconds: number;
  readonly description: string;
}

/** Stages take 3,008 MB if nothing else is said: a new account gets no more, and it is more than one processor. */
export const functionSizes: Readonly<Record<FunctionName, FunctionSize>> = Object.freeze({
  ingest: {
    memoryMb: 'scale',
    diskMb: 1024,
    seconds: 900,
    description: 'Hashes, counts and cuts the object',
  },
  transform: { memoryMb: 'scale', diskMb: 4096, seconds: 900, description: 'Decodes and checks one chunk' },
  validate: { memoryMb: 'scale', diskMb: 10_240, seconds: 900, description: 'Judges the run as a whole' },
  load: { memoryMb: 'scale', diskMb: 10_240, seconds: 900, description: 'Makes the run visible' },
  starter: { memoryMb: 256, diskMb: 512, seconds: 10, description: 'Starts a run for each dropped object' },
  settle: { memoryMb: 1024, diskMb: 512, seconds: 300, description: 'Settles runs that ended badly' },
  watchdog: {
    memoryMb: 1024,
    diskMb: 512,
    seconds: 300,
    description: 'Looks for runs and objects left behind',
  },
});

export interface PipelineFunctionProps {
  readonly subjects: Subjects;
  readonly code: Code;
  readonly engine: ILayerVersion;
  readonly architecture: Architecture;
  readonly variables: (of: FunctionName) => Record<string, string>;
  readonly network: Network | undefined;
  /** Where an event goes that the function failed on. @default it is called and answered, not sent events */
  readonly deadCalls?: IQueue;
}

export interface Network {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups: ISecurityGroup[];
}

export function pipelineFunction(
  scope: Construct,
  name: FunctionName,
  props: PipelineFunctionProps,
): Function {
  const { subjects, code, engine, architecture, variables, network, deadCalls } = props;
  const { pipeline, lake, key } = subjects;
  const { memoryMb, diskMb, seconds, description } = functionSizes[name];
  const id = name[0]!.toUpperCase() + name.slice(1);
  const environment = lake.environmentSettings;
  const logGroup = new LogGroup(scope, `${id}Log`, {
    logGroupName: `/sluice/${environment.name}/${pipeline.name}/${name}`,
    encryptionKey: key,
    retention: environment.logs,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `${pipeline.name}: ${description}`,
    inlinePolicies: {
      access: new PolicyDocument({ statements: accessOf(name, subjects, logGroup.logGroupArn) }),
    },
  });
  const made = new Function(scope, id, {
    functionName: `sluice-${environment.name}-${pipeline.name}-${name}`,
    description: `${pipeline.name}: ${description}`,
    code,
    handler: `${name}.handler`,
    runtime: Runtime.NODEJS_24_X,
    architecture,
    layers: [engine],
    memorySize: memoryMb === 'scale' ? pipeline.scale.memoryMb : memoryMb,
    ephemeralStorageSize: Size.mebibytes(diskMb),
    timeout: Duration.seconds(seconds),
    tracing: Tracing.ACTIVE,
    environment: variables(name),
    logGroup,
    // Whatever it may do is said in access.ts, and nowhere else.
    role: role.withoutPolicyUpdates(),
    ...(deadCalls === undefined ? {} : { deadLetterQueue: deadCalls }),
    ...network,
    // Runs in flight call the version that they started with.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
  });
  Tags.of(made).add('sluice:function', name);
  return made;
}
