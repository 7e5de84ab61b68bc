/** The starter, from batches of messages to executions, with Step Functions as a test wants it. */

import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionLimitExceeded,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { handler } from '../../lambdas/starter.ts';
import { startSchema } from '../../runtime/values.ts';
import { captureLogs, context, environment, STATE_MACHINE } from './shop.ts';

vi.mock('#pipeline', async () => ({ pipeline: (await import('./shop.ts')).shop }));

const sfn = mockClient(SFNClient);

beforeEach(() => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  sfn.reset();
  open(0);
  sfn.on(StartExecutionCommand).resolves({});
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** So many executions run. */
const open = (n: number) =>
  sfn.on(ListExecutionsCommand).callsFake(({ maxResults }: { maxResults: number }) => ({
    executions: Array.from({ length: Math.min(n, maxResults) }, (_, i) => ({
      name: `open-${i}`,
      startDate: new Date(0),
    })),
  }));

const object = (key: string, more: object = {}) => ({
  key,
  size: 10,
  etag: 'abc',
  'version-id': `id of ${key}`,
  ...more,
});

const created = (of: object, time = '2026-11-21T10:00:05Z') =>
  JSON.stringify({
    version: '0',
    source: 'aws.s3',
    'detail-type': 'Object Created',
    time,
    detail: { bucket: { name: 'landing' }, object: of, 'source-ip-address': '192.0.2.7' },
  });

const call = (...bodies: string[]) =>
  handler({ Records: bodies.map((body, i) => ({ messageId: `m${i}`, body })) }, context());

const inputs = () =>
  sfn
    .commandCalls(StartExecutionCommand)
    .map(({ args }) => args[0].input)
    .map(({ stateMachineArn, name, input }) => ({
      stateMachineArn,
      name,
      start: startSchema.parse(JSON.parse(input!)),
    }));

const back = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });
const error = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error('refused'), { name, $metadata: { httpStatusCode } });
const exists = new ExecutionAlreadyExists({ message: 'there', $metadata: {} });

test('a dropped object starts one execution, named after the delivery, as of the time of the drop', async () => {
  captureLogs();
  const key = "shop/a b+c%2F'ü/../x.csv.gz";
  await expect(call(created(object(key)))).resolves.toEqual(back());
  const [{ stateMachineArn, name, start }] = inputs() as [ReturnType<typeof inputs>[number]];
  expect(stateMachineArn).toBe(STATE_MACHINE);
  expect(name).toMatch(/^shop-20261121T100005Z-[0-9a-f]{8}$/);
  expect(start).toEqual({
    pipeline: 'shop',
    execution: name,
    objects: [{ uri: `s3://landing/${key}`, version: `v=id of ${key}` }],
    again: false,
    startedAt: '2026-11-21T10:00:05.000Z',
  });
});

describe('the name is the same for the same delivery only', () => {
  const one = created(object('shop/a.csv'));
  test.each([
    ['told twice', one, true],
    ['another key', created(object('shop/b.csv')), false],
    ['another version', created(object('shop/a.csv', { 'version-id': 'other' })), false],
    ['another time', created(object('shop/a.csv'), '2026-11-21T10:00:06Z'), false],
    ['the same time in another zone', created(object('shop/a.csv'), '2026-11-21T11:00:05+01:00'), true],
  ])('%s', async (_what, other, isSame) => {
    captureLogs();
    await call(one, other);
    const [a, b] = inputs().map(({ name }) => name);
    expect(a === b).toBe(isSame);
  });

  test.each([
    ['the ETag where the bucket keeps no versions', { 'version-id': undefined }, 'e=abc'],
    ['nothing where the event tells nothing', { 'version-id': undefined, etag: undefined }, undefined],
  ])('the version is %s', async (_what, more, version) => {
    captureLogs();
    await call(created(object('shop/a.csv', more)));
    expect(inputs()[0]?.start.objects[0]?.version).toBe(version);
  });
});

