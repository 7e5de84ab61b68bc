/** The promise under crashes, repeats, taken and faults, from seeds; `npm run simulate` plays many more. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  contentNames,
  faultKinds,
  scenarioOf,
  smaller,
  type ContentName,
  type Delivery,
  type Scenario,
} from './scenario.ts';
import { openBench, simulate, type Bench } from './simulate.ts';
import { sweep } from './sweep.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const SEEDS = 200;
/** Set it to play other seeds. */
const FIRST = Number(process.env['SLUICE_SEED'] ?? 0);

const quiet: Scenario = { seed: 1, deliveries: [], faults: [], events: [] };

describe('the simulation itself', () => {
  test.each(['people', 'folk'] as const)(
    'without faults, every content comes to what is expected of it: %s',
    async (pipeline) => {
      const deliveries = contentNames.map((content) => ({ content, pipeline, again: false, at: 0 }));
      const { violations } = await simulate(bench, { ...quiet, deliveries });
      expect(violations).toEqual([]);
    },
  );

  test('is the same for the same seed: call by call', async () => {
    const scenario = scenarioOf(FIRST + 3);
    const [one, two] = [await simulate(bench, scenario), await simulate(bench, scenario)];
    const named = (trace: readonly string[]): string[] =>
      trace.map((line) => line.replaceAll(/-?[0-9a-f]{6}(?=[-.])/g, ''));
    expect(named(one.trace)).toEqual(named(two.trace));
    expect(one.steps).toBeGreaterThan(50);
  });

  test('finds the shortest scenario: each smaller one keeps the promise', () => {
    const scenario = scenarioOf(11);
    const sizes = [...smaller(scenario)].map(
      ({ deliveries, faults, events }) => deliveries.length + faults.length + events.length,
    );
    const own = scenario.deliveries.length + scenario.faults.length + scenario.events.length;
    for (const size of sizes) expect(size).toBeLessThan(own);
  });
});

test(
  'runs on one table at once, whose files are met ahead: races are lost, and no update',
  { timeout: 300_000 },
  async () => {
    const deliver = (content: ContentName, at: number): Delivery => ({
      content,
      pipeline: 'kept',
      again: false,
      at,
    });
    let ahead = 0;
    let taken = 0;
    for (let seed = 0; seed < 8; seed++) {
      // The table has a file when the others begin; the slow one has it met ahead, and others commit before it does.
      const deliveries = [
        deliver('mixed', 0),
        deliver('header-only', 0),
        deliver('update', 150),
        deliver('good', 150),
        deliver('gzip', 150),
      ];
      const faults = [{ delivery: 2, call: 70 + (seed % 8), kind: 'slow' as const }];
      const { violations, trace } = await simulate(bench, { ...quiet, seed, deliveries, faults });
      expect({ seed, violations }).toEqual({ seed, violations: [] });
      ahead += trace.filter((line) => /write .*\/ahead\/.*\/\d+\.json/.test(line)).length;
      taken += trace.filter((line) => /download .*\.conclusions.*\/met-/.test(line)).length;
    }
    expect(ahead).toBeGreaterThanOrEqual(8);
    // Lines of `met` are taken once by the load, and again for each race that was lost.
    expect(taken).toBeGreaterThan(ahead);
  },
);

test(`${SEEDS} seeds from ${FIRST} on`, { timeout: 300_000 }, async () => {
  const {
    seeds,
    parted,
    again: inRounds,
    happened,
    violated,
  } = await sweep(Array.from({ length: SEEDS }, (_, i) => FIRST + i));
  if (violated) {
    const { seed, scenario, result } = violated;
    const again = `npm run simulate -- --scenario '${JSON.stringify(scenario)}'`;
    throw new Error([`seed ${seed}`, ...result.violations, again].join('\n'));
  }
  expect(seeds).toBe(SEEDS);
  expect(parted).toBeGreaterThan(SEEDS / 10);
  expect(inRounds).toBeGreaterThan(SEEDS / 20);
  // A sweep in which nothing goes wrong would prove nothing.
  expect([...happened.keys()].toSorted()).toEqual(faultKinds.toSorted());
});
