/** The benchmark's results as text: a table for a terminal, and the block of the README. */

/** One case, as medians. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly records: number;
  /** From starting the process to its end. */
  readonly processMs: number;
  /** The same for each run: how far they lie apart says how quiet the machine was. */
  readonly processMsOfEach: readonly number[];
  /** The work alone, in the process. */
  readonly workMs: number;
  /** By the whole process's time, like `mbPerSecond`. */
  readonly recordsPerSecond: number;
  readonly mbPerSecond: number;
  /** The most memory that the process held. */
  readonly peakMb: number;
}

export interface Results {
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly threads: number;
    readonly memoryGb: number;
    readonly system: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly input: { readonly records: number; readonly bytes: number };
  readonly runs: string;
  readonly cases: readonly Row[];
  readonly ratios: Readonly<Record<string, number>>;
}

const head = ['', 'records/s', 'MB/s', 'whole process', 'work alone', 'peak memory'];
const count = (n: number): string => n.toLocaleString('en-US');

export function table(results: Results): string {
  const cells = [head, ...results.cases.map(cellsOf)];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('   '),
  );
  const ratios = Object.entries(results.ratios).map(([what, ratio]) => `${what}: ${ratio} ×`);
  return [...lines, '', ...ratios, '', conditions(results)].join('\n');
}

export function markdown(results: Results): string {
  const rows = results.cases.map(cellsOf).map((row) => `| ${row.join(' | ')} |`);
  const ratios = Object.entries(results.ratios).map(([what, ratio]) => `- ${what}: **${ratio} ×**`);
  return [
    '<!-- prettier-ignore-start -->',
    `| ${head.join(' | ')} |`,
    '| --- | --: | --: | --: | --: | --: |',
    ...rows,
    '',
    ...ratios,
    '',
    conditions(results),
    '<!-- prettier-ignore-end -->',
  ].join('\n');
}

function cellsOf(row: Row): string[] {
  return [
    row.title,
    count(row.recordsPerSecond),
    count(row.mbPerSecond),
    `${(row.processMs / 1000).toFixed(2)} s`,
    `${(row.workMs / 1000).toFixed(2)} s`,
    `${count(row.peakMb)} MB`,
  ];
}

function conditions({ date, machine, versions, input, runs }: Results): string {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return (
    `${count(input.records)} records, ${Math.round(input.bytes / 1e6)} MB of CSV; ${runs}. ${machine.cpu}, ` +
    `${machine.threads} threads, ${machine.memoryGb} GB, ${machine.system}; ${software.join(', ')}; ${date}.`
  );
}
