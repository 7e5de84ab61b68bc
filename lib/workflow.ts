/** The state machine of a pipeline: `statemachines/batch.asl.json` over its functions. */

import { readFileSync } from 'node:fs';
import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Pipeline } from '../core/pipeline.ts';
import type { Subjects } from './access.ts';
import { inProject } from './project.ts';
import { workflowAccess } from './workflow-access.ts';

/** By the names that the state machine's text has for them. */
export type Stages = Readonly<Record<'ingest' | 'transform' | 'validate' | 'load', Function>>;

/** The name of a pipeline's state machine, known before there is one: roles name it. */
export const stateMachineName = (environment: string, pipeline: string): string =>
  `sluice-${environment}-${pipeline}`;

export function workflow(scope: Construct, subjects: Subjects, stages: Stages): StateMachine {
  const { pipeline, lake, key } = subjects;
  const environment = lake.environmentSettings;
  const name = stateMachineName(environment.name, pipeline.name);
  const logGroup = new LogGroup(scope, 'StateMachineLog', {
    logGroupName: `/aws/vendedlogs/states/${name}`,
    encryptionKey: key,
    retention: environment.logs,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, 'StateMachineRole', {
    assumedBy: new ServicePrincipal('states.amazonaws.com'),
    description: `${pipeline.name}: the state machine`,
    inlinePolicies: {
      access: new PolicyDocument({
        statements: workflowAccess(
          subjects,
          Object.values(stages).map((stage) => stage.functionArn),
        ),
      }),
    },
  });
  return new StateMachine(scope, 'StateMachine', {
    stateMachineName: name,
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromString(definitionOf(pipeline)),
    // Versions, so that a deployment never changes a run in flight.
    definitionSubstitutions: {
      IngestFunction: stages.ingest.currentVersion.functionArn,
      TransformFunction: stages.transform.currentVersion.functionArn,
      ValidateFunction: stages.validate.currentVersion.functionArn,
      LoadFunction: stages.load.currentVersion.functionArn,
    },
    role: role.withoutPolicyUpdates(),
    logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false },
    tracingEnabled: true,
    encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key),
  });
}

/** Numbers cannot be put in the place of names: how many transforms run at once is written before. */
function definitionOf({ scale }: Pipeline): string {
  const text = readFileSync(inProject('statemachines', 'batch.asl.json'), 'utf8');
  const machine = JSON.parse(text) as { readonly States: Record<string, { MaxConcurrency?: number }> };
  for (const state of Object.values(machine.States)) {
    if (state.MaxConcurrency !== undefined) state.MaxConcurrency = scale.chunksAtOnce;
  }
  return JSON.stringify(machine);
}
