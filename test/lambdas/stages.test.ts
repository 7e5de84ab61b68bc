/** The stages as functions of Lambda, with the real state machine around them and a laptop's world inside. */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { handler as ingest } from '../../lambdas/ingest.ts';
import { handler as load } from '../../lambdas/load.ts';
import { lastMsOf } from '../../lambdas/handler-of.ts';
import { stage } from '../../lambdas/stage.ts';
import { handler as transform } from '../../lambdas/transform.ts';
import { handler as validate } from '../../lambdas/validate.ts';
import { EngineError, ObjectRejectedError, TransientError } from '../../core/errors.ts';
import { runMachine, type Asl, type MachineResult } from '../../runtime/local/machine.ts';
import { chunkTaskSchema } from '../../runtime/values.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { captureLogs, context, shop } from './shop.ts';

const made = vi.hoisted(() => ({ world: undefined as unknown }));
vi.mock('#pipeline', async () => ({ pipeline: (await import('./shop.ts')).shop }));
vi.mock('../../runtime/aws/world.ts', () => ({ awsWorld: () => made.world }));

let sandbox: Sandbox;
let asl: Asl;

beforeAll(async () => {
  sandbox = await openSandbox();
  made.world = sandbox.world;
  // As a process leaves it that Lambda ended in the middle of its work.
  await mkdir(sandbox.world.scratch, { recursive: true });
  await writeFile(join(sandbox.world.scratch, 'left.parquet'), 'of an earlier run');
  const file = new URL('../../statemachines/batch.asl.json', import.meta.url);
  asl = JSON.parse(await readFile(file, 'utf8')) as Asl;
});
afterAll(() => sandbox.close());

async function drop(name: string, content: string): Promise<MachineResult> {
  const uri = join(sandbox.folder, 'in', name);
  await mkdir(join(sandbox.folder, 'in'), { recursive: true });
  await writeFile(uri, content);
  const start = {
    pipeline: 'shop',
    execution: `shop-${name.replace('.csv', '')}`,
    objects: [{ uri }],
    startedAt: '2026-11-21T10:00:00.000Z',
  };
  const handlers = {
    IngestFunction: (input: unknown) => ingest(input, context()),
    TransformFunction: (input: unknown) => transform(input, context()),
    ValidateFunction: (input: unknown) => validate(input, context()),
    LoadFunction: (input: unknown) => load(input, context()),
  };
  return runMachine(asl, handlers, start, { execution: start.execution, concurrency: 1, retryDelays: 0 });
}

const header = 'id,email,amount\n';
const PERSONAL = ['seeded.ann@example.com', 'seeded.bob at example.com', 'seeded.eve@example.com'];
const [ann, bob, eve] = PERSONAL;
const mixed = `${header}1,${ann},50\n2,${bob},50\n3,${eve},5000\n4,${ann},1\n`;

describe('an object goes its way', () => {
  test.each([
    [
      'mixed.csv',
      mixed,
      'succeeded',
      undefined,
      ['ingest', 'transform', 'validate', 'load'],
      'published-with-rejects',
    ],
    ['same.csv', mixed, 'succeeded', undefined, ['ingest'], 'duplicate'],
    [
      'bad.csv',
      `${header}1,${bob},1\n2,${bob},2\n3,${eve},3\n`,
      'failed',
      'HeldByQualityGate',
      ['ingest', 'transform', 'validate'],
      'held',
    ],
    ['headless.csv', `1,${ann},50\n2,${eve},60\n`, 'failed', 'ObjectRejected', ['ingest'], 'rejected'],
  ] as const)('%s', async (name, content, status, error, stages, settled) => {
    const logs = captureLogs();
    const ended = await drop(name, content);
    expect([ended.status, ended.error]).toEqual([status, error]);
    expect(logs.messages()).toEqual(
      stages.flatMap((one, i) => [
        `${one} started`,
        ...(i === stages.length - 1 ? [`Run settled: ${settled}`] : []),
        `${one} finished`,
      ]),
    );
    for (const line of logs.lines()) {
      expect(line).toMatchObject({ pipeline: 'shop', execution: `shop-${name.replace('.csv', '')}` });
    }
    expect(logs.lines().at(-1)?.['run']).toMatch(/^shop-20261121T100000Z-[0-9a-f]{8}/);
    for (const value of PERSONAL) expect(logs.text()).not.toContain(value);
  });

  test('what an earlier process left on the disk is gone', async () => {
    const own = String(process.pid);
    expect(await readdir(sandbox.world.scratch)).toEqual([own]);
    expect(await readdir(join(sandbox.world.scratch, own))).toEqual([]);
  });

  test('rows and rejects are where they belong, and the seeds were there to be told', async () => {
    expect(await sandbox.table('shop', 'id')).toHaveLength(2);
    expect((await sandbox.quarantine()).map(({ text }) => text).join()).toContain(eve);
  });
});

