/**
 * `npm run simulate -- --seeds 1000`: simulations of crashes, repeats, races and faults, each from a seed. Without a
 * violation it ends with 0; the first one is told with its seed and the shortest scenario that still shows it, and the
 * command to play that again.
 */

import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faultKinds, type FaultKind, type Scenario } from '../test/simulation/scenario.ts';
import { openBench, simulate } from '../test/simulation/simulate.ts';
import { sweep, type Swept } from '../test/simulation/sweep.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    /** A scenario as JSON, as a violation prints it. */
    scenario: { type: 'string' },
    /** Set by the command for its own processes: which of how many. */
    job: { type: 'string' },
  },
});

interface Tally {
  readonly seeds: number;
  readonly runs: number;
  readonly steps: number;
  readonly happened: readonly (readonly [FaultKind, number])[];
  readonly violated: boolean;
}

const from = Number(values.from);
const seeds = Number(values.seeds);
const jobs = Math.max(1, Math.min(Number(values.jobs), seeds));
if (![from, seeds, jobs].every(Number.isSafeInteger)) {
  throw new Error('--seeds, --from and --jobs take whole numbers.');
}

if (values.scenario !== undefined) await replay(JSON.parse(values.scenario) as Scenario);
else if (values.job === undefined) await together();
else await oneJob(Number(values.job));

/** Spreads the seeds over processes, and adds up what they found. */
async function together(): Promise<void> {
  const began = performance.now();
  const tallies = await Promise.all(Array.from({ length: jobs }, (_, job) => inProcess(job)));
  const sum = (of: (tally: Tally) => number): number =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  const happened = faultKinds.map((kind) => {
    const n = sum((tally) => new Map(tally.happened).get(kind) ?? 0);
    return `${kind} ${n.toLocaleString('en-US')}`;
  });
  const violated = tallies.some((tally) => tally.violated);
  const seconds = Math.round((performance.now() - began) / 1000);
  const words = [
    `${sum((tally) => tally.seeds).toLocaleString('en-US')} seeds from ${from} on`,
    `${sum((tally) => tally.runs).toLocaleString('en-US')} runs`,
    `${sum((tally) => tally.steps).toLocaleString('en-US')} steps`,
    `${violated ? 'A VIOLATION' : 'no violation'}`,
    `${seconds} s`,
  ];
  console.log(`${words.join(' · ')}\nfaults: ${happened.join(', ')}`);
  process.exitCode = violated ? 1 : 0;
}

function inProcess(job: number): Promise<Tally> {
  const args = [
    '--seeds',
    String(seeds),
    '--from',
    String(from),
    '--jobs',
    String(jobs),
    '--job',
    String(job),
  ];
  const child = fork(fileURLToPath(import.meta.url), args);
  return new Promise((resolve, reject) => {
    child.once('message', (tally) => resolve(tally as Tally));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Job ${job} ended with ${code} and no result.`)));
  });
}

async function oneJob(job: number): Promise<void> {
  quiet();
  const own = Array.from({ length: seeds }, (_, i) => from + i).filter((seed) => seed % jobs === job);
  const { violated, happened, ...counts } = await sweep(own);
  if (violated) explain(violated);
  const tally: Tally = { ...counts, happened: [...happened], violated: violated !== undefined };
  await new Promise((sent) => process.send!(tally, sent));
}

async function replay(scenario: Scenario): Promise<void> {
  quiet();
  const bench = await openBench();
  const { violations, trace } = await simulate(bench, scenario);
  console.log([...trace, '', ...(violations.length === 0 ? ['no violation'] : violations)].join('\n'));
  process.exitCode = violations.length === 0 ? 0 : 1;
  await bench.close();
}

function explain({ seed, scenario, result }: NonNullable<Swept['violated']>): void {
  console.log(
    [
      `VIOLATION at seed ${seed}:`,
      ...result.violations.map((violation) => `  ${violation}`),
      'The last calls before:',
      ...result.trace.slice(-40).map((line) => `  ${line}`),
      'The shortest scenario that shows it; play it again with',
      `  npm run simulate -- --scenario '${JSON.stringify(scenario)}'`,
    ].join('\n'),
  );
}

/** What the product warns of is what the simulation does on purpose. */
function quiet(): void {
  process.removeAllListeners('warning');
  process.on('warning', () => undefined);
}
