/** Security of the templates: the packs' findings, wildcards, keys, encryption on the way and at rest. */

import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { App, Stack } from 'aws-cdk-lib';
import { Vpc, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { acknowledged } from '../../lib/acknowledged.ts';
import { LakeStack } from '../../lib/lake-stack.ts';
import { PipelineStack } from '../../lib/pipeline-stack.ts';
import { make, makeApp, resources, shop, textOf } from './synth.ts';

const made = make({ context: { notify: 'team@example.com' } });
const templates = [made.lakeTemplate, made.template];
const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

function findings(stack: Stack): { readonly finding: string; readonly on: string }[] {
  return [new AwsSolutionsChecks(), new ServerlessChecks()].flatMap((pack) =>
    pack
      .validateScope(stack)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map((at) => ({ finding: ruleName, on: at.constructPath! })),
      ),
  );
}

const explains = (
  one: (typeof acknowledged)[number],
  { finding, on }: { finding: string; on: string },
): boolean => one.finding.test(finding) && one.on.test(on);

describe('cdk-nag', () => {
  const found = [made.lake, made.stack].flatMap(findings);

  test('finds nothing that is not explained', () => {
    expect(found.filter((one) => !acknowledged.some((a) => explains(a, one)))).toEqual([]);
  });

  test('every explanation explains something, and there are no more of them than these', () => {
    expect(acknowledged.filter((a) => !found.some((one) => explains(a, one)))).toEqual([]);
    expect(acknowledged).toHaveLength(9);
    for (const { reason } of acknowledged) expect(reason).toMatch(/^[A-Z].{30,}\.$/);
  });

  test('would find a bucket that is open', () => {
    const stack = new Stack(new App(), 'Open');
    new Bucket(stack, 'Bucket');
    const open = findings(stack).filter((one) => !acknowledged.some((a) => explains(a, one)));
    expect(open.map(({ finding }) => finding)).toContain('AwsSolutions-S1');
  });

  test('finds nothing more in a network of the user', () => {
    const { stack, template } = make({
      pipeline: (lake) => ({
        vpc: new Vpc(new Stack(lake.node.root as App, 'Network'), 'Vpc', { natGateways: 1 }) as IVpc,
      }),
    });
    expect(findings(stack).filter((one) => !acknowledged.some((a) => explains(a, one)))).toEqual([]);
    const functions = Object.values(resources(template, 'AWS::Lambda::Function'));
    expect(functions.every(({ Properties }) => Properties['VpcConfig'].SubnetIds.length === 2)).toBe(true);
  });
});

describe("CDK's own rules", () => {
  afterEach(() => {
    process.env['CDK_VALIDATION'] = 'false';
  });

  test.each(['dev', 'prod'])('hold in %s', (env) => {
    process.env['CDK_VALIDATION'] = 'true';
    const app = makeApp({ env, notify: 'team@example.com' });
    const pipeline = shop();
    new PipelineStack(app, pipeline.name, { pipeline, lake: new LakeStack(app, 'Lake') });
    expect(() => app.synth()).not.toThrow();
  });
});

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Principal?: { readonly Service?: unknown; readonly AWS?: unknown };
  readonly Condition?: unknown;
}

const policies = (type: string, of: string): Record<string, Statement[]> =>
  Object.fromEntries(
    templates.flatMap((template) =>
      Object.entries(resources(template, type)).map(([id, { Properties }]) => [id, Properties[of].Statement]),
    ),
  );

const ofRoles = templates.flatMap((template) =>
  Object.values(resources(template, 'AWS::IAM::Role')).flatMap(({ Properties }) =>
    (Properties['Policies'] ?? []).flatMap((policy: any) => policy.PolicyDocument.Statement as Statement[]),
  ),
);

describe('wildcards', () => {
  test('no role has a wildcard among its actions, and none a policy that AWS manages', () => {
    expect(ofRoles.flatMap(({ Action }) => list(Action)).filter((action) => action.includes('*'))).toEqual(
      [],
    );
    for (const template of templates) {
      for (const { Properties } of Object.values(resources(template, 'AWS::IAM::Role'))) {
        expect(Properties['ManagedPolicyArns']).toBeUndefined();
      }
    }
  });

  test('every resource is named but where the service has no names', () => {
    const everywhere = ofRoles
      .filter(({ Resource }) => list(Resource).some((one) => textOf(one) === '*'))
      .flatMap(({ Action }) => list(Action));
    expect(
      [...new Set(everywhere)].filter(
        (a) => !/^(xray:|logs:\w*(LogDeliver|ResourcePolic|LogGroups))/.test(a),
      ),
    ).toEqual([]);
  });

  test('who may do anything to a queue, a bucket or a topic is nobody', () => {
    const allowed = [
      policies('AWS::S3::BucketPolicy', 'PolicyDocument'),
      policies('AWS::SQS::QueuePolicy', 'PolicyDocument'),
      policies('AWS::SNS::TopicPolicy', 'PolicyDocument'),
    ].flatMap((all) => Object.values(all).flat());
    for (const { Effect, Principal, Action, Condition } of allowed.filter((s) => s.Effect === 'Allow')) {
      expect(Effect).toBe('Allow');
      expect(Principal!.AWS).toBeUndefined();
      expect(Condition).toBeDefined();
      expect(list(Action).join()).not.toContain('*');
    }
  });
});

