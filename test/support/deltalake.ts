/** An independent reader of our tables: the Python package deltalake (delta-rs), in a virtual environment of its own. */

import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const PACKAGES = ['deltalake==1.6.6', 'pyarrow==26.0.1'];

const run = promisify(execFile);
const here = import.meta.dirname;
const cache = join(here, '..', '..', '.cache', PACKAGES.join('-').replaceAll('==', '-'));

export type Row = Readonly<Record<string, unknown>>;

export interface ReadRequest {
  /** For its reader over Arrow: each a list of conditions (column, operator, value), all of which must hold. */
  readonly filters?: readonly (readonly (readonly [string, string, unknown])[])[];
  /** For its reader over DataFusion: SQL over the table `t`. */
  readonly queries?: readonly string[];
  /** Whether to read all rows too. Default: true. */
  readonly rows?: boolean;
  /** Versions to read all rows of. */
  readonly versions?: readonly number[];
  /** Whether to write a checkpoint of the newest version first. Default: false. */
  readonly checkpoint?: boolean;
}

/**
 * A table as the reader sees it. Decimals and integers past 2^53 are texts, timestamps ISO in UTC with microseconds,
 * binary hexadecimal digits.
 */
export interface ReadTable {
  readonly version: number;
  readonly rows: readonly Row[];
  readonly schema: { readonly fields: readonly Row[] };
  readonly files: readonly string[];
  readonly description: string | null;
  readonly partitionColumns: readonly string[];
  /** What each of the request's filters and queries found. */
  readonly filtered: readonly (readonly Row[])[];
  readonly queried: readonly (readonly Row[])[];
  readonly versions: Readonly<Record<number, readonly Row[]>>;
}

export interface IndependentReader {
  /** Why it cannot be had, in a sentence; undefined where it can. */
  readonly missing: string | undefined;
  readTable(uri: string, request?: ReadRequest): Promise<ReadTable>;
  /** One process that answers many requests, one after another, and writes too. */
  open(): Neighbour;
}

/** What it writes before it reads: all in commits of its own. */
export interface WriteRequest {
  /** Rows to add; a column that a row lacks is null. Values are those of Python's own types. */
  readonly append?: readonly Row[];
  /** The condition of the rows to delete, in SQL. */
  readonly delete?: string;
  /** Whether to put small files together. */
  readonly optimize?: boolean;
}

/** Another reader and writer of our tables. */
export interface Neighbour {
  ask(uri: string, request?: ReadRequest & WriteRequest): Promise<ReadTable>;
  close(): void;
}

/** The reader, installed on first use. Where that fails, one visible line says so, and `missing` why. */
export async function independentReader(): Promise<IndependentReader> {
  try {
    const install = [join(here, 'python-install.py'), cache, ...PACKAGES];
    const { stdout } = await run('python3', install, { timeout: 300_000 });
    const python = stdout.trim();
    return {
      missing: undefined,
      readTable: (uri, request) => readTable(python, uri, request),
      open: () => openNeighbour(python),
    };
  } catch (cause) {
    const missing = `deltalake could not be installed: ${reasonOf(cause)}; tables were not read by an independent reader`;
    console.warn(missing);
    const refuse = (): never => {
      throw new Error(missing, { cause });
    };
    return { missing, readTable: async () => refuse(), open: refuse };
  }
}

const program = join(here, 'deltalake-read.py');
const environment = { ...process.env, TZ: 'America/New_York' };

const asked = (uri: string, request: ReadRequest & WriteRequest): string =>
  JSON.stringify({ filters: [], queries: [], rows: true, versions: [], checkpoint: false, ...request, uri });

async function readTable(python: string, uri: string, request: ReadRequest = {}): Promise<ReadTable> {
  const { stdout } = await run(python, [program, asked(uri, request)], {
    maxBuffer: 256 * 1024 * 1024,
    env: environment,
  });
  return JSON.parse(stdout) as ReadTable;
}

function openNeighbour(python: string): Neighbour {
  const child = spawn(python, [program], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(uri, request = {}) {
      child.stdin.write(`${asked(uri, request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The process of deltalake ended.');
      const told = JSON.parse(value) as ReadTable & { readonly error?: string };
      if (told.error !== undefined) throw new Error(told.error);
      return told;
    },
    close: () => void child.stdin.end(),
  };
}

function reasonOf(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').at(-1)!;
}
