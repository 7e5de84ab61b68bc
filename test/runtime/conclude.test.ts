/** The end of a run that meets the rows of a table, where others change that table all the time. */

import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommitConflictError } from '../../core/errors.ts';
import { ingest } from '../../runtime/ingest.ts';
import { load } from '../../runtime/load.ts';
import { validate } from '../../runtime/validate.ts';
import type { World } from '../../runtime/world.ts';
import { orders } from '../support/orders.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

test('that loses every race is left to a later try, which goes on with what is decided', async () => {
  let commits = 0;
  const { tables } = box.world;
  const world: World = {
    ...box.world,
    tables: {
      ...tables,
      commit: (uri, change) =>
        ++commits <= 60 ? Promise.reject(new CommitConflictError('Again.')) : tables.commit(uri, change),
    },
  };
  const uri = join(box.folder, 'a.jsonl');
  // No rows: they would be met fifty times in vain.
  await world.files.write(uri, Buffer.from(''));
  const pipeline = orders();
  const start = { pipeline: 'orders', execution: 'e', objects: [{ uri }], startedAt: '2026-01-01T00:00:00Z' };
  const { manifest, attempt } = await ingest(world, pipeline, start);
  await validate(world, pipeline, { manifest, attempt });

  await expect(load(world, pipeline, { manifest, attempt })).rejects.toMatchObject({
    name: 'TransientError',
    message: expect.stringMatching(
      /^Attempt 1 at content \w{8} of orders is decided \(publish\) and could not be carried out yet\. .*CommitConflictError: Again\.$/,
    ),
  });
  expect(commits).toBe(50);
  expect(await box.table('orders')).toBeNull();
  await load(world, pipeline, { manifest, attempt });
  expect(commits).toBe(61);
  expect(await box.table('orders')).toEqual([]);
  expect(await box.world.ledger.history('orders', 5)).toMatchObject([{ status: 'published' }]);
});
