/** Many simulations, side by side: while the engine of one works, others go on. */

import { scenarioOf, type FaultKind, type Scenario } from './scenario.ts';
import { openBench, shortest, simulate, type Simulated } from './simulate.ts';

export interface Swept {
  readonly seeds: number;
  readonly runs: number;
  readonly steps: number;
  /** Seeds in which a run worked on its rows in buckets. */
  readonly parted: number;
  /** Seeds in which there was a second round of it. */
  readonly again: number;
  /** How often each fault happened. */
  readonly happened: ReadonlyMap<FaultKind, number>;
  /** The first scenario that broke the promise, as short as it could be made. */
  readonly violated?: { readonly seed: number; readonly scenario: Scenario; readonly result: Simulated };
}

const SIDE_BY_SIDE = 3;

/** Plays the seeds until all are played, or one breaks the promise. */
export async function sweep(seeds: readonly number[]): Promise<Swept> {
  const left = [...seeds];
  const happened = new Map<FaultKind, number>();
  let [done, runs, steps, parted, again] = [0, 0, 0, 0, 0];
  let violated: Swept['violated'];
  const lane = async (): Promise<void> => {
    const bench = await openBench();
    for (let seed = left.shift(); seed !== undefined && violated === undefined; seed = left.shift()) {
      const result = await simulate(bench, scenarioOf(seed));
      done++;
      runs += result.runs;
      steps += result.steps;
      if (result.trace.some((line) => /write .*\/buckets\/\d+\/\d+\.json/.test(line))) parted++;
      if (result.trace.some((line) => /write .*\/buckets\/1\/\d+\.json/.test(line))) again++;
      for (const [kind, n] of result.happened) happened.set(kind, (happened.get(kind) ?? 0) + n);
      if (result.violations.length === 0) continue;
      const scenario = await shortest(bench, scenarioOf(seed));
      violated ??= { seed, scenario, result: await simulate(bench, scenario) };
    }
    await bench.close();
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
  return { seeds: done, runs, steps, parted, again, happened, ...(violated ? { violated } : {}) };
}
