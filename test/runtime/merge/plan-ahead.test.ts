/** What is met ahead of the load, and what is not: only for tables that are met by key, and only where there is much to do. */

import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EngineError } from '../../../core/errors.ts';
import type { Pipeline } from '../../../core/pipeline.ts';
import { runObject } from '../../../runtime/local/run.ts';
import { meetAhead } from '../../../runtime/merge/meet-ahead.ts';
import { aheadPlanSchema } from '../../../runtime/merge/plan-ahead.ts';
import type { Progress } from '../../../runtime/ports.ts';
import { placesOf, writeOnce } from '../../../runtime/staging.ts';
import type { Manifest, Validated } from '../../../runtime/values.ts';
import { linesOf, orders, readOrders, type Order } from '../../support/orders.ts';
import { good, header, people } from '../../support/people.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const order = (id: number | null, at = 1): Order => ({
  id,
  at,
  day: `2026-01-0${Number(id) + 1}`,
  text: 'a',
  op: 'I',
});

/** A run, and the groups in which files were met ahead of its load; of more bytes than these they are. */
async function runWith(pipeline: Pipeline, mergeBytes: number, content: string) {
  const said: Progress[] = [];
  const { limits, notifications } = box.world;
  const world = {
    ...box.world,
    limits: { ...limits, mergeBytes },
    notifications: { ...notifications, progress: (event: Progress) => void said.push(event) },
  };
  const uri = `${box.folder}/${randomUUID()}`;
  await writeFile(uri, content);
  const { status, warnings } = await runObject(world, pipeline, { uri, retryDelays: 0 });
  return {
    status,
    warnings,
    groups: said.flatMap(({ stage, meets }) => (stage === 'validate' ? (meets?.groups ?? []) : [])),
  };
}
const published = { status: 'published', warnings: [] };

test('a large table of which few bytes can hold a key is met by the load alone', async () => {
  await runWith(orders(), 1, linesOf([0, 1, 2].map((id) => order(id))));
  const { size } = (await box.world.tables.snapshot(box.world.layout.table('orders')))!.files[0]!;
  const changed = linesOf([order(0, 2)]);
  expect(await runWith(orders(), size + 100, changed)).toEqual({ ...published, groups: [] });
  const more = linesOf([0, 1, 2].map((id) => order(id, 3)));
  expect(await runWith(orders(), size + 100, more)).toEqual({ ...published, groups: [3] });
  expect((await readOrders(box.world)).map(({ at }) => at)).toEqual([3, 3, 3]);
});

test('a table whose rows are met by no key, and a run without rows, meet nothing', async () => {
  for (const id of [1, 2]) {
    expect(await runWith(people('csv'), 1, header + good(id))).toEqual({ ...published, groups: [] });
  }
  await runWith(orders(), 1, linesOf([order(1)]));
  expect(await runWith(orders(), 1, linesOf([order(null)]))).toEqual({
    status: 'published-with-rejects',
    warnings: [],
    groups: [],
  });
});

test('a group that was not planned is refused', async () => {
  const manifest = { run: 'r1', execution: 'e1' } as Manifest;
  const plan = placesOf(box.world, 'orders', 'e1').aheadPlan('r1');
  await writeOnce(box.world.files, plan, aheadPlanSchema, { groups: [['a.parquet']] });
  const meeting = meetAhead(box.world, orders(), manifest, {} as Validated, 1);
  await expect(meeting).rejects.toThrow(new EngineError(`${plan} has no group 1.`));
});
