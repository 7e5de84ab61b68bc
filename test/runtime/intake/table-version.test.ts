/** A store that fails while a version of a table is read: no fault of the version. */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runObject } from '../../../runtime/local/run.ts';
import { ids, orderLines, orders, sales } from '../../support/chain.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

test('a file that cannot be brought fails the run, and rejects nothing', async () => {
  await box.run(orders() as never, 'orders.jsonl', orderLines(ids(1, 3)));
  const uri = join(box.world.layout.table('orders'), '_delta_log', `${'0'.repeat(20)}.json`);
  const files: Sandbox['world']['files'] = {
    ...box.world.files,
    async download(of, path) {
      if (of.includes('/lake/orders/') && of.endsWith('.parquet')) throw new Error('The disk is gone.');
      return box.world.files.download(of, path);
    },
  };
  const failed = await runObject({ ...box.world, files }, sales(), { uri });
  expect([failed.status, failed.error?.message]).toEqual([
    'failed',
    expect.stringContaining('The disk is gone.'),
  ]);
  expect(await runObject(box.world, sales(), { uri, again: true })).toMatchObject({
    status: 'published',
    records: { read: 3, loaded: 3 },
  });
});
