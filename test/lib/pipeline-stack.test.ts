/** A pipeline's stack: the way of an object through it, what looks after it, and how large it may be. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pipelines } from '../../pipelines/index.ts';
import { LakeStack } from '../../lib/lake-stack.ts';
import { PipelineStack } from '../../lib/pipeline-stack.ts';
import { cdkJson, make, makeApp, resources, shop, textOf } from './synth.ts';

const { template, stack } = make();
const values = (type: string, from = template) =>
  Object.values(resources(from, type)).map((r) => r.Properties);
const by = (type: string, id: string, from = template) =>
  Object.entries(resources(from, type)).find(([name]) => name.startsWith(id))![1].Properties;

describe('functions', () => {
  const functions = values('AWS::Lambda::Function');

  test('there is one for each stage and three that look after them, from one asset', () => {
    expect(functions.map((f) => f['FunctionName'])).toEqual(
      ['ingest', 'transform', 'validate', 'load', 'starter', 'settle', 'watchdog'].map(
        (f) => `sluice-dev-shop-${f}`,
      ),
    );
    expect(functions.map((f) => f['Handler'].split('.')[1])).toEqual(functions.map(() => 'handler'));
    expect(new Set(functions.map((f) => JSON.stringify(f['Code']))).size).toBe(1);
  });

  test.each(functions.map((f) => [f['FunctionName'] as string, f] as const))(
    '%s says all it needs',
    (_name, f) => {
      expect(f).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        MemorySize: expect.any(Number),
        Timeout: expect.any(Number),
        EphemeralStorage: { Size: expect.any(Number) },
      });
      expect(f['MemorySize']).toBeLessThanOrEqual(3008);
      expect(f['Layers'].map(textOf)).toEqual(['Engine']);
      expect(textOf(f['LoggingConfig'].LogGroup)).toMatch(/Log$/);
      expect(f['Environment'].Variables).toMatchObject({ SLUICE_PIPELINE: 'shop', SLUICE_ENV: 'dev' });
    },
  );

  test('each has a role of its own', () => {
    expect(new Set(functions.map((f) => textOf(f['Role']))).size).toBe(functions.length);
  });

  test('their variables name the buckets as the runtime reads them', () => {
    const { Variables } = by('AWS::Lambda::Function', 'Starter')['Environment'];
    const texts = Object.fromEntries(Object.entries(Variables).map(([k, v]) => [k, textOf(v)]));
    expect(texts).toEqual({
      SLUICE_PIPELINE: 'shop',
      SLUICE_ENV: 'dev',
      SLUICE_LANDING: 's3://Landing',
      SLUICE_LAKE: 's3://Lake',
      SLUICE_QUARANTINE: 's3://Quarantine',
      SLUICE_WORK: 's3://Work',
      SLUICE_LEDGER: 'Ledger',
      SLUICE_STATE_MACHINE: 'arn:partition:states:region:accountid:stateMachine:sluice-dev-shop',
      SLUICE_OPEN_RUNS: '20',
      POWERTOOLS_SERVICE_NAME: 'shop',
      POWERTOOLS_METRICS_NAMESPACE: 'Sluice',
      AWS_XRAY_CONTEXT_MISSING: 'IGNORE_ERROR',
    });
  });

  test('those that end runs know where notices go, and no others', () => {
    const told = functions.filter((f) => 'SLUICE_TOPIC_INFO' in f['Environment'].Variables);
    expect(told.map((f) => f['Handler'])).toEqual(
      ['ingest', 'validate', 'load', 'settle', 'watchdog'].map((name) => `${name}.handler`),
    );
  });

  test('-c arch=x86_64 changes the processor of functions and engine together', () => {
    const { template: other } = make({ context: { arch: 'x86_64' } });
    expect(values('AWS::Lambda::Function', other).map((f) => f['Architectures'])).toEqual(
      functions.map(() => ['x86_64']),
    );
    expect(values('AWS::Lambda::LayerVersion', other).map((l) => l['CompatibleArchitectures'])).toEqual([
      ['x86_64'],
    ]);
  });
});

describe('the state machine', () => {
  const machine = by('AWS::StepFunctions::StateMachine', 'StateMachine');
  const asl = readFileSync(new URL('../../statemachines/batch.asl.json', import.meta.url), 'utf8');

  test('is the one that runs on a laptop, over versions of the functions', () => {
    expect(JSON.parse(machine['DefinitionString'])).toEqual(JSON.parse(asl));
    const wanted = [...new Set(asl.match(/(?<=\$\{)\w+(?=\})/g))].sort();
    expect(Object.keys(machine['DefinitionSubstitutions']).sort()).toEqual(wanted);
    const versions = resources(template, 'AWS::Lambda::Version');
    for (const [name, of] of Object.entries<{ Ref: string }>(machine['DefinitionSubstitutions'])) {
      expect(versions[of.Ref]!.Properties['FunctionName'].Ref).toContain(name.replace('Function', ''));
      // A run in flight calls the version that it started with.
      expect(versions[of.Ref]!.DeletionPolicy).toBe('Retain');
    }
  });

  test('takes as much at once as the definition says, and so do its functions', () => {
    const scale = { chunksAtOnce: 40, memoryMb: 10_240, openRuns: 3, chunkMb: 256, bucketMb: 2048 };
    const large = make({ pipeline: () => ({ pipeline: { ...shop(), scale } }) }).template;
    const [states] = Object.values(resources(large, 'AWS::StepFunctions::StateMachine'));
    const asked = JSON.parse(states!.Properties['DefinitionString']) as typeof definition;
    const definition = JSON.parse(asl) as { States: Record<string, { MaxConcurrency?: number }> };
    const maps = (of: typeof definition) =>
      Object.values(of.States).flatMap(({ MaxConcurrency }) => MaxConcurrency ?? []);
    expect(new Set(maps(definition))).toEqual(new Set([8]));
    expect(maps(asked)).toEqual(maps(definition).map(() => 40));
    const functions = Object.values(resources(large, 'AWS::Lambda::Function')).map(
      ({ Properties }) => Properties,
    );
    const memory = Object.fromEntries(functions.map((f) => [f['Handler'], f['MemorySize']]));
    expect(memory).toMatchObject({
      'ingest.handler': 10_240,
      'load.handler': 10_240,
      'starter.handler': 256,
    });
    const starter = functions.find((f) => f['Handler'] === 'starter.handler')!;
    expect(starter['Environment'].Variables['SLUICE_OPEN_RUNS']).toBe('3');
  });

  test('logs everything but the data, traces, and is under the key', () => {
    expect(machine).toMatchObject({
      StateMachineName: 'sluice-dev-shop',
      StateMachineType: 'STANDARD',
      LoggingConfiguration: { IncludeExecutionData: false, Level: 'ALL' },
      TracingConfiguration: { Enabled: true },
      EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED_KMS_KEY' },
    });
  });
});

describe('the trigger', () => {
  test('takes objects under the prefixes of the definition, in landing', () => {
    const { EventPattern, Targets } = by('AWS::Events::Rule', 'Dropped');
    expect(EventPattern['detail-type']).toEqual(['Object Created']);
    expect(textOf(EventPattern.detail.bucket.name[0])).toBe('Landing');
    expect(EventPattern.detail.object.key).toEqual([{ prefix: 'shop/' }]);
    expect(Targets.map((t: any) => [textOf(t.Arn), textOf(t.DeadLetterConfig.Arn)])).toEqual([
      ['Objects', 'DeadObjects'],
    ]);
  });

  test('lets an object wait for 12 hours before it is a dead letter, which is kept for 14 days', () => {
    const { VisibilityTimeout, RedrivePolicy, MessageRetentionPeriod } = by('AWS::SQS::Queue', 'Objects');
    const starter = by('AWS::Lambda::Function', 'Starter');
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * starter['Timeout']);
    expect(VisibilityTimeout * RedrivePolicy.maxReceiveCount).toBe(12 * 3600);
    expect(MessageRetentionPeriod).toBe(14 * 86_400);
    for (const id of ['DeadObjects', 'DeadCalls']) {
      expect(by('AWS::SQS::Queue', id)['MessageRetentionPeriod']).toBe(14 * 86_400);
    }
  });

  test('hands the starter back only what failed', () => {
    const [mapping, ...others] = values('AWS::Lambda::EventSourceMapping');
    expect(mapping).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(others).toEqual([]);
  });
});

describe('supervision', () => {
  test('settles executions that ended badly, and keeps the call if that fails', () => {
    const { EventPattern, Targets } = by('AWS::Events::Rule', 'EndedBadly');
    expect(EventPattern.detail.status).toEqual(['FAILED', 'TIMED_OUT', 'ABORTED']);
    expect(EventPattern.detail.stateMachineArn.map(textOf)).toEqual([
      'arn:partition:states:region:accountid:stateMachine:sluice-dev-shop',
    ]);
    expect(Targets.map((t: any) => [textOf(t.Arn), textOf(t.DeadLetterConfig.Arn)])).toEqual([
      ['Settle', 'DeadCalls'],
    ]);
    expect(textOf(by('AWS::Lambda::Function', 'Settle')['DeadLetterConfig'].TargetArn)).toBe('DeadCalls');
  });

  test('looks every five minutes', () => {
    const { ScheduleExpression, Targets } = by('AWS::Events::Rule', 'Watch');
    expect(ScheduleExpression).toBe('rate(5 minutes)');
    expect(Targets.map((t: any) => textOf(t.Arn))).toEqual(['Watchdog']);
    expect(textOf(by('AWS::Lambda::Function', 'Watchdog')['DeadLetterConfig'].TargetArn)).toBe('DeadCalls');
  });

  test('only rules of this account may call', () => {
    const permissions = values('AWS::Lambda::Permission');
    expect(permissions.map((p) => [p['Principal'], textOf(p['SourceArn'])])).toEqual([
      ['events.amazonaws.com', 'EndedBadly'],
      ['events.amazonaws.com', 'Watch'],
    ]);
  });
});

test.each([
  ['dev', 14],
  ['prod', 365],
])('logs are kept in %s for %i days, under names that the runbooks know', (env, days) => {
  const groups = values(
    'AWS::Logs::LogGroup',
    env === 'dev' ? template : make({ context: { env } }).template,
  );
  expect(groups.map((g) => g['RetentionInDays'])).toEqual(groups.map(() => days));
  expect(groups.map((g) => g['LogGroupName'])).toEqual([
    ...['ingest', 'transform', 'validate', 'load'].map((f) => `/sluice/${env}/shop/${f}`),
    `/aws/vendedlogs/states/sluice-${env}-shop`,
    ...['starter', 'settle', 'watchdog'].map((f) => `/sluice/${env}/shop/${f}`),
  ]);
});

test('the table is in the catalogue, with its columns', () => {
  const [table] = values('AWS::Glue::Table');
  const { Name, Description, Parameters, StorageDescriptor } = table!['TableInput'];
  expect([Name, Description, Parameters.table_type]).toEqual(['shop', 'Orders of the shop.', 'DELTA']);
  expect(textOf(StorageDescriptor.Location)).toBe('s3://Lake/lake/shop/');
  expect(StorageDescriptor.Columns).toEqual([
    { Name: 'id', Type: 'string', Comment: 'Number of the order' },
    { Name: 'amount', Type: 'double' },
  ]);
});

test('the outputs say where to drop a file, and what it all costs', () => {
  const outputs = template.toJSON()['Outputs'] as Record<string, { Value: unknown }>;
  const texts = Object.fromEntries(Object.entries(outputs).map(([k, { Value }]) => [k, textOf(Value)]));
  expect(texts).toEqual({
    LandingUri: 's3://Landing/shop/',
    DropCommand: 'aws s3 cp ./your-file s3://Landing/shop/',
    StateMachineArn: 'arn:partition:states:region:accountid:stateMachine:sluice-dev-shop',
    RunsLink: expect.stringMatching(
      /^https:\/\/region\.console\.aws\.amazon\.com\/states\/home.*sluice-dev-shop$/,
    ),
    AlarmsLink: expect.stringMatching(/search=sluice-dev-shop$/),
    FixedMonthlyCost: expect.stringMatching(/^\d+\.\d\d to \d+\.\d\d USD$/),
  });
});

test('everything that can be tagged is', () => {
  const types = [
    'Lambda::Function',
    'SQS::Queue',
    'IAM::Role',
    'StepFunctions::StateMachine',
    'Logs::LogGroup',
    'CloudWatch::Alarm',
  ];
  for (const properties of types.flatMap((type) => values(`AWS::${type}`))) {
    expect(properties['Tags']).toEqual(
      expect.arrayContaining([
        { Key: 'app', Value: 'sluice' },
        { Key: 'sluice:environment', Value: 'dev' },
        { Key: 'sluice:owner', Value: 'sales _ more _sales@example.com_' },
        { Key: 'sluice:pipeline', Value: 'shop' },
      ]),
    );
  }
});

test("the project's own pipelines make an app; cdk.json starts it with the project's Node", () => {
  const app = makeApp();
  const lake = new LakeStack(app, 'Lake');
  for (const pipeline of pipelines) new PipelineStack(app, pipeline.name, { pipeline, lake });
  expect(
    app
      .synth()
      .stacks.map(({ stackName }) => stackName)
      .sort(),
  ).toEqual(['sluice-dev', ...pipelines.map(({ name }) => `sluice-dev-${name}`)].sort());
  expect(cdkJson.app).toBe('node scripts/with-node.mjs bin/app.ts');
  expect(stack.stackName).toBe('sluice-dev-shop');
});

test('thirty pipelines take less than a minute of computing, and each fewer than 150 resources', () => {
  const before = process.cpuUsage();
  const app = makeApp();
  const lake = new LakeStack(app, 'Lake');
  for (let n = 0; n < 30; n++) {
    const pipeline = shop(`p${String(n).padStart(2, '0')}-${'x'.repeat(36)}`);
    new PipelineStack(app, pipeline.name, { pipeline, lake });
  }
  const { stacks } = app.synth();
  const { user, system } = process.cpuUsage(before);
  expect(stacks).toHaveLength(31);
  for (const { template } of stacks) {
    expect(Object.keys((template as { Resources: object }).Resources).length).toBeLessThan(150);
  }
  expect((user + system) / 1e6).toBeLessThan(60);
});
