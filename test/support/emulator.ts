/** An emulator of AWS: the one that AWS_ENDPOINT_URL names, or MiniStack in a virtual environment of its own. */

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const PACKAGE = 'ministack==1.5.33';

const run = promisify(execFile);
const here = import.meta.dirname;
const cache = join(here, '..', '..', '.cache', PACKAGE.replace('==', '-'));

export interface Emulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** What any tool of AWS needs in its environment to talk to an emulator. */
export const emulatorEnvironment = (endpoint: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/**
 * An emulator that answers. One that was given is left running.
 * @returns why there is none, in a sentence, only where its package cannot be installed.
 */
export async function startEmulator(): Promise<Emulator | { readonly unavailable: string }> {
  const given = process.env['AWS_ENDPOINT_URL'];
  if (given) return { endpoint: given, stop: () => Promise.resolve() };
  let python: string;
  try {
    const install = [join(here, 'python-install.py'), cache, PACKAGE];
    python = (await run('python3', install, { timeout: 300_000 })).stdout.trim();
  } catch (cause) {
    return { unavailable: `${PACKAGE} could not be installed (${reasonOf(cause)})` };
  }
  return startMiniStack(python);
}

async function startMiniStack(python: string): Promise<Emulator> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-emulator-'));
  const child = spawn(python, ['-m', 'ministack'], {
    env: {
      ...withoutAws(process.env),
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      S3_DATA_DIR: join(folder, 's3'),
      STATE_DIR: join(folder, 'state'),
      TMPDIR: folder,
      PYTHONUNBUFFERED: '1',
      // Its Lambda functions run on the first Node of the path: the one that runs this.
      PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await isRunning(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint: `http://127.0.0.1:${port}`, stop };
}

/** Until it says that it listens; what it says later is read and let go, so that it never waits for a reader. */
async function isRunning(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface(stream).on('line', (line) => {
        if (said.length < 200) said.push(line);
        if (line.includes('Running on http')) resolve();
      });
    }
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`The emulator ended with ${code} before it ran:\n${said.slice(-20).join('\n')}`)),
    );
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Settings of a real account are none of the emulator's. */
const withoutAws = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')));

function reasonOf(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').at(-1)!;
}
