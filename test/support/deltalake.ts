/** An independent reader of our tables: the Python package deltalake (delta-rs), in a virtual environment of its own. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
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
}

/** The reader, installed on first use. Where that fails, one visible line says so, and `missing` why. */
export async function independentReader(): Promise<IndependentReader> {
  try {
    const install = [join(here, 'python-install.py'), cache, ...PACKAGES];
    const { stdout } = await run('python3', install, { timeout: 300_000 });
    return { missing: undefined, readTable: (uri, request) => readTable(stdout.trim(), uri, request) };
  } catch (cause) {
    const missing = `deltalake could not be installed: ${reasonOf(cause)}; tables were not read by an independent reader`;
    console.warn(missing);
    return { missing, readTable: () => Promise.reject(new Error(missing)) };
  }
}

async function readTable(python: string, uri: string, request: ReadRequest = {}): Promise<ReadTable> {
  const asked = JSON.stringify({
    filters: [],
    queries: [],
    rows: true,
    versions: [],
    checkpoint: false,
    ...request,
    uri,
  });
  const { stdout } = await run(python, [join(here, 'deltalake-read.py'), asked], {
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, TZ: 'America/New_York' },
  });
  return JSON.parse(stdout) as ReadTable;
}

function reasonOf(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').at(-1)!;
}