describe('encryption', () => {
  test('everything on the way is TLS: buckets, queues, topics refuse what is not', () => {
    const types = {
      'AWS::S3::Bucket': 'S3::Bucket',
      'AWS::SQS::Queue': 'SQS::Queue',
      'AWS::SNS::Topic': 'SNS::Topic',
    };
    for (const type of Object.keys(types)) {
      const count = templates.reduce((n, template) => n + Object.keys(resources(template, type)).length, 0);
      const denials = Object.values(policies(`${type}Policy`, 'PolicyDocument')).filter((statements) =>
        statements.some(
          ({ Effect, Condition }) =>
            Effect === 'Deny' && JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
        ),
      );
      expect([type, denials.length]).toEqual([type, count]);
    }
  });

  test('everything at rest is under the key, but the logs of accesses', () => {
    const without = templates.flatMap((template) => [
      ...Object.entries(resources(template, 'AWS::S3::Bucket'))
        .filter(([, { Properties }]) => !JSON.stringify(Properties['BucketEncryption']).includes('aws:kms'))
        .map(([id]) => id),
      ...Object.entries(resources(template, 'AWS::SQS::Queue'))
        .filter(([, { Properties }]) => Properties['KmsMasterKeyId'] === undefined)
        .map(([id]) => id),
      ...Object.entries({ ...resources(template, 'AWS::SNS::Topic') })
        .filter(([, { Properties }]) => Properties['KmsMasterKeyId'] === undefined)
        .map(([id]) => id),
      ...Object.entries(resources(template, 'AWS::Logs::LogGroup'))
        .filter(([, { Properties }]) => Properties['KmsKeyId'] === undefined)
        .map(([id]) => id),
    ]);
    expect(without).toHaveLength(1);
    expect(without[0]).toMatch(/^Logs/);
  });

  test('the key turns over, and lets in the services of this account that would fail silently without it', () => {
    const [key] = Object.values(resources(made.lakeTemplate, 'AWS::KMS::Key'));
    expect(key!.Properties['EnableKeyRotation']).toBe(true);
    const statements: Statement[] = key!.Properties['KeyPolicy'].Statement;
    const services = statements.filter(({ Principal }) => Principal!.Service !== undefined);
    expect(
      Object.fromEntries(
        services.map(({ Principal, Action }) => [textOf(Principal!.Service), list(Action).join()]),
      ),
    ).toEqual({
      'events.amazonaws.com': 'kms:Decrypt,kms:GenerateDataKey',
      'cloudwatch.amazonaws.com': 'kms:Decrypt,kms:GenerateDataKey',
      'sns.amazonaws.com': 'kms:Decrypt,kms:GenerateDataKey',
      'delivery.logs.amazonaws.com': 'kms:Decrypt',
      'logs.region.amazonaws.com':
        'kms:Decrypt,kms:DescribeKey,kms:Encrypt,kms:GenerateDataKey,kms:ReEncryptFrom,kms:ReEncryptTo',
    });
    for (const { Condition } of services) {
      expect(JSON.stringify(Condition)).toMatch(/aws:SourceAccount|kms:EncryptionContext:aws:logs:arn/);
    }
    const [owner, ...others] = statements.filter(({ Principal }) => Principal!.Service === undefined);
    expect(owner!.Action).toBe('kms:*');
    expect(textOf(owner!.Principal!.AWS)).toBe('arn:partition:iam::accountid:root');
    expect(others).toEqual([]);
  });

  test('a pipeline adds nothing to what the lake says of its key', () => {
    expect(JSON.stringify(resources(make().lakeTemplate, 'AWS::KMS::Key'))).toBe(
      JSON.stringify(resources(made.lakeTemplate, 'AWS::KMS::Key')),
    );
  });
});
