/** What the promise rests on is needed: without each of these mechanisms, the simulation finds it broken. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mechanisms, without, type Mechanism } from './mechanisms.ts';
import type { ContentName, Fault, Scenario } from './scenario.ts';
import { openBench, simulate, type Bench } from './simulate.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** More calls than a run makes. */
const CALLS = 80;

const delivered = (...contents: ContentName[]): Scenario['deliveries'] =>
  contents.map((content) => ({ content, pipeline: 'people', again: false, at: 0 }));

const withFaults = (...kinds: readonly Fault['kind'][]): Scenario[] =>
  Array.from({ length: CALLS }, (_, i) => ({
    seed: i,
    deliveries: [...delivered('mixed'), { ...delivered('mixed')[0]!, at: i }],
    // The latest calls first: there is most to lose at the end of a run.
    faults: kinds.map((kind, n) => ({ delivery: 0, call: CALLS - i + n, kind })),
    events: [],
  }));

const withSchedules = (...contents: ContentName[]): Scenario[] =>
  Array.from({ length: CALLS }, (_, seed) => ({
    seed,
    deliveries: delivered(...contents),
    faults: [],
    events: [],
  }));

/** Where each mechanism is what stands against harm. */
const scenarios: Readonly<Record<Mechanism, readonly Scenario[]>> = {
  fencing: withFaults('taken for gone', 'slow'),
  txn: withFaults('killed after'),
  'put-if-absent': withSchedules('mixed', 'mixed', 'good'),
  'attempt-scoped names': withSchedules('mixed', 'good'),
  takeover: withFaults('killed after'),
};

describe.each(mechanisms)('without %s', (mechanism) => {
  test('the promise is broken, and with it the same is kept', { timeout: 300_000 }, async () => {
    for (const scenario of scenarios[mechanism]) {
      const { violations } = await simulate(bench, scenario, without[mechanism]);
      if (violations.length === 0) continue;
      expect((await simulate(bench, scenario)).violations).toEqual([]);
      return;
    }
    expect.fail(`${scenarios[mechanism].length} scenarios show no need of it`);
  });
});
