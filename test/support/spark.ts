/** A second independent reader of our tables: delta-spark, in a virtual environment of its own, as one process. */

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Row } from './deltalake.ts';

const PACKAGES = ['delta-spark==4.0.0', 'pyspark==4.0.0'];
/** For the packages of Python, and then for the start of Spark with its own, which come from Maven Central. */
const INSTALL_MS = 300_000;
const START_MS = 120_000;

const run = promisify(execFile);
const here = import.meta.dirname;

export interface SparkVersion {
  readonly rows: readonly Row[];
  /** The columns in the form of Delta Lake's log. */
  readonly schema: readonly Row[];
}

export interface SparkReader {
  /** The table in each of these versions. */
  read(uri: string, versions: readonly number[]): Promise<Readonly<Record<number, SparkVersion>>>;
  close(): void;
}

/**
 * Installs and starts Spark. @param folder where it may leave files.
 * @returns why it cannot be had, in one line that is also printed, where it cannot.
 */
export async function sparkReader(folder: string): Promise<SparkReader | string> {
  try {
    await run('java', ['-version']);
    const cache = join(here, '..', '..', '.cache', PACKAGES.join('-').replaceAll('==', '-'));
    const install = [join(here, 'python-install.py'), cache, ...PACKAGES];
    const { stdout } = await run('python3', install, { timeout: INSTALL_MS });
    return await started(stdout.trim(), folder);
  } catch (cause) {
    const missing = `delta-spark could not be had: ${reasonOf(cause)}; tables were not read by Spark`;
    console.warn(missing);
    return missing;
  }
}

async function started(python: string, folder: string): Promise<SparkReader> {
  const child = spawn(python, [join(here, 'spark-read.py'), join(folder, 'warehouse')], {
    cwd: folder,
    env: { ...process.env, TZ: 'America/New_York' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (block: Buffer) => (said = (said + block.toString()).slice(-10_000)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const late = setTimeout(() => child.kill(), START_MS);
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`Spark ended: ${lastLine(said)}`);
    return String(value);
  };
  await next().finally(() => clearTimeout(late));
  return {
    async read(uri, versions) {
      child.stdin.write(`${JSON.stringify({ uri, versions })}\n`);
      const told = JSON.parse(await next()) as Record<number, SparkVersion> & { readonly error?: string };
      if (told.error !== undefined) throw new Error(told.error);
      return told;
    },
    close: () => end(child),
  };
}

const end = (child: ChildProcess): void => void child.stdin?.end();

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

function reasonOf(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return lastLine(stderr?.trim() || message);
}
