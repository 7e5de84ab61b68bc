/** The watchdog: how long runs are open, attempts that were left behind, objects that were never run. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startOf } from '../../runtime/aws/delivery.ts';
import type { LambdaContext } from '../../lambdas/handler-of.ts';
import { ingest } from '../../runtime/ingest.ts';
import { recordOf } from '../../runtime/record.ts';
import type { World } from '../../runtime/world.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { captureLogs, context, environment, shop, type Logs } from './shop.ts';

const made = vi.hoisted(() => ({ world: undefined as unknown }));
vi.mock('#pipeline', async () => ({ pipeline: (await import('./shop.ts')).shop }));
vi.mock('../../lambdas/container-world.ts', () => ({ containerWorld: () => made.world }));

const NOW = new Date('2026-11-21T12:00:00Z');
const before = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);

const sfn = mockClient(SFNClient);
const s3 = mockClient(S3Client);
let sandbox: Sandbox;
let world: World;
/** Each test has a process of its own: what one look keeps for the next is in it. */
let handler: (event: unknown, context: LambdaContext) => Promise<void>;

beforeEach(async () => {
  for (const [name, value] of Object.entries({ ...environment, AWS_REGION: 'eu-west-1' }))
    vi.stubEnv(name, value);
  sfn.reset();
  s3.reset();
  executions([]);
  sfn.on(StartExecutionCommand).resolves({});
  landing([]);
  sandbox = await openSandbox();
  useWorld(NOW);
  vi.resetModules();
  ({ handler } = await import('../../lambdas/watchdog.ts'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

/** The world's clock stands, and a version in landing is an id made of the key. */
function useWorld(now: Date): void {
  const files: World['files'] = {
    ...sandbox.world.files,
    stat: async (uri, version) =>
      uri.startsWith('s3://')
        ? { uri, size: 1, version: `v=id of ${uri.slice('s3://landing/'.length)}` }
        : sandbox.world.files.stat(uri, version),
  };
  made.world = world = { ...sandbox.world, files, now: () => now };
}

interface Known {
  readonly name: string;
  readonly startDate: Date;
  readonly running?: boolean;
}

/** All that Step Functions knows, in pages of two. */
const executions = (all: readonly Known[]) =>
  sfn.on(ListExecutionsCommand).callsFake(({ statusFilter, nextToken = '0' }: Record<string, string>) => {
    const listed = all.filter(({ running = false }) => statusFilter === undefined || running);
    const at = Number(nextToken);
    return {
      executions: listed.slice(at, at + 2),
      ...(listed.length > at + 2 ? { nextToken: String(at + 2) } : {}),
    };
  });

const object = (Key: string, minutes: number, Size = 10) => ({
  Key,
  Size,
  ETag: '"abc"',
  LastModified: before(minutes),
});

/** Objects in pages of one. */
const landing = (all: readonly ReturnType<typeof object>[]) =>
  s3.on(ListObjectsV2Command).callsFake(({ Prefix, ContinuationToken = '0' }: Record<string, string>) => {
    const listed = all.filter(({ Key }) => Key.startsWith(Prefix!));
    const at = Number(ContinuationToken);
    return {
      EncodingType: 'url',
      Contents: listed
        .slice(at, at + 1)
        .map((one) => ({ ...one, Key: encodeURIComponent(one.Key).replaceAll('%20', '+') })),
      IsTruncated: listed.length > at + 1,
      NextContinuationToken: String(at + 1),
    };
  });

const look = () => handler({}, context());
const started = () =>
  sfn.commandCalls(StartExecutionCommand).map(({ args }) => JSON.parse(args[0].input.input!) as object);

/** What was written as a metric, with its dimensions. */
const metrics = (logs: Logs) =>
  logs.lines().flatMap(({ _aws, ...values }) => {
    if (_aws === undefined) return [];
    const [{ Dimensions, Namespace, Metrics }] = (_aws as { CloudWatchMetrics: [Record<string, unknown>] })
      .CloudWatchMetrics;
    expect([Namespace, Dimensions]).toEqual(['Sluice', [['pipeline', 'environment']]]);
    expect(values).toMatchObject({ pipeline: 'shop', environment: 'dev' });
    return (Metrics as { Name: string }[]).map(({ Name }) => [Name, values[Name]]);
  });

test.each([
  ['none is open', [], 0],
  ['the oldest of three', [10, 20, 90], 90 * 60],
])('how long runs are open: %s', async (_what, ages, seconds) => {
  const logs = captureLogs();
  executions(ages.map((minutes) => ({ name: `shop-${minutes}`, startDate: before(minutes), running: true })));
  await look();
  expect(metrics(logs)).toEqual([
    ['OldestOpenRunSeconds', seconds],
    ['ObjectsNeverRun', 0],
  ]);
});

test.each([
  ['no run ever', [], undefined],
  ['a published run', [['published', 30]], 30],
  [
    'an older one, and failures since',
    [
      ['published-with-rejects', 90],
      ['failed', 20],
      ['held', 10],
    ],
    90,
  ],
  [
    'the same content again',
    [
      ['published', 90],
      ['duplicate', 5],
    ],
    5,
  ],
  [
    'only failures: at least as old as the first of them',
    [
      ['failed', 50],
      ['rejected', 20],
    ],
    50,
  ],
] as const)('how old the data is: %s', async (_what, runs, minutes) => {
  const logs = captureLogs();
  for (const [i, [status, ago]] of runs.entries()) {
    const about = {
      pipeline: 'shop',
      execution: `shop-${i}`,
      run: `shop-${i}`,
      attempt: 1,
      definition: 'd',
      objects: [],
      startedAt: before(ago).toISOString(),
    };
    await world.ledger.settle(recordOf({ ...world, now: () => before(ago) }, shop, about, { status }));
  }
  await look();
  const age = metrics(logs).filter(([name]) => name === 'DataAgeSeconds');
  expect(age).toEqual(minutes === undefined ? [] : [['DataAgeSeconds', minutes * 60]]);
});

describe('an attempt that was left behind', () => {
  const NAME = 'shop-20261121T100000Z-0123abcd';

  async function attempt() {
    const uri = join(sandbox.folder, 'shop', 'a.csv');
    await mkdir(join(sandbox.folder, 'shop'), { recursive: true });
    await writeFile(uri, 'id,email,amount\n1,ann@example.com,5\n');
    const startedAt = before(120).toISOString();
    const start = { pipeline: 'shop', execution: NAME, objects: [{ uri }], again: false, startedAt };
    await ingest(world, shop, start);
    return { name: NAME, input: JSON.stringify(start) };
  }

  const gone = Object.assign(new Error('none'), { name: 'ExecutionDoesNotExist' });
  test.each([
    [
      'failed, and long ago',
      { status: 'FAILED', error: 'EngineError', stopDate: before(30) },
      NOW,
      'EngineError',
    ],
    ['aborted, and long ago', { status: 'ABORTED', stopDate: before(30) }, NOW, 'Aborted'],
    ['ended well, which cannot be', { status: 'SUCCEEDED', stopDate: before(30) }, NOW, 'Killed'],
    [
      'started by hand with something else',
      { status: 'FAILED', input: '{}', stopDate: before(30) },
      NOW,
      'Killed',
    ],
    ['just ended: whoever settles it has time', { status: 'FAILED', stopDate: before(5) }, NOW, undefined],
    ['running', { status: 'RUNNING' }, NOW, undefined],
    ['waiting to be redriven', { status: 'PENDING_REDRIVE', stopDate: before(30) }, NOW, undefined],
    ['not known, or not yet', gone, NOW, undefined],
    ['not known, and older than any run', gone, new Date('2026-11-21T16:30:00Z'), 'Killed'],
  ] as const)('its execution is %s', async (_what, said, now, name) => {
    const logs = captureLogs();
    const known = await attempt();
    useWorld(now);
    const on = sfn.on(DescribeExecutionCommand);
    if (said instanceof Error) on.rejects(said);
    else on.resolves({ ...known, ...said } as object);
    await look();
    await look();
    const history = await world.ledger.history('shop', 5);
    expect(history.map(({ status, error }) => [status, error?.name])).toEqual(
      name === undefined ? [] : [['failed', name]],
    );
    expect(await Array.fromAsync(world.ledger.unsettled('shop'))).toHaveLength(name === undefined ? 1 : 0);
    expect(logs.messages().filter((words) => words.startsWith('Run settled'))).toHaveLength(history.length);
  });

  test('one that cannot be ended stops nothing else, and the look says that it failed', async () => {
    const logs = captureLogs();
    await attempt();
    landing([object('shop/never.csv', 60)]);
    sfn
      .on(DescribeExecutionCommand)
      .rejects(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
    await expect(look()).rejects.toMatchObject({
      name: 'EngineError',
      message: expect.stringMatching(/^1 things/),
    });
    expect(metrics(logs)).toEqual([
      ['OldestOpenRunSeconds', 0],
      ['ObjectsNeverRun', 1],
    ]);
    expect(started()).toHaveLength(1);
  });
});

describe('an object in landing', () => {
  const KEY = "shop/a b+c%2Fü'.csv";
  const delivered = (version: string, name = '') => ({
    name: startOf(shop, { bucket: 'landing', key: KEY, size: 10, version, at: before(61) }).execution + name,
    startDate: before(60),
  });

  test.each([
    ['never run', object(KEY, 60), [], 1],
    ['run, by its version id', object(KEY, 60), [delivered(`v=id of ${KEY}`)], 0],
    ['run, by its ETag', object(KEY, 60), [delivered('e=abc')], 0],
    ['run, under the next free name', object(KEY, 60), [delivered('e=abc', '-2')], 0],
    ['run in another version only', object(KEY, 60), [delivered('v=older')], 1],
    ['dropped just now', object(KEY, 10), [], 0],
    ['dropped two days ago', object(KEY, 2 * 24 * 60), [], 0],
    ['a folder marker', object('shop/2026/', 60, 0), [], 0],
    ['of no source', object('shop/readme.txt', 60), [], 0],
    ['of another prefix', object('other/a.csv', 60), [], 0],
  ])('%s', async (_what, there, known, never) => {
    const logs = captureLogs();
    landing([object('shop/unread.txt', 60), there]);
    const others = ['a', 'b', 'c'].map((name) => ({ name, startDate: before(1) }));
    executions([...others, ...known, { name: 'old', startDate: before(3000) }]);
    await look();
    expect(metrics(logs)).toContainEqual(['ObjectsNeverRun', never]);
    expect(started()).toEqual(
      Array.from({ length: never }, () =>
        expect.objectContaining({
          objects: [{ uri: `s3://landing/${KEY}`, version: `v=id of ${KEY}` }],
          startedAt: before(60).toISOString(),
        }),
      ),
    );
  });

  const many = ['a', 'b', 'c', 'd'].map((name, i) => object(`shop/${name}.csv`, 60 + i));
  test('no more are started than may be open, the oldest first; the next look goes on', async () => {
    captureLogs();
    landing(many);
    executions([{ name: 'shop-open', startDate: before(1), running: true }]);
    await look();
    expect(started()).toMatchObject(
      [many[3], many[2]].map((one) => ({ objects: [{ uri: `s3://landing/${one!.Key}` }] })),
    );
    await look();
    expect(s3.commandCalls(ListObjectsV2Command)).toHaveLength(8);
  });

  test('nothing is started where the open runs cannot be counted', async () => {
    captureLogs();
    landing(many);
    sfn
      .on(ListExecutionsCommand, { statusFilter: 'RUNNING' })
      .rejects(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
    await expect(look()).rejects.toMatchObject({ name: 'EngineError' });
    expect(started()).toEqual([]);
  });

  test('once all have their runs, landing is not listed again for an hour', async () => {
    captureLogs();
    landing([many[0]!]);
    for (const [minutes, lists] of [
      [0, 1],
      [5, 1],
      [59, 1],
      [61, 2],
    ] as const) {
      useWorld(before(-minutes));
      await look();
      expect([minutes, s3.commandCalls(ListObjectsV2Command).length]).toEqual([minutes, lists]);
    }
  });
});
