/** A command on a table whose process is killed at any change that it makes: the rows are whole, and it can be said again. */

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import { localWorld, type LocalWorld } from '../../../runtime/local/world.ts';
import type { Files } from '../../../runtime/ports.ts';
import { compactTable } from '../../../runtime/table/compact.ts';
import { restoreTable } from '../../../runtime/table/restore.ts';
import { vacuumTable } from '../../../runtime/table/vacuum.ts';
import { inEngine, type World } from '../../../runtime/world.ts';
import { dyingAt } from '../../support/dying-files.ts';
import { linesOf, orders, readOrders, type Order } from '../../support/orders.ts';
import { runObject } from '../../../runtime/local/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const order = (id: number, at: number): Order => ({ id, day: '2026-01-01', at, text: `${at}`, op: 'I' });
const MONTH = 30 * 24 * 60 * 60 * 1000;

function worldOn(out: string, files: Files = localFiles()): LocalWorld {
  const world = localWorld({ out, threads: 1, memoryMb: 512, now: () => new Date(Date.now() + MONTH) });
  return { ...world, files, tables: deltaTables(files, { inEngine: (work) => inEngine(world, work) }) };
}

const commands: Readonly<Record<string, (world: World, uri: string) => Promise<unknown>>> = {
  compact: compactTable,
  'restore of version 1': (world, uri) => restoreTable(world, uri, 1),
  vacuum: (world, uri) => Array.fromAsync(vacuumTable(world, uri, { retainMs: 0, dryRun: false })),
};

test.each(Object.keys(commands))('%s', { timeout: 300_000 }, async (name) => {
  const folder = await temporaryFolder();
  const base = join(folder, 'base');
  // Eleven versions, with a checkpoint, files that left the table, and small ones to put together.
  for (let n = 1; n <= 11; n++) {
    const uri = join(folder, `${n}.jsonl`);
    await localFiles().write(uri, Buffer.from(linesOf([order(1, n), order(100 + n, 1)])));
    await runObject(localWorld({ out: base, threads: 1 }), orders(), { uri });
  }
  const on = (out: string, files?: Files) => {
    const world = worldOn(out, files);
    return { world, run: () => commands[name]!(world, world.layout.table('orders')) };
  };
  const before = await readOrders(worldOn(base));
  cpSync(base, join(folder, 'whole'), { recursive: true });
  const watched = dyingAt(-1, 'before');
  const whole = on(join(folder, 'whole'), watched.files);
  await whole.run();
  const after = await readOrders(whole.world);
  const all = watched.changes();
  expect(all).toBeGreaterThan(0);
  // After one change is before the next, but for the last one.
  for (let n = 1; n <= all; n++) {
    for (const when of n === all ? (['before', 'after'] as const) : (['before'] as const)) {
      const at = `killed ${when} change ${n} of ${all}`;
      const out = join(folder, 'out');
      cpSync(base, out, { recursive: true });
      await on(out, dyingAt(n, when).files)
        .run()
        .catch(() => undefined);
      const seen = await readOrders(worldOn(out));
      const isWhole = [before, after].some((rows) => JSON.stringify(rows) === JSON.stringify(seen));
      // After a restore that was made, version 1 is what there is: said again, it changes nothing.
      await on(out).run();
      expect({ at, isWhole, rows: await readOrders(worldOn(out)) }).toEqual({
        at,
        isWhole: true,
        rows: after,
      });
      rmSync(out, { recursive: true });
    }
  }
});
