/** A run that updates a table and is killed at any change that it makes: the next one ends it, and the table is the same. */

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Limits } from '../../../core/limits.ts';
import { examine } from '../../../runtime/doctor.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { localExecutions } from '../../../runtime/local/executions.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import { localLedger } from '../../../runtime/local/ledger.ts';
import { runObject } from '../../../runtime/local/run.ts';
import { localWorld, type LocalWorld } from '../../../runtime/local/world.ts';
import type { Files } from '../../../runtime/ports.ts';
import { dyingAt } from '../../support/dying-files.ts';
import {
  countsOf,
  linesOf,
  orders,
  readOrders,
  sorted,
  upsertInto,
  type Order,
} from '../../support/orders.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const order = (id: number, at: number, text: string, op = 'I'): Order => ({
  id,
  day: `2026-01-0${1 + (id % 2)}`,
  at,
  text,
  op,
});
const first = [order(1, 1, 'a'), order(2, 1, 'b'), order(3, 1, 'c'), order(4, 1, 'd')];
const second = [
  order(1, 2, 'A'),
  order(2, 0, 'late'),
  order(3, 1, 'c'),
  order(4, 2, '', 'D'),
  order(5, 1, 'e'),
];

const worldOn = (out: string, limits: Partial<Limits>, files: Files = localFiles()): LocalWorld => {
  const world = localWorld({ out, limits, threads: 1, memoryMb: 512 });
  const executions = localExecutions(files, world.layout);
  const ledger = localLedger(files, world.layout.ledger, { isGone: executions.isGone });
  return { ...world, files, tables: deltaTables(files), ledger, executions };
};

test.each([
  ['by the load', {}, 15],
  ['ahead of it', { mergeBytes: 1 }, 20],
] as const)(
  'files met %s: all or nothing of an update is visible, and what is gone on with counts the same',
  { timeout: 300_000 },
  async (_by, limits, least) => {
    const folder = await temporaryFolder();
    const write = async (name: string, rows: readonly Order[]): Promise<string> => {
      const uri = join(folder, name);
      await localFiles().write(uri, Buffer.from(linesOf(rows)));
      return uri;
    };
    const [one, two] = [await write('one.jsonl', first), await write('two.jsonl', second)];
    const table = new Map<number, Order>();
    upsertInto(table, first);
    const before = sorted(table);
    const counts = upsertInto(table, second);
    const after = sorted(table);
    const base = join(folder, 'base');
    await runObject(worldOn(base, limits), orders(), { uri: one });

    const whole = dyingAt(-1, 'before');
    cpSync(base, join(folder, 'whole'), { recursive: true });
    await runObject(worldOn(join(folder, 'whole'), limits, whole.files), orders(), { uri: two });
    const all = whole.changes();
    expect(all).toBeGreaterThan(least);
    for (let n = 1; n <= all; n++) {
      const at = `killed before change ${n} of ${all}`;
      const out = join(folder, 'out');
      cpSync(base, out, { recursive: true });
      await runObject(worldOn(out, limits, dyingAt(n, 'before').files), orders(), { uri: two }).catch(
        () => undefined,
      );
      const world = worldOn(out, limits);
      const seen = await readOrders(world);
      const again = await runObject(world, orders(), { uri: two });
      const [, ended] = await world.ledger.history('orders', 2);
      const record = again.status === 'duplicate' ? ended! : again;
      const { findings } = await examine(world, {
        isGone: async () => true,
        leftovers: async () => [],
        call: String,
      });
      expect({
        at,
        allOrNothing: [before, after].some((rows) => JSON.stringify(rows) === JSON.stringify(seen)),
        counts: countsOf(record),
        rows: await readOrders(world),
        findings,
      }).toEqual({ at, allOrNothing: true, counts, rows: after, findings: [] });
      rmSync(out, { recursive: true });
    }
  },
);
