/**
 * How fast tables are changed and read, beside the Python package deltalake on the same tables: `npm run bench:tables`
 * prints a table and writes `bench/tables.json`; with `--docs` also the marked block of `docs/performance.md`.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measured } from './cases.ts';
import { asItComes, asSluice } from './started.ts';
import { PARTITIONS, partNames, ROWS, writePart, type Part } from './table-data.ts';

const RUNS = 3;
const PACKAGES = ['deltalake==1.6.6', 'pyarrow==26.0.1'];

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'out', 'bench-tables');
const file = (part: Part): string => join(folder, `${part}.parquet`);

interface Job {
  readonly title: string;
  readonly job: 'append' | 'upsert' | 'compact' | 'query';
  /** The table that it begins with. */
  readonly on: 'whole' | 'pieces';
  readonly rows?: Part;
}

const jobs: readonly Job[] = [
  { title: 'append 3 M rows', job: 'append', on: 'whole', rows: 'more' },
  { title: `upsert 1 % over ${PARTITIONS} partitions`, job: 'upsert', on: 'whole', rows: 'spread' },
  { title: 'upsert as many rows, all of one partition', job: 'upsert', on: 'whole', rows: 'one' },
  { title: 'compact ten files in each partition', job: 'compact', on: 'pieces' },
  { title: 'query of one partition', job: 'query', on: 'whole' },
];

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const part of partNames) await writePart(part, file(part));
call(ours, 'append', join(folder, 'whole'), file('base'));
// Ten runs of the new rows, so that each partition has ten files.
for (let n = 0; n < 10; n++) call(ours, 'append', join(folder, 'pieces'), file('spread'));

const python = pythonOf();
const sides = [
  { name: 'Sluice', run: ours },
  ...(python === undefined ? [] : [{ name: PACKAGES[0]!.replace('==', ' '), run: theirs(python) }]),
];
const rows = jobs.map(({ title, job, on, rows: part }) => {
  const taken = sides.map((): Measured[] => []);
  for (let round = 0; round < RUNS; round++) {
    for (const [i, { name, run }] of sides.entries()) {
      const fresh = join(folder, 'fresh');
      rmSync(fresh, { recursive: true, force: true });
      cpSync(join(folder, on), fresh, { recursive: true });
      const measured = call(run, job, fresh, part === undefined ? '' : file(part));
      process.stderr.write(`${title}, ${name}: ${(measured.workMs / 1000).toFixed(2)} s\n`);
      taken[i]!.push(measured);
    }
  }
  const median = (all: readonly Measured[], of: (m: Measured) => number): number =>
    all.map(of).toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
  const told = taken.map((all) => ({
    seconds: Math.round(median(all, (m) => m.workMs)) / 1000,
    peakMb: Math.round(median(all, (m) => m.peakMb)),
    records: all[0]!.records,
  }));
  if (told[1] && told[0]!.records !== told[1].records)
    throw new Error(`${title}: ${told[0]!.records} rows by us, ${told[1].records} by the other.`);
  return { title, sides: told };
});

const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} threads`,
  table: `${ROWS.toLocaleString('en-US')} rows in ${PARTITIONS} partitions`,
  runs: `median of ${RUNS} in turn, each in a process of its own on a fresh copy of the table; the work alone`,
  sides: sides.map(({ name }) => name),
  rows,
};
writeFileSync(join(root, 'bench', 'tables.json'), `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`${markdown()}\n`);
if (process.argv.includes('--docs')) writeDocs();
rmSync(folder, { recursive: true, force: true });

type Run = (job: Job['job'], folder: string, rows: string) => readonly [command: string, ...args: string[]];

function ours(job: Job['job'], at: string, given: string): readonly [string, ...string[]] {
  return [process.execPath, ...asSluice.flags, join(root, 'bench', 'table-cases.ts'), job, at, given];
}

function theirs(interpreter: string): Run {
  return (job, at, given) => [interpreter, join(root, 'bench', 'deltalake-cases.py'), job, at, given];
}

function call(run: Run, job: Job['job'], at: string, given: string): Measured {
  const [command, ...args] = run(job, at, given);
  const { env } = command === process.execPath ? asSluice : asItComes;
  const child = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env });
  if (child.status !== 0) throw new Error(`${job} ended with ${child.status}.`);
  return JSON.parse(child.stdout) as Measured;
}

/** Where Python's packages cannot be installed only our own times are taken, and a line says so. */
function pythonOf(): string | undefined {
  const cache = join(root, '.cache', PACKAGES.join('-').replaceAll('==', '-'));
  const install = join(root, 'test', 'support', 'python-install.py');
  try {
    return execFileSync('python3', [install, cache, ...PACKAGES], { encoding: 'utf8' }).trim();
  } catch {
    process.stderr.write('deltalake could not be installed; only our own times are taken.\n');
    return undefined;
  }
}

function markdown(): string {
  const names = results.sides.flatMap((name) => [name, 'memory']);
  const isCompared = results.sides.length > 1;
  const head = ['', ...names, ...(isCompared ? ['ratio'] : [])];
  const lines = results.rows.map(({ title, sides: told }) => {
    const cells = told.flatMap(({ seconds, peakMb }) => [`${seconds.toFixed(2)} s`, `${peakMb} MB`]);
    const [us, them] = told;
    return [title, ...cells, ...(them ? [`${(them.seconds / us!.seconds).toFixed(1)} ×`] : [])];
  });
  const ruler = head.map((_, i) => (i === 0 ? '---' : '--:'));
  const table = [head, ruler, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return `<!-- prettier-ignore-start -->\n${table}\n\n${results.table}; ${results.runs}. ${results.machine}; ${results.date}.\n<!-- prettier-ignore-end -->`;
}

function writeDocs(): void {
  const path = join(root, 'docs', 'performance.md');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const block = /<!-- bench:tables -->[^]*<!-- \/bench:tables -->/;
  if (!block.test(text))
    throw new Error('docs/performance.md has no block <!-- bench:tables --> to write to.');
  writeFileSync(
    path,
    text.replace(block, () => `<!-- bench:tables -->\n\n${markdown()}\n\n<!-- /bench:tables -->`),
  );
}
