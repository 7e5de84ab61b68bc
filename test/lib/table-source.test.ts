/** A pipeline on AWS that reads the table of another: what starts its runs, and what its functions may read. */

import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import type { Pipeline } from '../../core/pipeline.ts';
import { definePipeline, format, sink, z } from '../../core/vocabulary.ts';
import { acknowledged } from '../../lib/acknowledged.ts';
import { claims } from '../../lib/claims.ts';
import { LakeStack } from '../../lib/lake-stack.ts';
import { PipelineStack } from '../../lib/pipeline-stack.ts';
import { make, makeApp, resources, shop, textOf } from './synth.ts';

const totals = (name = 'totals', files = false): Pipeline =>
  definePipeline({
    name,
    owner: 'test',
    description: 'What the shop makes of its orders.',
    row: z.object({ id: z.string() }),
    sources: (source) => [
      source.table(shop()),
      ...(files ? [source.files({ prefix: `${name}/`, format: format.csv() })] : []),
    ],
    gate: { rejected: { atMost: 0 } },
    sinks: () => [sink.lake({ table: name, write: 'append' })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

const { template, lakeTemplate, stack } = make({ pipeline: () => ({ pipeline: totals() }) });
const rules = (of = template) =>
  Object.fromEntries(
    Object.entries(resources(of, 'AWS::Events::Rule'))
      .filter(([, { Properties }]) => Properties['EventPattern']?.source[0] === 'aws.s3')
      .map(([id, { Properties }]) => {
        const { detail } = Properties['EventPattern'];
        return [id.replace(/[0-9A-F]{8}$/, ''), [textOf(detail.bucket.name[0]), detail.object.key]];
      }),
  );
const notified = (of: typeof template): string[] =>
  Object.entries(resources(of, 'AWS::S3::Bucket'))
    .filter(([, { Properties }]) => Properties['NotificationConfiguration'] !== undefined)
    .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));

describe('runs are started', () => {
  const versions = [{ wildcard: 'lake/shop/_delta_log/*.json' }];

  test('by the versions of the table alone, which the bucket of the tables tells', () => {
    expect(rules()).toEqual({ Committed: ['Lake', versions] });
    expect(notified(lakeTemplate)).toEqual(['Landing', 'Lake']);
    const [rule] = Object.values(resources(template, 'AWS::Events::Rule'));
    expect(rule!.Properties['Targets'].map((t: any) => textOf(t.Arn))).toEqual(['Objects']);
  });

  test('by files too, where there are such sources', () => {
    const both = make({ pipeline: () => ({ pipeline: totals('both', true) }) });
    expect(rules(both.template)).toEqual({
      Dropped: ['Landing', [{ prefix: 'both/' }]],
      Committed: ['Lake', versions],
    });
  });

  test('by no version where no table is a source: nothing is told of the lake', () => {
    const without = make();
    expect(Object.keys(rules(without.template))).toEqual(['Dropped']);
    expect(notified(without.lakeTemplate)).toEqual(['Landing']);
  });

  test('a bucket that was given is left as it is', () => {
    const app = makeApp();
    const own = new Stack(app, 'Own');
    const lake = new LakeStack(app, 'Lake', { lake: new Bucket(own, 'Mine') as never });
    new PipelineStack(app, 'totals', { pipeline: totals(), lake });
    const made = app.synth().getStackByName(own.stackName).template as { Resources: object };
    expect(JSON.stringify(made.Resources)).not.toContain('EventBridge');
  });
});

describe('the table is read, and nothing else of it is touched', () => {
  const roles = resources(template, 'AWS::IAM::Role');
  const functions = ['Ingest', 'Transform', 'Validate', 'Load', 'Starter', 'Settle', 'Watchdog'];
  const allows = (of: string, action: string, resource: string): boolean => {
    const [, role] = Object.entries(roles).find(([id]) => id.startsWith(`${of}Role`))!;
    return role.Properties['Policies']
      .flatMap((policy: any) => policy.PolicyDocument.Statement)
      .some(
        ({ Action, Resource }: any) =>
          [Action].flat().includes(action) &&
          [Resource].flat().some((one) => {
            const pattern = textOf(one)
              .split('*')
              .map((part) => part.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('?', '.'))
              .join('.*');
            return new RegExp(`^${pattern}$`).test(resource);
          }),
      );
  };

  const log = 'Lake/lake/shop/_delta_log/00000000000000000001.json';
  const rows = 'Lake/lake/shop/shop-20261121T100000Z-0123abcd/a.parquet';
  test.each([
    ['its log', 's3:GetObject', log, ['Ingest', 'Settle', 'Transform', 'Validate', 'Watchdog']],
    [
      'its log, by version',
      's3:GetObjectVersion',
      log,
      ['Ingest', 'Settle', 'Transform', 'Validate', 'Watchdog'],
    ],
    ['its rows', 's3:GetObject', rows, ['Ingest']],
    ['its log, to write', 's3:PutObject', log, []],
    ['its rows, to write', 's3:PutObject', rows, []],
    ['its rows, to remove', 's3:DeleteObject', rows, []],
    ['a table with a longer name', 's3:GetObject', 'Lake/lake/shops/a.parquet', []],
    ['what is dropped for others', 's3:GetObject', 'Landing/shop/a.csv', []],
  ])('%s (%s)', (_what, action, resource, who) => {
    expect(functions.filter((of) => allows(of, action, resource)).sort()).toEqual(who);
  });

  test('every statement names what it is about', () => {
    for (const { Properties } of Object.values(roles)) {
      for (const { Resource } of Properties['Policies'].flatMap((p: any) => p.PolicyDocument.Statement))
        expect([Resource].flat().length).toBeGreaterThan(0);
    }
  });

  test('cdk-nag finds nothing more', () => {
    const found = [new AwsSolutionsChecks(), new ServerlessChecks()].flatMap((pack) =>
      pack
        .validateScope(stack)
        .violations.flatMap(({ ruleName, violatingResources }) =>
          violatingResources.map(({ constructPath }) => ({ ruleName, on: constructPath! })),
        ),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(
      found.filter(
        ({ ruleName, on }) => !acknowledged.some((a) => a.finding.test(ruleName) && a.on.test(on)),
      ),
    ).toEqual([]);
  });
});

test('both make one app: neither needs the stack of the other, and many may read one table', () => {
  const app = makeApp();
  const lake = new LakeStack(app, 'Lake');
  const stacks = [shop(), totals(), totals('others')].map(
    (pipeline) => new PipelineStack(app, pipeline.name, { pipeline, lake }),
  );
  expect(() => app.synth()).not.toThrow();
  for (const one of stacks)
    expect(one.dependencies.map(({ stackName }) => stackName)).toEqual([lake.stackName]);
});

test('what is dropped still belongs to one pipeline', () => {
  const claim = claims([]);
  claim(totals('a', true));
  expect(() => claim(totals('b', true))).not.toThrow();
  expect(() => claim(shop('c', 'a/'))).toThrow('both take objects under "a/"');
});

test('the outputs name the table in the place of where to drop files', () => {
  const outputs = template.toJSON()['Outputs'] as Record<string, { Value: unknown }>;
  expect(Object.keys(outputs)).not.toContain('LandingUri');
  expect(outputs['ReadsTables']!.Value).toBe('shop');
});
