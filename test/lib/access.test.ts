/** Permissions: what each function may do and what none may, asked of the roles as IAM would judge them. */

import { DefinitionError } from '../../core/errors.ts';
import { describe, expect, test } from 'vitest';
import type { Pipeline } from '../../core/pipeline.ts';
import { definePipeline, format, reference, sink, z } from '../../core/vocabulary.ts';
import { make, resources, shop, textOf, type Resource } from './synth.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const { template } = make();
const roles = resources(template, 'AWS::IAM::Role');
const functions = ['Ingest', 'Transform', 'Validate', 'Load', 'Starter', 'Settle', 'Watchdog'];
const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

function statements(of: string, from: Readonly<Record<string, Resource>> = roles): readonly Statement[] {
  const [, role] = Object.entries(from).find(([id]) => id.startsWith(`${of}Role`))!;
  return role.Properties['Policies'].flatMap((p: any) => p.PolicyDocument.Statement);
}

/** A pattern of IAM: `*`, `?`, and `${…}` around a sign that means itself. */
function fits(pattern: string, text: string): boolean {
  const expression = pattern.replaceAll(/\$\{([*?$])\}|[*?]|[\\^$+.()|[\]{}]/g, (sign, own?: string) =>
    own !== undefined ? `\\${own}` : sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`,
  );
  return new RegExp(`^${expression}$`, 's').test(text);
}

const allows = (all: readonly Statement[], action: string, resource: string): boolean =>
  all.some(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' &&
      list(Action).some((one) => fits(one, action)) &&
      list(Resource).some((one) => fits(textOf(one), resource)),
  );

const row = z.object({ id: z.string().min(1), city: z.string() });

type Steps = 'mask' | 'mask and latest' | 'join' | 'join a path';

/** A shop whose steps need something from elsewhere. */
const stepping = (steps: Steps): Pipeline =>
  definePipeline({
    name: 'shop',
    owner: 'sales@example.com',
    description: 'Orders of the shop.',
    row,
    sources: (source) => [source.files({ prefix: 'shop/', format: format.csv() })],
    transform: (rows) => {
      if (steps === 'join') {
        const zip = reference({ uri: 's3://lists/a*b/zip.csv', format: format.csv(), row });
        return rows
          .join(shop('cities'), (o) => ({ on: { id: o.city }, take: {} }))
          .join(zip, (o) => ({ on: { id: o.city }, take: {} }));
      }
      if (steps === 'join a path') {
        const here = reference({ uri: '/lists/zip.csv', format: format.csv(), row });
        return rows.join(here, (o) => ({ on: { id: o.city }, take: {} }));
      }
      const masked = rows.mask({ city: { by: 'hmac', secret: 'KEY' } });
      return steps === 'mask' ? masked : masked.latest((o) => ({ per: [o.id] }));
    },
    gate: { rejected: { atMost: 0.1 } },
    sinks: () => [sink.lake({ table: 'shop', write: 'append' })],
    sla: { latency: '10 minutes' },
  });

const made = new Map<Steps, Readonly<Record<string, Resource>>>();

/** The roles of such a shop. */
function rolesFor(steps: Steps): Readonly<Record<string, Resource>> {
  const known = made.get(steps);
  if (known !== undefined) return known;
  const { template } = make({ pipeline: () => ({ pipeline: stepping(steps) }) });
  const found = resources(template, 'AWS::IAM::Role');
  made.set(steps, found);
  return found;
}

const run = 'shop-20261121T100000Z-0123abcd';
const arn = 'arn:partition:states:region:accountid';
const ending = ['Ingest', 'Validate', 'Load', 'Settle', 'Watchdog'];
const nobody: string[] = [];

describe('who may do what', () => {
  test.each<[string, string, string, string[]]>([
    [
      'read dropped objects',
      's3:GetObjectVersion',
      'Landing/shop/a.csv',
      ['Ingest', 'Transform', 'Validate', 'Settle', 'Watchdog'],
    ],
    ['read dropped objects of others', 's3:GetObject', 'Landing/other/a.csv', nobody],
    ['change the source', 's3:PutObject', 'Landing/shop/a.csv', nobody],
    ['remove the source', 's3:DeleteObject', 'Landing/shop/a.csv', nobody],
    ['stage', 's3:PutObject', 'Work/work/shop/e/manifest.json', [...ending, 'Transform']],
    ['empty the work folder', 's3:DeleteObject', 'Work/work/shop/e/manifest.json', ending],
    ['read what others stage', 's3:GetObject', 'Work/work/shop-b/e/manifest.json', nobody],
    [
      'write what is decided',
      's3:PutObject',
      'Work/work/.conclusions/shop/r/hold-1.json',
      [...ending, 'Transform'],
    ],
    ['remove it once it is done', 's3:DeleteObject', 'Work/work/.conclusions/shop/r/hold-1.json', ending],
    ['read what others decided', 's3:GetObject', 'Work/work/.conclusions/shop-b/r/hold-1.json', nobody],
    ['put rows in place', 's3:PutObject', `Lake/lake/shop/${run}/a.parquet`, ['Load']],
    ['take back what was put in vain', 's3:DeleteObject', `Lake/lake/shop/${run}/a.parquet`, ending],
    ['read rows that are visible', 's3:GetObject', `Lake/lake/shop/${run}/a.parquet`, nobody],
    ['commit', 's3:PutObject', 'Lake/lake/shop/_delta_log/00000000000000000001.json', ending],
    ['remove a commit', 's3:DeleteObject', 'Lake/lake/shop/_delta_log/00000000000000000001.json', nobody],
    [
      'commit to the table of another',
      's3:PutObject',
      'Lake/lake/shops/_delta_log/00000000000000000001.json',
      nobody,
    ],
    ['report', 's3:PutObject', `Lake/reports/shop/${run}.json`, ending],
    [
      'put rejects in place',
      's3:PutObject',
      `Quarantine/quarantine/records/${run}/a.parquet`,
      ['Validate', 'Load'],
    ],
    ['read quarantined records', 's3:GetObject', `Quarantine/quarantine/records/${run}/a.parquet`, nobody],
    [
      'remove rejects of another',
      's3:DeleteObject',
      `Quarantine/quarantine/records/shop-b-20261121T100000Z-01/a`,
      nobody,
    ],
    [
      'show rejects',
      's3:PutObject',
      'Quarantine/quarantine/records/_delta_log/00000000000000000001.json',
      ending,
    ],
    ['put an object aside', 's3:PutObject', `Quarantine/quarantine/objects/shop/${run}/a.csv`, ['Ingest']],
    ['read an object aside', 's3:GetObject', `Quarantine/quarantine/objects/shop/${run}/a.csv`, nobody],
    ['write the ledger', 'dynamodb:PutItem', 'Ledger', ending],
    ['drop the ledger', 'dynamodb:DeleteTable', 'Ledger', nobody],
    ['start runs', 'states:StartExecution', `${arn}:stateMachine:sluice-dev-shop`, ['Starter', 'Watchdog']],
    ['start runs of others', 'states:StartExecution', `${arn}:stateMachine:sluice-dev-shop-b`, nobody],
    ['stop runs', 'states:StopExecution', `${arn}:execution:sluice-dev-shop:e`, nobody],
    [
      'see what became of runs',
      'states:DescribeExecution',
      `${arn}:execution:sluice-dev-shop:e`,
      ['Starter', 'Settle', 'Watchdog'],
    ],
    ['take dropped objects from the queue', 'sqs:ReceiveMessage', 'Objects', ['Starter']],
    ['leave a call to the dead letters', 'sqs:SendMessage', 'DeadCalls', ['Settle', 'Watchdog']],
    ['tell of a run', 'sns:Publish', 'Info', ending],
    ['raise an alarm by hand', 'sns:Publish', 'Critical', nobody],
    ['use the key', 'kms:Decrypt', 'Key', functions],
    ['change the key', 'kms:PutKeyPolicy', 'Key', nobody],
  ])('%s', (_deed, action, resource, who) => {
    expect(functions.filter((of) => allows(statements(of), action, resource)).sort()).toEqual(
      [...who].sort(),
    );
  });

  test('whoever ends an attempt on a table by keys may meet the rows of all its runs, and nobody else does', () => {
    const byKey = make({ pipeline: () => ({ pipeline: shop('shop', 'shop/', 'shop', 'upsert') }) });
    const all = resources(byKey.template, 'AWS::IAM::Role');
    const may = (action: string, resource: string): string[] =>
      functions.filter((of) => allows(statements(of, all), action, resource)).sort();
    const anyRun = 'Lake/lake/shop/other-20261121T100000Z-0123abcd/a.parquet';
    expect(may('s3:GetObject', anyRun)).toEqual([...ending].sort());
    expect(may('s3:PutObject', `Lake/lake/shop/${run}/a.parquet`)).toEqual([...ending].sort());
    for (const action of ['s3:PutObject', 's3:DeleteObject']) expect(may(action, anyRun)).toEqual(nobody);
    expect(may('s3:GetObject', 'Lake/lake/other/a.parquet')).toEqual(nobody);
  });

  const secret = (name: string) => `${arn.replace('states', 'secretsmanager')}:secret:sluice/${name}`;
  test.each<[string, Steps, string, string, string[]]>([
    [
      'ask for a secret that a step names',
      'mask',
      'secretsmanager:GetSecretValue',
      secret('dev/KEY-a1B2c3'),
      ['Ingest', 'Transform'],
    ],
    [
      'ask for it where all rows are looked at once more',
      'mask and latest',
      'secretsmanager:GetSecretValue',
      secret('dev/KEY-a1B2c3'),
      ['Ingest', 'Transform', 'Validate'],
    ],
    ['ask for a secret without a step', 'join', 'secretsmanager:GetSecretValue', secret('dev/KEY-1'), nobody],
    ['ask for another', 'mask', 'secretsmanager:GetSecretValue', secret('dev/OTHER-a1B2c3'), nobody],
    [
      'ask for one of a longer name',
      'mask',
      'secretsmanager:GetSecretValue',
      secret('dev/KEY-B-a1B2c3'),
      nobody,
    ],
    ['ask for that of prod', 'mask', 'secretsmanager:GetSecretValue', secret('prod/KEY-a1B2c3'), nobody],
    ['change it', 'mask', 'secretsmanager:PutSecretValue', secret('dev/KEY-a1B2c3'), nobody],
    [
      'read the table joined',
      'join',
      's3:GetObject',
      `Lake/lake/cities/${run}/a.parquet`,
      ['Ingest', 'Validate'],
    ],
    ['read its log', 'join', 's3:GetObject', 'Lake/lake/cities/_delta_log/0.json', ['Ingest', 'Validate']],
    ['read it without a join', 'mask and latest', 's3:GetObject', 'Lake/lake/cities/a.parquet', nobody],
    ['write to it', 'join', 's3:PutObject', `Lake/lake/cities/${run}/a.parquet`, nobody],
    ['read a table beside it', 'join', 's3:GetObject', 'Lake/lake/cities_of_all/a.parquet', nobody],
    [
      'read the object joined',
      'join',
      's3:GetObject',
      'arn:partition:s3:::lists/a*b/zip.csv',
      ['Ingest', 'Validate'],
    ],
    [
      'read its version',
      'join',
      's3:GetObjectVersion',
      'arn:partition:s3:::lists/a*b/zip.csv',
      ['Ingest', 'Validate'],
    ],
    [
      'read one that only looks like it',
      'join',
      's3:GetObject',
      'arn:partition:s3:::lists/aab/zip.csv',
      nobody,
    ],
    ['read more of its bucket', 'join', 's3:GetObject', 'arn:partition:s3:::lists/a*b/zip.csv.gz', nobody],
    ['change it', 'join', 's3:PutObject', 'arn:partition:s3:::lists/a*b/zip.csv', nobody],
  ])('%s (%s)', (_deed, steps, action, resource, who) => {
    const all = rolesFor(steps);
    expect(functions.filter((of) => allows(statements(of, all), action, resource)).sort()).toEqual(who);
  });

  test('a file of a laptop cannot be joined with on AWS, and that is said before anything is deployed', () => {
    expect(() => rolesFor('join a path')).toThrow(DefinitionError);
    expect(() => rolesFor('join a path')).toThrow('"shop" joins with /lists/zip.csv, a path');
  });

  test('the state machine calls its functions in every version, and follows its own children', () => {
    const all = statements('StateMachine');
    for (const of of ['Ingest', 'Transform', 'Validate', 'Load']) {
      expect(allows(all, 'lambda:InvokeFunction', `${of}:7`)).toBe(true);
    }
    expect(allows(all, 'lambda:InvokeFunction', 'Settle:7')).toBe(false);
    expect(allows(all, 'states:StartExecution', `${arn}:stateMachine:sluice-dev-shop`)).toBe(true);
    for (const action of ['DescribeExecution', 'StopExecution', 'RedriveExecution']) {
      expect(allows(all, `states:${action}`, `${arn}:execution:sluice-dev-shop/Map:child`)).toBe(true);
    }
    expect(allows(all, 's3:GetObject', 'Work/work/shop/e/manifest.json')).toBe(false);
  });
});

describe('under which conditions', () => {
  const everything = functions.flatMap((of) => statements(of).map((statement) => ({ of, ...statement })));
  const with_ = (action: RegExp) =>
    everything.filter(({ Action }) => list(Action).some((one) => action.test(one)));

  test('the key is used by way of services only, by the transform of S3 alone', () => {
    for (const { Condition } of with_(/^kms:/)) {
      expect(list(Condition!['StringEquals']!['kms:ViaService']).length).toBeGreaterThan(0);
    }
    const transform = with_(/^kms:/).find(({ of }) => of === 'Transform');
    expect(list(transform!.Condition!['StringEquals']!['kms:ViaService']).map(textOf)).toEqual([
      's3.region.urlsuffix',
    ]);
  });

  test('a secret is decrypted with the key of the lake as that secret, and nothing else', () => {
    const all = statements('Transform', rolesFor('mask'));
    const byKey = all.find(({ Condition }) => Condition?.['StringLike'] !== undefined);
    expect(byKey).toMatchObject({ Action: 'kms:Decrypt' });
    expect(textOf(byKey!.Resource)).toBe('Key');
    expect(textOf(byKey!.Condition!['StringEquals']!['kms:ViaService'])).toBe(
      'secretsmanager.region.urlsuffix',
    );
    expect(textOf(byKey!.Condition!['StringLike']!['kms:EncryptionContext:SecretARN'])).toBe(
      'arn:partition:secretsmanager:region:accountid:secret:sluice/dev/KEY-??????',
    );
  });

  test('the table joined is listed below its own folder, and the bucket of an object joined is not', () => {
    const all = statements('Validate', rolesFor('join'));
    const lists = all.filter(({ Action }) => list(Action).includes('s3:ListBucket'));
    const prefixes = lists.flatMap(({ Condition }) =>
      list(Condition!['StringLikeIfExists']!['s3:prefix'] as string),
    );
    expect(prefixes).toContain('lake/cities/*');
    expect(lists.map(({ Resource }) => textOf(Resource))).not.toContainEqual(
      expect.stringContaining('lists'),
    );
  });

  test("the ledger's items are those of the pipeline", () => {
    expect(with_(/^dynamodb:/)).toHaveLength(ending.length);
    for (const { Condition } of with_(/^dynamodb:/)) {
      expect(Condition).toEqual({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['shop#*'] } });
    }
  });

  test('buckets are listed below prefixes; without one only to be told that an object is not there', () => {
    for (const { Condition } of with_(/^s3:ListBucket$/)) {
      const prefixes = list(Condition!['StringLikeIfExists']!['s3:prefix'] as string);
      expect(prefixes.length).toBeGreaterThan(0);
      for (const prefix of prefixes) expect(prefix).toMatch(/^(shop|work|lake|reports|quarantine)\/.*\*$/);
    }
  });
});

test('a prefix is never read as a pattern', () => {
  const odd = make({ pipeline: () => ({ pipeline: shop('odd', 'a*b?$/') }) });
  const all = statements('Ingest', resources(odd.template, 'AWS::IAM::Role'));
  expect(allows(all, 's3:GetObject', 'Landing/a*b?$/x.csv')).toBe(true);
  expect(allows(all, 's3:GetObject', 'Landing/axxb1$/x.csv')).toBe(false);
});

test('a policy stays below what a role may hold, with names as long as they may be', () => {
  const long = 'x'.repeat(40);
  const { template } = make({ context: { env: 'prod' }, pipeline: () => ({ pipeline: shop(long) }) });
  const sizes = functions.map((of) => {
    const written = JSON.stringify(
      statements(of, resources(template, 'AWS::IAM::Role')),
      (_key, value: unknown) =>
        // An ARN of a bucket, a key or a table has about 90 characters.
        typeof value === 'object' && value !== null && 'Fn::ImportValue' in value ? 'x'.repeat(90) : value,
    );
    return written.replaceAll(/\{"(Fn::Join|Fn::GetAtt|Ref)":|\]\}/g, '').length;
  });
  expect(Math.max(...sizes)).toBeLessThan(10_240);
  expect(Math.max(...sizes)).toBeGreaterThan(3000);
});
