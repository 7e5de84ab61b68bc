/** All permissions of functions: what each may do, and to what; those of the state machine are in `workflow-access.ts`. */

import type { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { meetsTable } from '../core/sinks/sink.ts';
import type { Source } from '../core/sources/source.ts';
import { executionArn } from './execution-arn.ts';
import type { LakeStack } from './lake-stack.ts';
import { literally } from './literally.ts';
import { dataKeys, may } from './may.ts';
import { stepNeeds, type StepNeeds } from './step-needs.ts';

/** What permissions are about; ARNs, because a role comes before what it may use. */
export interface Subjects {
  readonly stack: Stack;
  readonly pipeline: Pipeline;
  readonly lake: LakeStack;
  /** The lake's key, known here only by its name: its policy is the lake's own affair. */
  readonly key: IKey;
  readonly stateMachine: string;
  /** The queue of dropped objects, and the one of calls that nobody answered. */
  readonly objects: string;
  readonly deadCalls: string;
  /** Whether the functions run in a network of the user. */
  readonly inVpc: boolean;
}

/** The functions of a pipeline. */
export type FunctionName = 'ingest' | 'transform' | 'validate' | 'load' | 'starter' | 'settle' | 'watchdog';

/** Whether a function ends attempts, and tells those who want a notice of every run. */
export const concludes = (name: FunctionName): boolean => name !== 'transform' && name !== 'starter';

/** What a function may do. */
export function accessOf(name: FunctionName, of: Subjects, logGroup: string): PolicyStatement[] {
  return [
    ...functions[name](of),
    may(['logs:CreateLogStream', 'logs:PutLogEvents'], [`${logGroup}:*`]),
    ...basics(of),
  ];
}

/** Every place of a pipeline as ARNs, and how they are listed. */
function placesOf({ pipeline, lake }: Subjects) {
  const run = `${pipeline.name}-????????T??????Z-*`;
  const tables = pipeline.sinks.map(({ table }) => `lake/${table}`);
  const keys = (place: Source['place']): string[] => [
    ...new Set(pipeline.sources.flatMap((s) => (s.place === place ? [`${literally(s.prefix)}*`] : []))),
  ];
  const landed = keys('landing');
  const versions = keys('lake');
  const read = pipeline.sources.flatMap((source) => source.versions?.table ?? []);
  const work = [`work/${pipeline.name}/*`, `work/.conclusions/${pipeline.name}/*`];
  const reports = `reports/${pipeline.name}/*`;
  const rejects = 'quarantine/records';
  const aside = `quarantine/objects/${pipeline.name}`;
  const at = (bucket: IBucket, keys: readonly string[]): string[] =>
    keys.map((key) => bucket.arnForObjects(key));
  return {
    landed: at(lake.landing, landed),
    /** The logs of tables that are sources, and their data files. */
    versions: at(lake.lake, versions),
    read: at(
      lake.lake,
      read.map((table) => `lake/${table}/*`),
    ),
    work: at(lake.work, work),
    reports: at(lake.lake, [reports]),
    logs: [
      ...at(
        lake.lake,
        tables.map((table) => `${table}/_delta_log/*`),
      ),
      ...at(lake.quarantine, [`${rejects}/_delta_log/*`]),
    ],
    /** Data files of this pipeline's runs; those of other pipelines lie beside them. */
    rows: at(
      lake.lake,
      tables.map((table) => `${table}/${run}`),
    ),
    /** All files of the tables: whoever meets the rows of a table by key reads those of others. */
    tables: at(
      lake.lake,
      tables.map((table) => `${table}/*`),
    ),
    rejects: at(lake.quarantine, [`${rejects}/${run}`]),
    aside: at(lake.quarantine, [`${aside}/${run}`]),
    listed: {
      landing: list(lake.landing, landed),
      versions: list(lake.lake, versions),
      work: list(lake.work, work),
      lake: list(lake.lake, [...tables.map((table) => `${table}/*`), reports]),
      quarantine: list(lake.quarantine, [`${rejects}/_delta_log/*`, `${rejects}/${run}`, `${aside}/${run}`]),
    },
  };
}

/**
 * Listing, below prefixes only. S3 says 404 of an object that is not there only to who may list the bucket, and asks
 * that without a prefix, which is why the condition holds where there is none.
 */
const list = (bucket: IBucket, prefixes: readonly string[]): PolicyStatement =>
  may(['s3:ListBucket'], [bucket.bucketArn], { StringLikeIfExists: { 's3:prefix': [...prefixes] } });

const get = ['s3:GetObject'];
const put = ['s3:PutObject', 's3:AbortMultipartUpload'];
const remove = ['s3:DeleteObject'];

/** The objects of the sources: what was dropped, and the logs of tables. */
function readLanding(of: Subjects): PolicyStatement[] {
  const { landed, versions, listed } = placesOf(of);
  return [
    ...(landed.length === 0 ? [] : [may([...get, 's3:GetObjectVersion'], landed), listed.landing]),
    ...(versions.length === 0 ? [] : [may([...get, 's3:GetObjectVersion'], versions), listed.versions]),
  ];
}

/** The rows of tables that are sources, which are taken in once. */
function readVersions(of: Subjects): PolicyStatement[] {
  const { read } = placesOf(of);
  return read.length === 0 ? [] : [may(get, read)];
}

function workOn(of: Subjects): PolicyStatement[] {
  const { work, listed } = placesOf(of);
  return [may([...get, ...put], work), listed.work];
}

/** Ending an attempt, its own or one that another left: anyone may carry out what is decided. */
function conclude(of: Subjects): PolicyStatement[] {
  const { work, reports, logs, tables, rows, rejects, aside, listed } = placesOf(of);
  return [
    ...workOn(of),
    // What was merged with one version of a table is merged again, by anyone, where another came in between.
    ...(of.pipeline.sinks.some(meetsTable) ? [may(get, tables), may(put, rows)] : []),
    may([...get, ...put], [...reports, ...logs]),
    may(remove, [...work, ...rows, ...rejects, ...aside]),
    listed.lake,
    listed.quarantine,
    ...ledger(of),
    may(['sns:Publish'], [of.lake.topics.info.topicArn]),
  ];
}

/** Items of this pipeline only: their partition keys start with its name. */
function ledger({ pipeline, lake }: Subjects): PolicyStatement[] {
  return [
    may(
      ['BatchGetItem', 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'].map(
        (a) => `dynamodb:${a}`,
      ),
      [lake.ledger.tableArn],
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${pipeline.name}#*`] } },
    ),
  ];
}

/** Which executions there are, and what became of them. */
function followExecutions({ stack, stateMachine }: Subjects): PolicyStatement[] {
  return [
    may(['states:ListExecutions'], [stateMachine]),
    may(['states:DescribeExecution'], [`${executionArn(stack, stateMachine)}:*`]),
  ];
}

const needsOf = ({ stack, lake, pipeline }: Subjects): StepNeeds =>
  stepNeeds(stack, lake.environmentSettings.name, pipeline);

function readSecrets(of: Subjects): PolicyStatement[] {
  const { secrets } = needsOf(of);
  if (secrets.length === 0) return [];
  return [
    may(['secretsmanager:GetSecretValue'], secrets),
    // The account's own key, by which a secret is encrypted if nothing else is said, needs no leave.
    key(of, ['kms:Decrypt'], ['secretsmanager'], {
      StringLike: { 'kms:EncryptionContext:SecretARN': [...secrets] },
    }),
  ];
}

function readReferences(of: Subjects): PolicyStatement[] {
  const { tables, objects } = needsOf(of);
  const { lake } = of.lake;
  const inLake = tables.map((table) => lake.arnForObjects(table));
  return [
    ...(tables.length === 0 ? [] : [may(get, inLake), list(lake, tables)]),
    ...(objects.length === 0 ? [] : [may(['s3:GetObject', 's3:GetObjectVersion'], objects)]),
  ];
}

const key = (
  of: Subjects,
  actions: readonly string[],
  services: readonly string[],
  more: Readonly<Record<string, object>> = {},
): PolicyStatement =>
  may(actions, [of.key.keyArn], {
    StringEquals: { 'kms:ViaService': services.map((s) => `${s}.${of.stack.region}.${of.stack.urlSuffix}`) },
    ...more,
  });

const tableKeys = [...dataKeys, 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:DescribeKey'];

const functions: Readonly<Record<FunctionName, (of: Subjects) => PolicyStatement[]>> = {
  ingest: (of) => [
    ...readLanding(of),
    ...readVersions(of),
    ...conclude(of),
    // Before it reads: a run whose key is not there does not begin.
    ...readSecrets(of),
    // It says in which version rows are joined with them.
    ...readReferences(of),
    may(put, placesOf(of).aside),
    key(of, tableKeys, ['s3', 'dynamodb', 'sns']),
  ],
  transform: (of) => [...readLanding(of), ...workOn(of), ...readSecrets(of), key(of, dataKeys, ['s3'])],
  validate: (of) => [
    ...readLanding(of),
    ...conclude(of),
    // Where no step needs all rows at once, the chunks have been through them all.
    ...(planOf(of.pipeline).setwise ? [...readSecrets(of), ...readReferences(of)] : []),
    may(put, placesOf(of).rejects),
    key(of, tableKeys, ['s3', 'dynamodb', 'sns']),
  ],
  load: (of) => [
    ...conclude(of),
    may(put, [...placesOf(of).rows, ...placesOf(of).rejects]),
    key(of, tableKeys, ['s3', 'dynamodb', 'sns']),
  ],
  starter: (of) => [
    may(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [of.objects]),
    may(['states:StartExecution'], [of.stateMachine]),
    ...followExecutions(of),
    key(of, dataKeys, ['sqs', 'states']),
  ],
  settle: (of) => [
    ...conclude(of),
    ...readLanding(of),
    ...followExecutions(of),
    may(['sqs:SendMessage'], [of.deadCalls]),
    key(of, tableKeys, ['s3', 'dynamodb', 'sns', 'sqs', 'states']),
  ],
  watchdog: (of) => [
    ...conclude(of),
    ...readLanding(of),
    ...followExecutions(of),
    may(['states:StartExecution'], [of.stateMachine]),
    may(['sqs:SendMessage'], [of.deadCalls]),
    key(of, tableKeys, ['s3', 'dynamodb', 'sns', 'sqs', 'states']),
  ],
};

/** What every function needs, and has no resource to name: traces; and its interfaces in a network of the user. */
function basics({ inVpc }: Subjects): PolicyStatement[] {
  return [
    may(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']),
    ...(inVpc
      ? [
          may(
            [
              'CreateNetworkInterface',
              'DescribeNetworkInterfaces',
              'DescribeSubnets',
              'DeleteNetworkInterface',
            ].map((action) => `ec2:${action}`),
            ['*'],
          ),
        ]
      : []),
  ];
}
