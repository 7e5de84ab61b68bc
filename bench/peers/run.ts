/**
 * The same job in other tools: `npm run bench:peers` installs each in an environment of its own, runs its job twice, prints
 * a table and writes `results.json`; with `--docs` also the marked block of `docs/performance.md`.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asItComes } from '../started.ts';
import { EACH, ways, writeDirtyFlights } from './dirty-flights.ts';
import { peers } from './peers.ts';
import { markdown, table, writeDocs, type Results, type Row, type Run } from './report.ts';
import type { Told } from './told.ts';

/** A job that takes longer is ended, and said to have failed. */
const LONGEST_MS = 30 * 60_000;

const here = import.meta.dirname;
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'out', 'bench-peers');
const input = join(folder, 'input', 'flights-dirty.csv');

/** Nothing is told to anyone, and nothing is left outside of the folder. */
const environment = {
  ...asItComes.env,
  DLT_DATA_DIR: join(folder, 'dlt'),
  GX_ANALYTICS_ENABLED: 'False',
  RUNTIME__DLTHUB_TELEMETRY: 'false',
  SPARK_LOCAL_IP: '127.0.0.1',
};

rmSync(folder, { recursive: true, force: true });
await writeDirtyFlights(input);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const rows: Row[] = [];
const notRun: string[] = [];
measure('Sluice', version, '', process.execPath, join(here, 'sluice.ts'));
for (const { name, packages, job, didNot } of peers) {
  const python = pythonOf(name, packages);
  if (python !== undefined) measure(name, packages[0]!.split('==')[1]!, didNot, python, join(here, job));
}
const good = rows[0]?.good;
const results: Results = {
  date: new Date().toISOString().slice(0, 10),
  machine:
    `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} threads, ${Math.round(totalmem() / 1e9)} GB, ` +
    `${type()} ${process.arch}`,
  load: Math.round(Math.max(...loadavg()) * 10) / 10,
  input: `${rows[0]?.records.toLocaleString('en-US')} records, ${Math.round(statSync(input).size / 1e6)} MB of CSV; one of ${EACH} broken (${ways.join(', ')})`,
  rows: rows.map((row) => ({ ...row, differs: good === undefined ? 0 : row.good - good })),
  notRun,
};
writeFileSync(join(here, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`${table(results)}\n`);
if (process.argv.includes('--docs'))
  writeDocs(join(root, 'docs', 'performance.md'), 'bench:peers', markdown(results));
rmSync(folder, { recursive: true, force: true });

/** The interpreter of an environment with these packages, or nothing where they do not install. */
function pythonOf(name: string, packages: readonly string[]): string | undefined {
  const at = join(root, '.cache', 'peers', packages[0]!.replace(/\[.*\]/, '').replace('==', '-'));
  const install = join(root, 'test', 'support', 'python-install.py');
  try {
    return execFileSync('python3', [install, at, ...packages], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    return leaveOut(name, 'did not install', stderr || message);
  }
}

/** Runs a job as the first process of its tool, and once more. */
function measure(name: string, of: string, didNot: string, ...command: readonly [string, string]): void {
  const cold = runOnce(name, command);
  const warm = cold && runOnce(name, command);
  if (cold === undefined || warm === undefined) return;
  const { records, good: passed, bad, runtime } = warm.told;
  const runOf = ({ told, processMs }: Taken): Run => ({
    processMs: Math.round(processMs),
    workMs: Math.round(told.workMs),
    peakMb: Math.round(told.peakMb),
  });
  const numbers = { records, good: passed, bad, cold: runOf(cold), warm: runOf(warm) };
  rows.push({ name, version: of, runtime, ...numbers, differs: 0, didNot });
}

interface Taken {
  readonly told: Told;
  readonly processMs: number;
}

function runOnce(name: string, [command, script]: readonly [string, string]): Taken | undefined {
  const out = join(folder, 'job');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const began = performance.now();
  const child = spawnSync(command, [script, input, out], {
    encoding: 'utf8',
    env: environment,
    timeout: LONGEST_MS,
    maxBuffer: 2 ** 28,
  });
  const processMs = performance.now() - began;
  if (child.status !== 0)
    return leaveOut(name, 'failed', child.stderr || String(child.error ?? child.signal));
  process.stderr.write(`${name}: ${(processMs / 1000).toFixed(1)} s\n`);
  return { told: JSON.parse(child.stdout) as Told, processMs };
}

function leaveOut(name: string, how: string, why: string): undefined {
  const line = `${name} ${how}: ${why.trim().split('\n').at(-1)}`;
  process.stderr.write(`${line}\n`);
  if (!notRun.includes(line)) notRun.push(line);
}
