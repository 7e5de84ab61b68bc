/**
 * How fast a whole run is, against the engine alone and against row-by-row code: `npm run bench` prints a table and
 * writes `bench/results.json`; with `--readme` also the marked block of the README.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
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
const RUNS = 3;

mkdirSync(folder, { recursive: true });
await writeFlights(input);
writeSubset();

const rows: Row[] = [
  measure('sluice', 'Sluice, whole run', input),
  measure('copy', 'DuckDB COPY, nothing checked', input),
  measure(
    'rowByRow',
    `csv-parse + zod, row by row (first ${SUBSET_RECORDS.toLocaleString('en-US')} records)`,
    subset,
  ),
];
const [sluice, copy, byHand] = rows as [Row, Row, Row];
const round = (n: number): number => Math.round(n * 100) / 100;
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()} ${process.arch}`,
  },
  versions: { node: process.versions.node, ...versions(['@duckdb/node-api', 'zod', 'csv-parse']) },
  input: { records: sluice.records, bytes: statSync(input).size },
  runs: `median of ${RUNS} after one to warm up; each a process of its own with an empty folder`,
  cases: rows,
  ratios: {
    'sluice / copy, whole process': round(sluice.processMs / copy.processMs),
    'sluice / copy, work alone': round(sluice.workMs / copy.workMs),
    'sluice / row by row, records per second': round(sluice.recordsPerSecond / byHand.recordsPerSecond),
  },
};
writeFileSync(join(root, 'bench', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`${table(results)}\n`);
if (process.argv.includes('--readme')) writeReadme();

function measure(name: Case, title: string, file: string): Row {
  const bytes = statSync(file).size;
  const taken: (Measured & { processMs: number })[] = [];
  for (let n = 0; n <= RUNS; n++) {
    const fresh = join(folder, `run-${name}`);
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    const began = performance.now();
    const child = spawnSync(process.execPath, [join(root, 'bench', 'cases.ts'), name, file, fresh], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const processMs = performance.now() - began;
    if (child.status !== 0) throw new Error(`The case ${name} ended with ${child.status}.`);
    const measured = JSON.parse(child.stdout) as Measured;
    process.stderr.write(`${title}: ${(processMs / 1000).toFixed(2)} s${n === 0 ? ' (to warm up)' : ''}\n`);
    if (n > 0) taken.push({ ...measured, processMs });
    rmSync(fresh, { recursive: true, force: true });
  }
  const median = (of: (m: (typeof taken)[number]) => number): number =>
    taken.map(of).toSorted((a, b) => a - b)[Math.floor(taken.length / 2)]!;
  const processMs = median((m) => m.processMs);
  const records = taken[0]!.records;
  return {
    name,
    title,
    records,
    processMs: Math.round(processMs),
    workMs: Math.round(median((m) => m.workMs)),
    recordsPerSecond: Math.round((records / processMs) * 1000),
    mbPerSecond: Math.round(bytes / 1e6 / (processMs / 1000)),
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