describe('nothing is started for', () => {
  test.each([
    ['a folder marker', object('shop/2026/', { size: 0 }), 'Object ignored: it marks a folder'],
    ['a name that no source takes', object('shop/readme.txt'), 'no source of the pipeline takes it'],
    ['a prefix that no source takes', object('shopping/a.csv'), 'no source of the pipeline takes it'],
  ])('%s', async (_what, of, words) => {
    const logs = captureLogs();
    await expect(call(created(of))).resolves.toEqual(back());
    expect(sfn.calls()).toEqual([]);
    expect(logs.messages()).toEqual([expect.stringContaining(words)]);
    expect(logs.lines()[0]).toMatchObject({ object: { bucket: 'landing', key: of.key, size: of.size } });
  });

  test.each([
    ['no JSON', 'seeded{'],
    ['another event', created(object('shop/a.csv')).replace('Object Created', 'Object Deleted')],
    ['no key', created({ size: 1, seeded: 'seeded' })],
    ['no time', created(object('shop/a.csv'), 'yesterday')],
  ])('%s: it goes to the dead letters, and the others are started', async (_what, body) => {
    const logs = captureLogs();
    await expect(call(body, created(object('shop/a.csv')))).resolves.toEqual(back('m0'));
    expect(inputs()).toHaveLength(1);
    expect(logs.lines()[0]).toMatchObject({ level: 'ERROR', messageId: 'm0' });
    expect(logs.text()).not.toMatch(/seeded|192\.0\.2\.7/);
  });
});

describe('open runs are bounded', () => {
  const three = ['a', 'b', 'c', 'd'].map((key) => created(object(`shop/${key}.csv`)));
  test.each([
    [0, 3, back('m3')],
    [2, 1, back('m1', 'm2', 'm3')],
    [3, 0, back('m0', 'm1', 'm2', 'm3')],
    [50, 0, back('m0', 'm1', 'm2', 'm3')],
  ])('%i open: %i started, the rest goes back', async (n, started, answer) => {
    captureLogs();
    open(n);
    await expect(call(...three)).resolves.toEqual(answer);
    expect(inputs()).toHaveLength(started);
  });

  test('what needs no run does not wait for one', async () => {
    captureLogs();
    open(3);
    await expect(call(created(object('shop/', { size: 0 })), three[0]!)).resolves.toEqual(back('m1'));
  });
});

describe('Step Functions refuses', () => {
  const two = [created(object('shop/a.csv')), created(object('shop/b.csv'))];
  test.each([
    ['throttled: the rest is not tried', error('ThrottlingException'), back('m0', 'm1'), 1],
    ['broken: the rest is not tried', error('InternalError', 500), back('m0', 'm1'), 1],
    [
      'full: the rest is not tried',
      new ExecutionLimitExceeded({ message: 'full', $metadata: {} }),
      back('m0', 'm1'),
      1,
    ],
    ['for one object: the other is tried', error('InvalidExecutionInput'), back('m0'), 2],
  ])('%s', async (_what, refusal, answer, tried) => {
    const logs = captureLogs();
    sfn.on(StartExecutionCommand).rejectsOnce(refusal).resolves({});
    await expect(call(...two)).resolves.toEqual(answer);
    expect(inputs()).toHaveLength(tried);
    expect(logs.messages()[0]).toBe('The run of an object could not be started; it comes again.');
  });

  test('to count: nothing is started, all comes again', async () => {
    captureLogs();
    sfn.on(ListExecutionsCommand).rejects(error('ThrottlingException'));
    await expect(call(...two)).resolves.toEqual(back('m0', 'm1'));
    expect(inputs()).toEqual([]);
  });

  test('because the delivery has its execution: that is success, and takes no place', async () => {
    const logs = captureLogs();
    await call(two[0]!);
    const [first] = inputs();
    sfn.reset();
    open(2);
    sfn.on(StartExecutionCommand).rejectsOnce(exists).resolves({});
    sfn.on(DescribeExecutionCommand).resolves({ input: JSON.stringify(first?.start) });
    await expect(call(...two)).resolves.toEqual(back());
    expect(logs.messages()).toContain('Told again: the object has its run');
  });

  test('because another object has the name: it gets a name of its own, and is not lost', async () => {
    captureLogs();
    await call(created(object('shop/other.csv')));
    const [other] = inputs();
    sfn.reset();
    open(0);
    sfn.on(StartExecutionCommand).rejectsOnce(exists).resolves({});
    sfn.on(DescribeExecutionCommand).resolves({ input: JSON.stringify(other?.start) });
    await expect(call(two[0]!)).resolves.toEqual(back());
    const [a, b] = inputs();
    expect(b?.name).toBe(`${a?.name}-2`);
    expect(b?.start.execution).toBe(b?.name);
  });
});

test.each([
  ['a call that is no batch', { SLUICE_ENV: 'dev' }, { Records: 'none' }, /What starter was called with/],
  ['a wrong environment', { SLUICE_STATE_MACHINE: 'shop' }, { Records: [] }, /SLUICE_STATE_MACHINE/],
])('%s fails with what is wrong', async (_what, env, event, words) => {
  captureLogs();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  await expect(handler(event, context())).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringMatching(words),
  });
});
