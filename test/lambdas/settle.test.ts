/** Executions that ended badly, settled from what they left, in a laptop's world. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TransientError } from '../../core/errors.ts';
import type { Described } from '../../runtime/aws/executions.ts';
import { handler } from '../../lambdas/settle.ts';
import { failureOf } from '../../lambdas/settle-execution.ts';
import { ingest } from '../../runtime/ingest.ts';
import { load } from '../../runtime/load.ts';
import { placesOf } from '../../runtime/staging.ts';
import { transform } from '../../runtime/transform.ts';
import { validate } from '../../runtime/validate.ts';
import type { Ingested } from '../../runtime/values.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { captureLogs, context, environment, shop, STATE_MACHINE } from './shop.ts';

const made = vi.hoisted(() => ({ world: undefined as unknown }));
vi.mock('#pipeline', async () => ({ pipeline: (await import('./shop.ts')).shop }));
vi.mock('../../lambdas/container-world.ts', () => ({ containerWorld: () => made.world }));

const sfn = mockClient(SFNClient);
let sandbox: Sandbox;

beforeEach(async () => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  sfn.reset();
  sandbox = await openSandbox();
  made.world = sandbox.world;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

const NAME = 'shop-20261121T100000Z-0123abcd';

async function start() {
  const uri = join(sandbox.folder, 'shop', 'a.csv');
  await mkdir(join(sandbox.folder, 'shop'), { recursive: true });
  await writeFile(uri, 'id,email,amount\n1,ann@example.com,5\n');
  return {
    pipeline: 'shop',
    execution: NAME,
    objects: [{ uri }],
    again: false,
    startedAt: '2026-11-21T10:00:00.000Z',
  };
}

/** What Step Functions says of the execution, and an event that it has ended. */
async function tell(said: Partial<Described>): Promise<void> {
  const input = JSON.stringify(await start());
  sfn.on(DescribeExecutionCommand).resolves({ name: NAME, input, ...said } as object);
  return handler({ detail: { name: NAME, status: said.status, input: null, error: null } }, context());
}

const throttled = JSON.stringify({
  errorType: 'TransientError',
  errorMessage: 'S3 said SlowDown',
  trace: ['x'],
});
const history = () => sandbox.world.ledger.history('shop', 10);

test.each([
  [
    'failed',
    { status: 'FAILED', error: 'TransientError', cause: throttled },
    'TransientError',
    'S3 said SlowDown',
  ],
  ['failed without a word', { status: 'FAILED' }, 'Failed', 'did not say why'],
  ['timed out', { status: 'TIMED_OUT' }, 'TimedOut', 'not done in the time'],
  ['aborted', { status: 'ABORTED', error: '', cause: 'by Eve' }, 'Aborted', 'stopped by somebody. by Eve'],
] as const)(
  '%s in the middle: the attempt is settled, once, and the content free',
  async (_what, said, name, words) => {
    const logs = captureLogs();
    const { run } = await ingest(sandbox.world, shop, await start());
    await tell(said);
    expect(await history()).toMatchObject([
      { run, status: 'failed', error: { name, message: expect.stringContaining(words) } },
    ]);
    expect(await Array.fromAsync(sandbox.world.ledger.unsettled('shop'))).toEqual([]);
    expect(logs.messages()).toEqual(['Run settled: failed']);
    const error = { name, message: expect.stringContaining(words) };
    expect(logs.lines()).toMatchObject([{ settled: { run, status: 'failed', error } }]);
    await tell(said);
    expect(await history()).toHaveLength(1);
    expect(logs.messages().slice(1)).toEqual([expect.stringContaining('Nothing to settle')]);
    const again = await sandbox.run(shop, 'b.csv', 'id,email,amount\n1,ann@example.com,5\n');
    expect(again).toMatchObject({ status: 'published', attempt: 2 });
  },
);

test('failed before the content was registered: a run of its own says so', async () => {
  captureLogs();
  await tell({ status: 'FAILED', error: 'States.Timeout', cause: '' });
  await tell({ status: 'FAILED', error: 'States.Timeout', cause: '' });
  expect(await history()).toMatchObject([
    { status: 'failed', owner: NAME, error: { name: 'States.Timeout' } },
  ]);
});

