/** A pipeline on AWS: from a dropped object to a version of its table, and all that looks after it. */

import { ArnFormat, CfnOutput, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import { SecurityGroup, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { concludes, type FunctionName, type Subjects } from './access.ts';
import { addAlarms } from './alarm.ts';
import { deadLetters } from './dead-letters.ts';
import { engineLayer } from './engine-layer.ts';
import { architectureOf } from './environment.ts';
import { fixedCost } from './fixed-cost.ts';
import { glueTable } from './glue-table.ts';
import type { LakeStack } from './lake-stack.ts';
import { runAlarms, serviceAlarms } from './pipeline-alarms.ts';
import { pipelineCode } from './pipeline-code.ts';
import { functionSizes, pipelineFunction, type Network } from './pipeline-function.ts';
import { supervision } from './supervision.ts';
import { objectQueues, trigger } from './trigger.ts';
import { stateMachineName, workflow } from './workflow.ts';

export interface PipelineStackProps extends StackProps {
  readonly pipeline: Pipeline;
  readonly lake: LakeStack;
  /** The network of the functions; it needs ways to S3, DynamoDB, KMS, SNS, SQS, Step Functions, X-Ray. @default none */
  readonly vpc?: IVpc;
  /** @default the private subnets of the network */
  readonly vpcSubnets?: SubnetSelection;
  /** The module that exports the pipeline. @default found in `pipelines/` */
  readonly module?: string;
}

export class PipelineStack extends Stack {
  readonly pipeline: Pipeline;
  /** The state machine's ARN. */
  readonly stateMachine: string;

  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    const { pipeline, lake, vpc, vpcSubnets, module, ...rest } = props;
    const environment = lake.environmentSettings;
    const name = stateMachineName(environment.name, pipeline.name);
    super(scope, id, {
      stackName: name,
      description: `Sluice ${environment.name}, pipeline ${pipeline.name}: ${pipeline.description}`.slice(
        0,
        1024,
      ),
      terminationProtection: environment.protect,
      ...rest,
    });
    lake.claim(pipeline);
    this.pipeline = pipeline;
    this.stateMachine = this.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const key = Key.fromKeyArn(this, 'Key', lake.key.keyArn);
    const queues = objectQueues(this, key, name);
    const deadCalls = deadLetters(this, 'DeadCalls', { name: `${name}-dead-calls`, key });
    const subjects: Subjects = {
      stack: this,
      pipeline,
      lake,
      key,
      stateMachine: this.stateMachine,
      objects: queues.objects.queueArn,
      deadCalls: deadCalls.queueArn,
      inVpc: vpc !== undefined,
    };
    const architecture = architectureOf(this);
    const common = {
      subjects,
      architecture,
      code: pipelineCode(pipeline, Object.keys(functionSizes), module),
      engine: engineLayer(this, 'Engine', architecture),
      network: vpc && this.network(vpc, vpcSubnets),
      variables: (of: FunctionName) => this.variables(of, lake, pipeline.scale.openRuns),
    };
    const make = (of: FunctionName) => pipelineFunction(this, of, common);
    const stages = {
      ingest: make('ingest'),
      transform: make('transform'),
      validate: make('validate'),
      load: make('load'),
    };
    workflow(this, subjects, stages);
    trigger(this, { pipeline, lake, queues, starter: make('starter') });
    supervision(this, {
      stateMachine: this.stateMachine,
      settle: pipelineFunction(this, 'settle', { ...common, deadCalls }),
      watchdog: pipelineFunction(this, 'watchdog', { ...common, deadCalls }),
      deadCalls,
    });
    this.addTables(lake);
    const alarms = [
      ...runAlarms(pipeline, environment.name),
      ...serviceAlarms({
        stateMachine: this.stateMachine,
        stages: Object.entries(stages).map(([stage, { functionName }]) => ({
          stage,
          functionName,
          seconds: functionSizes[stage as FunctionName].seconds,
        })),
        deadObjects: queues.dead,
        deadCalls,
      }),
    ];
    addAlarms(this, alarms, { name, topics: lake.topics, runbooks: lake.runbooks });
    this.addOutputs(lake, name, alarms.length);
    this.addTags(environment.name);
  }

  /** What a function is told about its environment. */
  private variables(of: FunctionName, lake: LakeStack, openRuns: number): Record<string, string> {
    return {
      SLUICE_PIPELINE: this.pipeline.name,
      SLUICE_ENV: lake.environmentSettings.name,
      SLUICE_LAKE: lake.lake.s3UrlForObject(),
      SLUICE_QUARANTINE: lake.quarantine.s3UrlForObject(),
      SLUICE_WORK: lake.work.s3UrlForObject(),
      SLUICE_LEDGER: lake.ledger.tableName,
      POWERTOOLS_SERVICE_NAME: this.pipeline.name,
      POWERTOOLS_METRICS_NAMESPACE: 'Sluice',
      // A call that nobody traces is no error of the function.
      AWS_XRAY_CONTEXT_MISSING: 'IGNORE_ERROR',
      ...(concludes(of) ? { SLUICE_TOPIC_INFO: lake.topics.info.topicArn } : {}),
      ...(of === 'starter' || of === 'settle' || of === 'watchdog'
        ? {
            SLUICE_LANDING: lake.landing.s3UrlForObject(),
            SLUICE_STATE_MACHINE: this.stateMachine,
            SLUICE_OPEN_RUNS: String(openRuns),
          }
        : {}),
    };
  }

  private network(vpc: IVpc, vpcSubnets?: SubnetSelection): Network {
    const group = new SecurityGroup(this, 'Network', {
      vpc,
      description: `Functions of ${this.pipeline.name}`,
    });
    return { vpc, securityGroups: [group], ...(vpcSubnets === undefined ? {} : { vpcSubnets }) };
  }

  private addTables(lake: LakeStack): void {
    for (const { table } of this.pipeline.sinks) {
      glueTable(this, `Table-${table}`, {
        database: lake.catalog,
        name: table,
        description: this.pipeline.description,
        location: lake.lake.s3UrlForObject(`lake/${table}`),
        fields: planOf(this.pipeline).table,
      });
    }
  }

  private addOutputs(lake: LakeStack, name: string, alarms: number): void {
    const dropped = this.pipeline.sources.find(({ place }) => place === 'landing');
    const tables = this.pipeline.sources.flatMap(({ versions }) => versions?.table ?? []);
    const uri = lake.landing.s3UrlForObject(dropped?.prefix);
    const console = (path: string) => `https://${this.region}.console.aws.amazon.com/${path}`;
    const { idle, busy } = fixedCost(alarms);
    const outputs: Readonly<Record<string, readonly [string, string]>> = {
      ...(dropped === undefined
        ? {}
        : {
            LandingUri: [uri, `Files that match ${dropped.match} are run when they are dropped here`],
            DropCommand: [`aws s3 cp ./your-file ${uri}`, 'Drops a file'],
          }),
      ...(tables.length === 0 ? {} : { ReadsTables: [tables.join(', '), 'Each of their versions is run'] }),
      RunsLink: [
        console(`states/home?region=${this.region}#/statemachines/view/${this.stateMachine}`),
        'The runs, in the console',
      ],
      AlarmsLink: [
        console(`cloudwatch/home?region=${this.region}#alarmsV2:?search=${name}`),
        'The alarms, in the console',
      ],
      StateMachineArn: [this.stateMachine, 'The state machine'],
      FixedMonthlyCost: [
        `${idle.toFixed(2)} to ${busy.toFixed(2)} USD`,
        'Alarms and metrics, without any run and with one every hour; docs/cost.md has the rest',
      ],
    };
    for (const [id, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, id, { value, description });
    }
  }

  private addTags(environment: string): void {
    const tags = {
      app: 'sluice',
      'sluice:environment': environment,
      'sluice:pipeline': this.pipeline.name,
      // A tag takes these signs only.
      'sluice:owner': this.pipeline.owner.replaceAll(/[^\p{L}\p{N} _.:/=+@-]/gu, '_').slice(0, 256),
    };
    for (const [tag, value] of Object.entries(tags)) Tags.of(this).add(tag, value);
  }
}
