/**
 * How fast a whole run is, against the engine alone and against row-by-row code: `npm run bench` prints a table and
 * writes `bench/results.json`; with `--readme` also the marked block of the README.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFlights } from '../scripts/flights-data.ts';
import type { Case, Measured } from './cases.ts';
import { markdown, table, type Row } from './report.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'out', 'bench');
const input = join(folder, 'flights.csv');
const subset = join(folder, 'flights-300k.csv');
const SUBSET_RECORDS = 300_000;
const RUNS = 5;

mkdirSync(folder, { recursive: true });
await writeFlights(input);
writeSubset();

const measuredCases = [
  { name: 'sluice', title: 'Sluice, whole run', file: input },
  { name: 'copy', title: 'DuckDB COPY, nothing checked', file: input },
  {
    name: 'rowByRow',
    title: `csv-parse + zod, row by row (first ${SUBSET_RECORDS.toLocaleString('en-US')} records)`,
    file: subset,
  },
] as const satisfies readonly { name: Case; title: string; file: string }[];

/** In turn, so that a machine that is busy for a while slows all cases and not one. */
const taken = measuredCases.map((): Taken[] => []);
for (let round = 0; round <= RUNS; round++) {
  for (const [i, { name, title, file }] of measuredCases.entries()) {
    const one = once(name, file);
    const seconds = (one.processMs / 1000).toFixed(2);
    process.stderr.write(`${title}: ${seconds} s${round === 0 ? ' (to warm up)' : ''}\n`);
    if (round > 0) taken[i]!.push(one);
  }
}
const rows = measuredCases.map(({ name, title, file }, i) => rowOf(name, title, file, taken[i]!));
const [sluice, copy, byHand] = rows as [Row, Row, Row];
const round = (n: number): number => Math.round(n * 100) / 100;
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${process.arch}`,
  },
  versions: { node: process.versions.node, ...versions(['@duckdb/node-api', 'zod', 'csv-parse']) },
  input: { records: sluice.records, bytes: statSync(input).size },
  runs: `median of ${RUNS} in turn after one to warm up; each a process of its own with an empty folder`,
  cases: rows,
  ratios: {
    'sluice / copy, whole process': round(sluice.processMs / copy.processMs),
    'sluice / copy, work alone': round(sluice.workMs / copy.workMs),
    'row by row / sluice, work alone for each record': round(
      byHand.workMs / byHand.records / (sluice.workMs / sluice.records),
    ),
  },
};
writeFileSync(join(root, 'bench', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`${table(results)}\n`);
if (process.argv.includes('--readme')) writeReadme();

type Taken = Measured & { readonly processMs: number };

function once(name: Case, file: string): Taken {
  const fresh = join(folder, `run-${name}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const began = performance.now();
  const child = spawnSync(process.execPath, [join(root, 'bench', 'cases.ts'), name, file, fresh], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const processMs = performance.now() - began;
  rmSync(fresh, { recursive: true, force: true });
  if (child.status !== 0) throw new Error(`The case ${name} ended with ${child.status}.`);
  return { ...(JSON.parse(child.stdout) as Measured), processMs };
}

function rowOf(name: Case, title: string, file: string, all: readonly Taken[]): Row {
  const median = (of: (m: Taken) => number): number =>
    all.map(of).toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
  const processMs = median((m) => m.processMs);
  const { records } = all[0]!;
  return {
    name,
    title,
    records,
    processMs: Math.round(processMs),
    processMsOfEach: all.map((m) => Math.round(m.processMs)),
    workMs: Math.round(median((m) => m.workMs)),
    recordsPerSecond: Math.round((records / processMs) * 1000),
    mbPerSecond: Math.round(statSync(file).size / 1e6 / (processMs / 1000)),
    peakMb: Math.round(median((m) => m.peakMb)),
  };
}

function writeSubset(): void {
  if (existsSync(subset)) return;
  const bytes = readFileSync(input);
  let end = 0;
  for (let line = 0; line <= SUBSET_RECORDS; line++) end = bytes.indexOf(10, end) + 1;
  writeFileSync(subset, bytes.subarray(0, end));
}

function versions(names: readonly string[]): Record<string, string> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  return Object.fromEntries(
    names.map((name) => [name, packages[`node_modules/${name}`]?.version ?? 'unknown']),
  );
}

function writeReadme(): void {
  const path = join(root, 'README.md');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const block = /<!-- bench -->[^]*<!-- \/bench -->/;
  if (!block.test(text))
    throw new Error('README.md has no block <!-- bench --> … <!-- /bench --> to write to.');
  writeFileSync(
    path,
    text.replace(block, () => `<!-- bench -->\n\n${markdown(results)}\n\n<!-- /bench -->`),
  );
}
