/**
 * Whether memory is bounded: a file more than five times as large as the engine's memory, through a plain run, and through
 * set-wise work in one piece and in buckets. `npm run bench:memory` prints a table; with `--docs` it also writes it to
 * docs/scaling.md.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputAt } from './inputs.ts';
import type { MemoryCase, Spent } from './memory-cases.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'out', 'bench');
/** Megabytes that the engine is given. */
const MEMORY = 200;

const cases = [
  { name: 'plain', title: 'rows one by one' },
  { name: 'onePiece', title: 'the latest row of each key, in one piece' },
  { name: 'buckets', title: 'the latest row of each key, in buckets of 64 MB' },
] as const satisfies readonly { name: MemoryCase; title: string }[];

mkdirSync(folder, { recursive: true });
const input = await inputAt(folder, 'flights-30m');
const megabytes = Math.round(statSync(input).size / 1e6);
const rows = cases.map(({ name, title }) => {
  const { records, loaded, seconds, peakMb } = once(name);
  process.stderr.write(`${title}: ${seconds.toFixed(1)} s\n`);
  const count = (n: number): string => n.toLocaleString('en-US');
  return `| ${title} | ${count(records)} | ${count(loaded)} | ${seconds.toFixed(1)} s | ${peakMb} MB |`;
});
const text = [
  '<!-- prettier-ignore-start -->',
  '| | records | rows loaded | work alone | peak of the process |',
  '| --- | --: | --: | --: | --: |',
  ...rows,
  '',
  `A CSV file of ${megabytes} MB; the engine was given ${MEMORY} MB, ${(megabytes / MEMORY).toFixed(1)} times less. The process ` +
    `also holds Node, and a chunk of 32 MB in several forms. ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} threads, ` +
    `${Math.round(totalmem() / 1e9)} GB; ${new Date().toISOString().slice(0, 10)}.`,
  '<!-- prettier-ignore-end -->',
].join('\n');
process.stdout.write(`${text}\n`);
if (process.argv.includes('--docs')) {
  const path = join(root, 'docs', 'scaling.md');
  const block = /<!-- bench:memory -->[^]*<!-- \/bench:memory -->/;
  const page = readFileSync(path, 'utf8');
  if (!block.test(page)) throw new Error('docs/scaling.md has no block <!-- bench:memory -->.');
  writeFileSync(
    path,
    page.replace(block, () => `<!-- bench:memory -->\n\n${text}\n\n<!-- /bench:memory -->`),
  );
}

function once(name: MemoryCase): Spent {
  const fresh = join(folder, `memory-${name}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const script = join(root, 'bench', 'memory-cases.ts');
  const child = spawnSync(
    process.execPath,
    [...process.execArgv, script, name, input, fresh, String(MEMORY)],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  rmSync(fresh, { recursive: true, force: true });
  if (child.status !== 0) throw new Error(`The case ${name} ended with ${child.status}.`);
  return JSON.parse(child.stdout) as Spent;
}
