/** What all pipelines share: how it is kept, in dev and in prod, and what of it may be brought along. */

import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import { LakeStack } from '../../lib/lake-stack.ts';
import { make, makeApp, resources, textOf } from './synth.ts';

const dev = make().lakeTemplate;
const prod = make({ context: { env: 'prod' } }).lakeTemplate;
const only = (template: typeof dev, type: string, id = '') =>
  Object.entries(resources(template, type)).find(([name]) => name.startsWith(id))![1];
const rules = (template: typeof dev, id: string) =>
  only(template, 'AWS::S3::Bucket', id).Properties['LifecycleConfiguration'].Rules as Record<string, any>[];

describe('dev and prod', () => {
  test.each<[string, (template: typeof dev) => unknown, unknown, unknown]>([
    [
      'the landing bucket is left behind',
      (t) => only(t, 'AWS::S3::Bucket', 'Landing').DeletionPolicy,
      'Delete',
      'RetainExceptOnCreate',
    ],
    [
      'the lake is left behind',
      (t) => only(t, 'AWS::S3::Bucket', 'Lake').DeletionPolicy,
      'Delete',
      'RetainExceptOnCreate',
    ],
    [
      'the quarantine is left behind',
      (t) => only(t, 'AWS::S3::Bucket', 'Quarantine').DeletionPolicy,
      'Delete',
      'RetainExceptOnCreate',
    ],
    [
      'the ledger is left behind',
      (t) => only(t, 'AWS::DynamoDB::Table').DeletionPolicy,
      'Delete',
      'RetainExceptOnCreate',
    ],
    [
      'the key is left behind',
      (t) => only(t, 'AWS::KMS::Key').DeletionPolicy,
      'Delete',
      'RetainExceptOnCreate',
    ],
    [
      'the ledger cannot be deleted',
      (t) => only(t, 'AWS::DynamoDB::Table').Properties['DeletionProtectionEnabled'],
      false,
      true,
    ],
    ['days until the key is gone', (t) => only(t, 'AWS::KMS::Key').Properties['PendingWindowInDays'], 7, 30],
    [
      'days of old versions',
      (t) => rules(t, 'Lake')[0]!['NoncurrentVersionExpiration'].NoncurrentDays,
      7,
      30,
    ],
    ['days of staged work', (t) => rules(t, 'Work')[1]!['ExpirationInDays'], 30, 90],
    ['days of logs of accesses', (t) => rules(t, 'Logs')[0]!['ExpirationInDays'], 14, 365],
  ])('%s', (_what, of, inDev, inProd) => {
    expect([of(dev), of(prod)]).toEqual([inDev, inProd]);
  });

  test('prod cannot be deleted by mistake; each has its own names', () => {
    expect(
      [make().lake, make({ context: { env: 'prod' } }).lake].map((l) => [
        l.stackName,
        l.terminationProtection,
      ]),
    ).toEqual([
      ['sluice-dev', false],
      ['sluice-prod', true],
    ]);
  });

  test.each([
    ['env', 'test', '-c env=test is none of dev, prod'],
    ['env', 'toString', 'is none of'],
    ['arch', 'amd64', '-c arch=amd64 is none of arm64, x86_64'],
  ])('-c %s=%s is refused', (key, value, message) => {
    expect(() => make({ context: { [key]: value } })).toThrow(UsageError);
    expect(() => make({ context: { [key]: value } })).toThrow(message);
  });
});

