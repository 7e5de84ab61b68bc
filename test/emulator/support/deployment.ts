/** The app of this repository, bootstrapped and deployed to the emulator as a person would, and its command line. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { SFNClient } from '@aws-sdk/client-sfn';
import { openDeployed, type Deployed } from '../../../runtime/aws/deployed.ts';
import { askEmulator, setVariables } from './ask-emulator.ts';

const root = join(import.meta.dirname, '..', '..', '..');

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Deployment extends Deployed {
  readonly sfn: SFNClient;
  /** Seconds that bootstrapping and deploying took. */
  readonly seconds: readonly [bootstrap: number, deploy: number];
  /** `sluice`, as a process of its own in the folder. */
  sluice(...words: string[]): Promise<Said>;
}

/** @param folder takes everything that is written. */
export async function deploy(folder: string): Promise<Deployment> {
  const context = arch() === 'x64' ? ['-c', 'arch=x86_64'] : [];
  const env = await toolEnvironment(folder);
  const cdk = async (...words: string[]): Promise<number> => {
    const began = performance.now();
    const program = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    const given = [program, ...words, ...context, '--output', join(folder, 'cdk.out'), '--no-notices'];
    const said = await finished(given, root, env);
    if (said.code !== 0)
      throw new Error(`cdk ${words.join(' ')} ended with ${said.code}:\n${said.err}${said.out}`);
    return (performance.now() - began) / 1000;
  };
  const bootstrap = await cdk('bootstrap', 'aws://000000000000/us-east-1');
  const deployed = await cdk('deploy', '--all', '--require-approval', 'never');
  return {
    ...(await openDeployed('dev')),
    sfn: new SFNClient({}),
    seconds: [bootstrap, deployed],
    sluice: (...words) => finished([join(root, 'bin', 'sluice.ts'), ...words], folder, env),
  };
}

/**
 * Fits a pipeline to a machine of two processors: six runs at once in the place of twenty, and objects that could not be
 * started come again after five seconds, not after a minute, which the test would only wait for.
 */
export async function fitToMachine(pipeline: string, openRuns = 6): Promise<void> {
  await setVariables(`sluice-dev-${pipeline}-starter`, { SLUICE_OPEN_RUNS: String(openRuns) });
  const Attributes = { VisibilityTimeout: '5' };
  await askEmulator('sqs', 'SetQueueAttributes', { QueueUrl: await queueUrl(pipeline), Attributes });
}

/** Messages that tell of dropped objects and were not dealt with. */
export async function waitingObjects(pipeline: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
  const asked = { QueueUrl: await queueUrl(pipeline), AttributeNames: names };
  const { Attributes } = await askEmulator<{ Attributes: Record<string, string> }>(
    'sqs',
    'GetQueueAttributes',
    asked,
  );
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

async function queueUrl(pipeline: string): Promise<string> {
  const QueueName = `sluice-dev-${pipeline}-objects`;
  return (await askEmulator<{ QueueUrl: string }>('sqs', 'GetQueueUrl', { QueueName })).QueueUrl;
}

/** What the functions of a pipeline logged last; what cannot be had is said. */
export async function logsOf(pipeline: string): Promise<string> {
  const functions = ['starter', 'ingest', 'transform', 'validate', 'load', 'settle'];
  const logs = functions.map(async (name) => {
    const logGroupName = `/sluice/dev/${pipeline}/${name}`;
    type Events = { readonly events: readonly { readonly message: string }[] };
    const lines = await askEmulator<Events>('logs', 'FilterLogEvents', { logGroupName, limit: 10_000 }).then(
      ({ events }) =>
        events.map(({ message }) => message).filter((line) => !/^(START|END|REPORT) /.test(line)),
      (error: unknown) => [String(error)],
    );
    return [`--- ${logGroupName}`, ...lines.slice(-40)].join('\n');
  });
  return (await Promise.all(logs)).join('\n');
}

/** No account, profile or home of this machine's user is read or written. */
async function toolEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  return {
    ...process.env,
    HOME: home,
    TMPDIR: home,
    CDK_HOME: home,
    AWS_CONFIG_FILE: join(home, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CI: 'true',
    NO_COLOR: '1',
  };
}

async function finished(words: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Said> {
  const child = spawn(process.execPath, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}