describe('a run that came to its end stays as it is', () => {
  async function whole(): Promise<Ingested> {
    const { world } = sandbox;
    const ingested = await ingest(world, shop, await start());
    await transform(world, shop, { manifest: ingested.manifest, chunk: 0 });
    await validate(world, shop, ingested);
    return ingested;
  }

  test('published, and the last answer was lost', async () => {
    captureLogs();
    await load(sandbox.world, shop, await whole());
    await tell({ status: 'FAILED', error: 'Lambda.Unknown', cause: '' });
    expect(await history()).toMatchObject([{ status: 'published' }]);
    expect(await sandbox.table('shop')).toHaveLength(1);
  });

  test('decided, and not carried out: it is carried out', async () => {
    captureLogs();
    const ingested = await whole();
    const { world } = sandbox;
    let calls = 0;
    const broken = {
      ...world,
      ledger: { ...world.ledger, settle: () => Promise.reject(new TransientError(`down ${++calls}`)) },
    };
    await expect(load(broken, shop, ingested)).rejects.toThrow(/decided \(publish\)/);
    await tell({ status: 'ABORTED' });
    expect(calls).toBeGreaterThan(0);
    expect(await history()).toMatchObject([{ status: 'published' }]);
  });

  test('settled, and what it left is still there: that is removed', async () => {
    captureLogs();
    const { world } = sandbox;
    const ingested = await ingest(world, shop, await start());
    const { subject } = placesOf(world, 'shop', NAME);
    const left = await readFile(subject);
    await tell({ status: 'FAILED' });
    await mkdir(dirname(subject), { recursive: true });
    await writeFile(subject, left);
    await tell({ status: 'FAILED' });
    expect(await world.files.stat(subject)).toBeUndefined();
    expect(await history()).toMatchObject([{ run: ingested.run, status: 'failed' }]);
  });

  test.each([
    ['held', { status: 'FAILED', error: 'HeldByQualityGate', cause: 'too many' }],
    ['rejected', { status: 'FAILED', error: 'ObjectRejected', cause: 'object.header: none' }],
    ['published', { status: 'SUCCEEDED' }],
    ['redriven, and running again', { status: 'RUNNING', error: 'TransientError' }],
  ] as const)('%s', async (_what, said) => {
    const logs = captureLogs();
    await ingest(sandbox.world, shop, await start());
    await tell(said);
    expect(await history()).toEqual([]);
    expect(await Array.fromAsync(sandbox.world.ledger.unsettled('shop'))).toHaveLength(1);
    expect(logs.messages()).toEqual([`Nothing to settle: the execution is ${said.status}.`]);
  });
});

test('what nothing can be done with fails, so that it ends among the dead letters', async () => {
  captureLogs();
  const name = 'UsageError';
  await expect(handler({ detail: {} }, context())).rejects.toMatchObject({ name });
  await expect(tell({ status: 'FAILED', input: '{"by":"hand"}' })).rejects.toMatchObject({ name });
  await expect(tell({ status: 'FAILED', input: undefined })).rejects.toMatchObject({ name });
  sfn.on(DescribeExecutionCommand).rejects(new ExecutionDoesNotExist({ message: 'gone', $metadata: {} }));
  await expect(handler({ detail: { name: NAME } }, context())).rejects.toMatchObject({ name });
  expect(sfn.commandCalls(DescribeExecutionCommand)[0]?.args[0].input.executionArn).toBe(
    `${STATE_MACHINE.replace('stateMachine', 'execution')}:${NAME}`,
  );
  expect(await history()).toEqual([]);
});

test.each([
  [
    'a name of an emulator, beside the true one',
    { error: 'Runtime.HandlerError', cause: throttled },
    'TransientError',
  ],
  ['a cause that is cut', { error: 'EngineError', cause: throttled.slice(0, 40) }, 'EngineError'],
  ['no name', { cause: '{"errorMessage":"Task timed out"}' }, 'Failed'],
])('the name of an error: %s', (_what, said, name) => {
  const failure = failureOf({ name: NAME, status: 'FAILED', ...said });
  expect(failure.name).toBe(name);
  expect(failure.message).not.toBe('');
});