describe('buckets', () => {
  test.each(['Landing', 'Lake', 'Quarantine', 'Work', 'Logs'])('%s is closed, and tidies up', (id) => {
    const { Properties } = only(dev, 'AWS::S3::Bucket', id);
    expect(Properties['PublicAccessBlockConfiguration']).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(Properties['OwnershipControls'].Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
    expect(rules(dev, id)[0]!['AbortIncompleteMultipartUpload']).toEqual({ DaysAfterInitiation: 2 });
  });

  test('data is versioned, work is not; all but the logs log their accesses', () => {
    const of = (id: string) => only(dev, 'AWS::S3::Bucket', id).Properties;
    expect(
      ['Landing', 'Lake', 'Quarantine', 'Work'].map((id) => of(id)['VersioningConfiguration']?.Status),
    ).toEqual(['Enabled', 'Enabled', 'Enabled', undefined]);
    for (const id of ['Landing', 'Lake', 'Quarantine', 'Work']) {
      expect(of(id)['LoggingConfiguration'].LogFilePrefix).toBe(`${id.toLowerCase()}/`);
      expect(of(id)['BucketEncryption'].ServerSideEncryptionConfiguration[0].BucketKeyEnabled).toBe(true);
    }
  });

  test('only landing tells of its objects, by a property and not by a function of CDK', () => {
    expect(only(dev, 'AWS::S3::Bucket', 'Landing').Properties['NotificationConfiguration']).toEqual({
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
    expect(only(dev, 'AWS::S3::Bucket', 'Lake').Properties['NotificationConfiguration']).toBeUndefined();
    const types = Object.values(dev.toJSON()['Resources'] as object).map(({ Type }) => Type as string);
    expect(types.filter((type) => /Custom|Lambda/.test(type))).toEqual([]);
  });
});

test('the ledger has the keys that runtime/aws/dynamo-ledger.ts states, and forgets only what says so', () => {
  expect(only(dev, 'AWS::DynamoDB::Table').Properties).toMatchObject({
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
  });
});

test('the quarantine is a table of the catalogue', () => {
  const { TableInput } = only(dev, 'AWS::Glue::Table').Properties as { TableInput: any };
  expect(TableInput.Name).toBe('quarantine_records');
  expect(TableInput.StorageDescriptor.Columns).toContainEqual({
    Name: 'reasons',
    Type: 'array<struct<column:string,code:string,message:string,value:string>>',
    Comment: 'Every reason for the rejection',
  });
  expect(TableInput.Parameters.table_type).toBe('DELTA');
  expect(textOf(TableInput.StorageDescriptor.Location)).toBe('s3://Quarantine/quarantine/records/');
  expect(only(dev, 'AWS::Glue::Database').Properties['DatabaseInput'].Name).toBe('sluice_dev');
});

test('everything that can be tagged is', () => {
  for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::SNS::Topic']) {
    for (const { Properties } of Object.values(resources(dev, type))) {
      expect(Properties['Tags']).toEqual(
        expect.arrayContaining([
          { Key: 'app', Value: 'sluice' },
          { Key: 'sluice:environment', Value: 'dev' },
        ]),
      );
    }
  }
});

test('what is critical and what warns is sent to an address, if there is one', () => {
  expect(resources(dev, 'AWS::SNS::Subscription')).toEqual({});
  const { lakeTemplate } = make({ context: { notify: 'team@example.com' } });
  const subscriptions = Object.values(resources(lakeTemplate, 'AWS::SNS::Subscription'));
  expect(
    subscriptions.map(({ Properties }) => [textOf(Properties['TopicArn']), Properties['Endpoint']]),
  ).toEqual([
    ['Critical', 'team@example.com'],
    ['Warning', 'team@example.com'],
  ]);
  for (const { Properties } of subscriptions) {
    expect(textOf(Properties['RedrivePolicy'].deadLetterTargetArn)).toBe('Undelivered');
  }
});

test('buckets and key that are there already are used, and none is made', () => {
  const app = makeApp();
  const theirs = new Stack(app, 'Theirs');
  const bucket = (id: string) => Bucket.fromBucketName(theirs, id, `their-${id}`);
  const lake = new LakeStack(app, 'Lake', {
    landing: bucket('landing'),
    lake: bucket('lake'),
    quarantine: bucket('quarantine'),
    work: bucket('work'),
    key: Key.fromKeyArn(theirs, 'Key', 'arn:aws:kms:eu-central-1:123456789012:key/0'),
  });
  const made = (app as App).synth().getStackByName(lake.stackName).template as {
    Resources: Record<string, { Type: string }>;
  };
  const types = Object.values(made.Resources).map(({ Type }) => Type);
  expect(types.filter((type) => type === 'AWS::S3::Bucket')).toHaveLength(1);
  expect(types).not.toContain('AWS::KMS::Key');
  expect(JSON.stringify(made)).toContain('their-quarantine/quarantine/records/');
});
