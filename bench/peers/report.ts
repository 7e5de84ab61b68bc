/** What the peers took as text: a table for a terminal, and a marked block of a document. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export interface Run {
  /** From starting the process to its end. */
  readonly processMs: number;
  /** The work alone, in the process. */
  readonly workMs: number;
  readonly peakMb: number;
}

export interface Row {
  readonly name: string;
  readonly version: string;
  readonly runtime: string;
  readonly records: number;
  readonly good: number;
  readonly bad: number;
  /** The first run since the tool was at hand, and the second. */
  readonly cold: Run;
  readonly warm: Run;
  /** How many more good rows than Sluice found. */
  readonly differs: number;
  readonly didNot: string;
}

export interface Results {
  readonly date: string;
  readonly machine: string;
  /** The highest average of processes that wanted a processor: beyond the threads, the machine was shared. */
  readonly load: number;
  readonly input: string;
  readonly rows: readonly Row[];
  /** Peers that did not install or failed, a line each. */
  readonly notRun: readonly string[];
}

const head = ['', 'first run', 'second run', 'work alone', 'peak memory', 'good', 'bad'];
const count = (n: number): string => n.toLocaleString('en-US');
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function cellsOf({ name, version, good, bad, cold, warm, differs }: Row): string[] {
  return [
    `${name} ${version}`,
    seconds(cold.processMs),
    seconds(warm.processMs),
    seconds(warm.workMs),
    `${count(warm.peakMb)} MB`,
    differs === 0 ? count(good) : `${count(good)} (${differs > 0 ? '+' : ''}${count(differs)})`,
    count(bad),
  ];
}

export function table(results: Results): string {
  const cells = [head, ...results.rows.map(cellsOf)];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('   ')
      .trimEnd(),
  );
  return [...lines, '', conditions(results), ...results.notRun].join('\n');
}

export function markdown(results: Results): string {
  const lines = results.rows.map((row) => [...cellsOf(row), row.didNot]);
  const ruler = head.map((_, i) => (i === 0 ? '---' : '--:'));
  const all = [[...head, 'what it did not do'], [...ruler, '---'], ...lines];
  return [
    '<!-- prettier-ignore-start -->',
    ...all.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    conditions(results),
    ...results.notRun.map((line) => `\n${line}`),
    '<!-- prettier-ignore-end -->',
  ].join('\n');
}

function conditions({ date, machine, load, input, rows }: Results): string {
  const runtimes = [...new Set(rows.flatMap(({ runtime }) => runtime.split(', ')))];
  return (
    `${input}. Each run a process of its own, with an empty folder; times are of the whole process, the work alone and the ` +
    `memory of the second run. ${machine}, load ${load}; ${runtimes.join(', ')}; ${date}.`
  );
}

/** Writes a block between its markers, at the end of the document where it has none. */
export function writeDocs(path: string, block: string, text: string): void {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '# Performance\n';
  const [open, close] = [`<!-- ${block} -->`, `<!-- /${block} -->`];
  const made = `${open}\n\n${text}\n\n${close}`;
  const [start, end] = [before.indexOf(open), before.indexOf(close)];
  writeFileSync(
    path,
    start < 0 ? `${before}\n${made}\n` : before.slice(0, start) + made + before.slice(end + close.length),
  );
}
