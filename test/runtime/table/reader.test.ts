/** Readers beside commits, new columns, compactions and vacuums: they see whole versions, or say that one is gone. */

import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compactTable } from '../../../runtime/table/compact.ts';
import { vacuumTable } from '../../../runtime/table/vacuum.ts';
import { queriedRows, sortedRows } from '../../support/comparable-rows.ts';
import { field } from '../../support/conformance/tables.ts';
import { independentReader, type IndependentReader, type Neighbour } from '../../support/deltalake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { keptTable, keptSchema } from '../../support/kept-table.ts';

let engine: OpenEngine;
let reader: IndependentReader;
let neighbour: Neighbour | undefined;
beforeAll(async () => {
  [engine, reader] = await Promise.all([openEngine(), independentReader()]);
  if (reader.missing === undefined) neighbour = reader.open();
}, 300_000);
afterAll(async () => {
  neighbour?.close();
  await engine.close();
});

const ROUNDS = 12;

test('a reader in a loop sees each version whole, whatever is done to the table meanwhile', async () => {
  const table = await keptTable(engine);
  const { world, uri } = table;
  /** What each version holds, as the one thing that may be seen. */
  const whole = new Set<string>();
  const ids = (round: number) => Array.from({ length: 4 }, (_, i) => 4 * round + i);
  const wanted = (all: readonly number[]) => all.toSorted((a, b) => a - b).join();
  let live: number[] = ids(0);
  whole.add(wanted(live));
  await table.write('r0', live);

  const done = new AbortController();
  const seen: string[] = [];
  const gone: string[] = [];
  const looking = async (look: () => Promise<readonly string[]>): Promise<number> => {
    let looks = 0;
    while (!done.signal.aborted) {
      try {
        seen.push(wanted((await look()).map((row) => Number((JSON.parse(row) as { id: string }).id))));
        looks++;
      } catch (error) {
        gone.push(String(error));
      }
      await setImmediate();
    }
    return looks;
  };
  const readers = [
    looking(() => queriedRows(world, 'SELECT id, text FROM numbers')),
    ...(neighbour ? [looking(async () => sortedRows((await neighbour!.ask(uri)).rows))] : []),
  ];

  for (let round = 1; round <= ROUNDS; round++) {
    const replaces = round % 5 === 0;
    live = replaces ? ids(round) : [...live, ...ids(round)];
    whole.add(wanted(live));
    // Each round but the replacing ones brings a column; every other run has none of those before.
    const more = replaces ? [] : [field(`c${round}`, 'string')];
    const schema = { ...keptSchema, fields: [...keptSchema.fields, ...more] };
    await table.write(`r${round}`, ids(round), {
      schema,
      ...(replaces ? { write: 'replace' as const } : {}),
    });
    if (round % 3 === 0) await compactTable(world, uri);
    if (round % 4 === 0) {
      table.pass(8);
      for await (const _ of vacuumTable(world, uri, { retainMs: 7 * 24 * 60 * 60 * 1000, dryRun: false }));
    }
  }
  done.abort();
  for (const looks of await Promise.all(readers)) expect(looks).toBeGreaterThan(3);
  expect(seen.filter((ids) => !whole.has(ids))).toEqual([]);
  // The clock of this test makes a reader's version a week old while it reads: that it may not see, and is told.
  for (const words of gone) expect(words).toMatch(/is gone|No such file|not found|could not open|Failed to/i);
  expect(wanted((await table.read()).map(Number))).toBe(wanted(live));
});
