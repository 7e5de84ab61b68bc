/**
 * How fast a whole run is, against the engine alone and against row-by-row code: `npm run bench` prints a table and
 * writes `bench/results.json`; with `--readme` also the marked block of the README. `--runs N` takes each case N times.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Measured } from './cases.ts';
import { inputAt, type Input } from './inputs.ts';
import { markdown, table, type Row } from './report.ts';
import { asItComes, asSluice } from './started.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'out', 'bench');
const asked = process.argv.indexOf('--runs');
const RUNS = asked === -1 ? 3 : Number(process.argv[asked + 1]);

mkdirSync(folder, { recursive: true });

const measuredCases = [
  { name: 'sluice', title: 'CSV, 3 M flights', input: 'flights' },
  { name: 'copy', title: 'DuckDB COPY of it, nothing checked', input: 'flights' },
  { name: 'proof', title: 'the count, hash and checksums of it, without the engine', input: 'flights' },
  { name: 'rowByRow', title: 'csv-parse + zod, row by row, its first 300,000', input: 'flights-300k' },
  { name: 'sluiceCsv', title: 'CSV in gzip', input: 'gzip' },
  { name: 'copy', title: 'DuckDB COPY of it', input: 'gzip' },
  { name: 'sluiceJsonl', title: 'JSON lines', input: 'jsonl' },
  { name: 'copyJsonl', title: 'DuckDB COPY of it', input: 'jsonl' },
  { name: 'sluiceParquet', title: 'Parquet', input: 'parquet' },
  { name: 'copyParquet', title: 'DuckDB COPY of it', input: 'parquet' },
  { name: 'sluiceCsv', title: 'CSV, three records of ten bad', input: 'dirty' },
  { name: 'copyDirty', title: 'DuckDB COPY of what it can read of it', input: 'dirty' },
  { name: 'sluiceWide', title: 'CSV, 200,000 rows of 100 columns, 60 checks', input: 'wide' },
  { name: 'copyWide', title: 'DuckDB COPY of it', input: 'wide' },
  { name: 'sluiceCsv', title: 'CSV, 1 M flights', input: 'flights-1m' },
  { name: 'sluiceCsv', title: 'CSV, 30 M flights', input: 'flights-30m' },
] as const satisfies readonly { name: Case; title: string; input: Input }[];

const files = new Map<Input, string>();
for (const { input } of measuredCases) files.set(input, await inputAt(folder, input));

/** Short cases scatter most, and cost least: of them there are more looks in each round. */
const SHORT_MS = 4000;
const LOOKS_AT_SHORT = 3;

/** In turn, so that a machine that is busy for a while slows all cases and not one. */
const taken = measuredCases.map((): Taken[] => []);
const looks = measuredCases.map(() => 1);
for (let round = 0; round <= RUNS; round++) {
  for (const [i, { name, title, input }] of measuredCases.entries()) {
    for (let look = 0; look < looks[i]!; look++) {
      const one = once(name, files.get(input)!);
      const seconds = (one.processMs / 1000).toFixed(2);
      process.stderr.write(`${title}: ${seconds} s${round === 0 ? ' (to warm up)' : ''}\n`);
      if (round > 0) taken[i]!.push(one);
      else if (one.processMs < SHORT_MS) looks[i] = LOOKS_AT_SHORT;
      if (round === 0) break;
    }
  }
}
const rows = measuredCases.map(({ name, title, input }, i) =>
  rowOf(name, title, files.get(input)!, taken[i]!),
);
const rowOn = (name: Case, input: Input): Row =>
  rows[measuredCases.findIndex((one) => one.name === name && one.input === input)]!;
const round = (n: number): number => Math.round(n * 100) / 100;
const ratio = (ours: Row, theirs: Row): number => round(ours.workMs / theirs.workMs);
const each = ({ workMs, records }: Row): number => workMs / records;
const [whole, small, large] = [
  rowOn('sluice', 'flights'),
  rowOn('sluiceCsv', 'flights-1m'),
  rowOn('sluiceCsv', 'flights-30m'),
];
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${process.arch}`,
  },
  versions: { node: process.versions.node, ...versions(['@duckdb/node-api', 'zod', 'csv-parse']) },
  input: { records: whole.records, bytes: statSync(files.get('flights')!).size },
  runs:
    `median of ${RUNS} in turn (${RUNS * LOOKS_AT_SHORT} of cases below ${SHORT_MS / 1000} s) after one to warm up; ` +
    'each a process of its own with an empty folder',
  cases: rows,
  ratios: {
    'whole run / COPY, work alone': ratio(whole, rowOn('copy', 'flights')),
    'whole run / COPY, whole process': round(whole.processMs / rowOn('copy', 'flights').processMs),
    'row by row / whole run, work for each record': round(
      each(rowOn('rowByRow', 'flights-300k')) / each(whole),
    ),
    'count, hash and checksums / whole run': ratio(rowOn('proof', 'flights'), whole),
    'gzip, whole run / COPY': ratio(rowOn('sluiceCsv', 'gzip'), rowOn('copy', 'gzip')),
    'JSON lines, whole run / COPY': ratio(rowOn('sluiceJsonl', 'jsonl'), rowOn('copyJsonl', 'jsonl')),
    'Parquet, whole run / COPY': ratio(rowOn('sluiceParquet', 'parquet'), rowOn('copyParquet', 'parquet')),
    'three of ten bad, whole run / COPY of the good': ratio(
      rowOn('sluiceCsv', 'dirty'),
      rowOn('copyDirty', 'dirty'),
    ),
    '100 columns, whole run / COPY': ratio(rowOn('sluiceWide', 'wide'), rowOn('copyWide', 'wide')),
    'work for each record, 30 M / 1 M': round(each(large) / each(small)),
    'peak memory, 30 M / 1 M': round(large.peakMb / small.peakMb),
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
  const { flags, env } = name.startsWith('sluice') ? asSluice : asItComes;
  const child = spawnSync(process.execPath, [...flags, join(root, 'bench', 'cases.ts'), name, file, fresh], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
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
