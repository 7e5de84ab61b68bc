/** Random sequences of what is done to a table give what a plain list of sets gives, version by version. */

import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { compactTable } from '../../../runtime/table/compact.ts';
import { restoreTable } from '../../../runtime/table/restore.ts';
import { vacuumTable } from '../../../runtime/table/vacuum.ts';
import { ids } from '../../support/data-files.ts';
import { independentReader, type IndependentReader } from '../../support/deltalake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { keptTable } from '../../support/kept-table.ts';

let engine: OpenEngine;
let reader: IndependentReader;
beforeAll(async () => {
  [engine, reader] = await Promise.all([openEngine(), independentReader()]);
}, 300_000);
afterAll(() => engine.close());

const SEED = 20261121;
const some = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 4 });
const step = fc.oneof(
  { weight: 5, arbitrary: some.map((rows) => ({ do: 'append', rows, n: 0 })) },
  { weight: 1, arbitrary: some.map((rows) => ({ do: 'replace', rows, n: 0 })) },
  { weight: 2, arbitrary: fc.nat().map((n) => ({ do: 'supersede', rows: [n % 100], n })) },
  { weight: 2, arbitrary: fc.nat().map((n) => ({ do: 'restore', rows: [], n })) },
  { weight: 2, arbitrary: fc.constant({ do: 'compact', rows: [], n: 0 }) },
  { weight: 1, arbitrary: fc.constant({ do: 'vacuum', rows: [], n: 0 }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Version {
  /** Rows by the run that wrote them. */
  readonly runs: ReadonlyMap<string, readonly number[]>;
  /** Whether a vacuum came after it was the newest: it may be gone. */
  fragile: boolean;
}

const rowsOf = ({ runs }: Version): number[] => [...runs.values()].flat().sort((a, b) => a - b);

/** Why a call was refused; undefined if it was not. */
async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** A call that was refused was so for this reason. */
function mustSay(refused: string | undefined, words: string): void {
  expect(refused ?? words).toContain(words);
}

async function play(steps: readonly Step[]): Promise<void> {
  const table = await keptTable(engine);
  const { world, uri } = table;
  await table.write('r0', [0]);
  const versions: Version[] = [{ runs: new Map([['r0', [0]]]), fragile: false }];
  const add = (runs: Version['runs']) => versions.push({ runs, fragile: false });
  for (const [i, { do: what, rows, n }] of steps.entries()) {
    const { runs } = versions.at(-1)!;
    const run = `r${i + 1}`;
    if (what === 'append') {
      await table.write(run, rows);
      add(new Map([...runs, [run, rows]]));
    } else if (what === 'replace') {
      await table.write(run, rows, { write: 'replace' });
      add(new Map([[run, rows]]));
    } else if (what === 'supersede') {
      const old = [...runs.keys()][n % runs.size]!;
      const refused = await refusal(table.write(run, rows, { supersedes: [old] }));
      mustSay(refused, 'a compaction put them into');
      if (refused === undefined) add(new Map([...[...runs].filter(([one]) => one !== old), [run, rows]]));
    } else if (what === 'restore') {
      const to = n % versions.length;
      const before = (await world.tables.snapshot(uri))!.version;
      const refused = await refusal(restoreTable(world, uri, to));
      // Only what a vacuum came after may be gone, and it says so.
      mustSay(refused, versions[to]!.fragile ? 'is gone' : 'nothing: no vacuum came after it');
      const isNew = (await world.tables.snapshot(uri))!.version > before;
      if (isNew) add(versions[to]!.runs);
    } else if (what === 'compact') {
      if ((await compactTable(world, uri)).version === versions.length) add(runs);
    } else {
      table.pass(8);
      await Array.fromAsync(vacuumTable(world, uri, { retainMs: 0, dryRun: false }));
      for (const version of versions.slice(0, -1)) version.fragile = true;
    }
    expect((await world.tables.snapshot(uri))?.version).toBe(versions.length - 1);
    expect(await table.read()).toEqual(rowsOf(versions.at(-1)!));
  }
  if (reader.missing) return;
  const whole = versions.flatMap(({ fragile }, version) => (fragile ? [] : [version]));
  const read = await reader.readTable(uri, { versions: whole });
  expect(read.version).toBe(versions.length - 1);
  for (const version of whole) expect(ids(read.versions[version]!)).toEqual(rowsOf(versions[version]!));
}

test('as the model has it, by us after each step and by an independent reader at the end', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), play), {
    numRuns: 15,
    seed: SEED,
    endOnFailure: true,
  });
}, 300_000);