/** A stage whose work throws. */
const failing = (error: unknown) =>
  stage(
    { name: 'transform', pipeline: shop, input: chunkTaskSchema, work: () => Promise.reject(error) },
    () => sandbox.world,
  );

describe('what a stage throws', () => {
  const task = { manifest: 's3://lake/shop/execution-1/manifest.json', chunk: 3 };
  const withCause = new TransientError(`S3 is slow\nrow '${ann}'`, { cause: new Error(`of ${eve}`) });

  test.each([
    ['its name, without what lies behind it', withCause, 'TransientError', 'S3 is slow'],
    [
      'an error of the engine without values',
      new EngineError(`Cannot cast '${ann}'`),
      'EngineError',
      "Cannot cast '…'",
    ],
    [
      'a name of its own, without other properties',
      Object.assign(new ObjectRejectedError('object.header', `found "${eve}"`), { row: bob }),
      'ObjectRejectedError',
      "found '…'",
    ],
    ['a message that looks like a stack', new EngineError(`Broken\n    at ${eve}`), 'EngineError', 'Broken'],
    ['no error at all', eve, 'Error', 'Something was thrown that is no error: string.'],
  ])('%s', async (_what, error, name, message) => {
    const logs = captureLogs();
    const thrown: Error = await failing(error)(task, context()).catch((caught: unknown) => caught as Error);
    expect([thrown.name, thrown.message]).toEqual([name, message]);
    expect(Object.keys(thrown).filter((key) => key !== 'name')).toEqual([]);
    expect(thrown.cause).toBeUndefined();
    const told = `${thrown.stack}${logs.text()}`;
    for (const value of PERSONAL) expect(told).not.toContain(value);
    expect(logs.lines().at(-1)).toMatchObject({
      level: 'ERROR',
      message: 'transform failed',
      stage: 'transform',
      execution: 'execution-1',
      error: { name, message },
    });
    // Without this an error would tell no more than its name.
    expect(thrown.stack).toMatch(error instanceof Error ? /\n +at .*stages\.test\.ts/ : /\n +at .*lambdas/);
  });

  test('an input that the state machine does not give, by its form and not by its values', async () => {
    captureLogs();
    const called = failing(new Error('not reached'))({ manifest: 7, chunk: ann }, context());
    await expect(called).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('manifest'),
    });
    await expect(called).rejects.not.toMatchObject({ message: expect.stringContaining(String(ann)) });
  });

  test('a message of any length as far as Step Functions takes it', async () => {
    captureLogs();
    const thrown = await failing(new EngineError('x'.repeat(50_000)))(task, context()).catch((e: Error) => e);
    expect(Buffer.byteLength(JSON.stringify([thrown.message, thrown.stack]))).toBeLessThan(32_768);
    expect(thrown.message).toMatch(/… \(42000 more characters\)$/);
  });
});

test.each([
  ['a function that is traced', 'AWS_Lambda_nodejs24.x', ['## transform']],
  ['another process', undefined, []],
])('a part of a trace is begun in %s: %s', async (_what, lambda, parts) => {
  captureLogs();
  vi.stubEnv('AWS_EXECUTION_ENV', lambda);
  vi.stubEnv('AWS_XRAY_CONTEXT_MISSING', 'IGNORE_ERROR');
  // It says that this process has no trace.
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const begun = vi.spyOn(
    Object.getPrototypeOf(new Tracer().provider) as Tracer['provider'],
    'captureAsyncFunc',
  );
  await failing(new Error('x'))({}, context()).catch(() => undefined);
  expect(begun.mock.calls.map(([name]) => name)).toEqual(parts);
  for (const spy of [begun, warned]) spy.mockRestore();
  vi.unstubAllEnvs();
});

test('a call says that its end is near, before Lambda ends it, and goes on', async () => {
  const logs = captureLogs();
  const slow = stage(
    {
      name: 'load',
      pipeline: shop,
      input: chunkTaskSchema,
      work: async () => {
        await vi.waitFor(() => expect(logs.text()).toContain('less than 0.05 seconds left'));
        return { status: 'published' };
      },
    },
    () => sandbox.world,
  );
  await expect(slow({ manifest: '/a/b.json', chunk: 0 }, context(500))).resolves.toEqual({
    status: 'published',
  });
  expect(logs.messages().at(-1)).toBe('load finished');
});

test('a call that has seconds only does not say so from its start', () => {
  expect([900_000, 300_000, 100_000, 10_000, 0].map(lastMsOf)).toEqual([10_000, 10_000, 10_000, 1_000, 0]);
});

test('keys of one call do not stay for the next', async () => {
  const logs = captureLogs();
  await failing(new Error('first'))({ manifest: '/w/one/manifest.json', chunk: 0 }, context()).catch(
    () => undefined,
  );
  const before = logs.lines().length;
  await failing(new Error('second'))({}, context()).catch(() => undefined);
  const later = logs.lines().slice(before);
  expect(later).toHaveLength(1);
  expect(later[0]).not.toHaveProperty('execution');
});
