/** Random sequences of runs on a table that keeps one row for each key give what a plain map gives, run by run. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { examine } from '../../../runtime/doctor.ts';
import {
  appendInto,
  countsOf,
  linesOf,
  orders,
  readOrders,
  sorted,
  upsertInto,
  type Order,
  type OrdersOptions,
} from '../../support/orders.ts';
import { openSandbox } from '../../support/sandbox.ts';

const SEED = 20261121;

const order: fc.Arbitrary<Order> = fc.record({
  id: fc.option(fc.integer({ min: 0, max: 12 }), { freq: 15 }),
  day: fc.option(fc.constantFrom('2026-01-01', '2026-01-02', '2026-01-03'), { freq: 8 }),
  at: fc.option(fc.integer({ min: 0, max: 6 }), { freq: 6 }),
  text: fc.constantFrom('a', 'b', "it's", ''),
  op: fc.constantFrom('I', 'I', 'I', 'I', 'D'),
});
const runs = fc.array(fc.array(order, { minLength: 1, maxLength: 12 }), { minLength: 3, maxLength: 6 });

interface Played extends OrdersOptions {
  /** Of more bytes than these, files are met ahead of the load. */
  readonly mergeBytes?: number;
}

async function play({ mergeBytes, ...options }: Played, files: readonly (readonly Order[])[]): Promise<void> {
  const box = await openSandbox(mergeBytes === undefined ? {} : { mergeBytes });
  try {
    const pipeline = orders(options);
    const table = new Map<number, Order>();
    for (const [i, given] of files.entries()) {
      // Without a column that says so, the last record is the newest.
      const rows = options.newest === false ? given.map((row) => ({ ...row, at: null })) : given;
      const expected = options.write === 'append' ? appendInto(table, rows) : upsertInto(table, rows);
      const run = await box.run(pipeline, `${i}.jsonl`, linesOf(rows) + ' '.repeat(i) + '\n');
      expect(run.error).toBeUndefined();
      expect({ run: i, ...countsOf(run) }).toEqual({ run: i, ...expected });
      expect(await readOrders(box.world)).toEqual(sorted(table));
    }
    const { findings } = await examine(box.world, {
      isGone: async () => true,
      leftovers: async () => [],
      call: (...words) => words.join(' '),
    });
    expect(findings).toEqual([]);
  } finally {
    await box.close();
  }
}

describe.each([
  ['upsert by the newest, partitioned', {}],
  ['upsert by the newest, in one piece', { partitioned: false }],
  ['upsert by the last record', { newest: false }],
  ['append of keys that are not there', { write: 'append' }],
  ['upsert by the newest, each file met ahead alone', { mergeBytes: 1 }],
  ['upsert by the newest, small files met ahead together', { mergeBytes: 2500 }],
  ['append of keys that are not there, files met ahead', { write: 'append', mergeBytes: 1 }],
] as const)('%s', (_what, options) => {
  test('the table, and what each run says of it', async () => {
    const played = await fc.check(
      fc.asyncProperty(runs, (files) => play(options, files)),
      { numRuns: 3, seed: SEED, endOnFailure: true },
    );
    expect(played).toMatchObject({ failed: false, counterexample: null });
  });
});
