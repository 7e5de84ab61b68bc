/** A history that changes while it is read, or that cannot be read. */

import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TransientError } from '../../../core/errors.ts';
import { diskHistory } from '../../../runtime/local/history.ts';
import { settled } from '../../support/conformance/ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('one that is cut while it is read is not taken for one that begins there', async () => {
  const root = await temporaryFolder();
  const path = join(root, 'orders', 'history.jsonl');
  const history = diskHistory(root);
  for (let i = 0; i < 8; i++)
    await history.append(settled(`x${i}`, 'duplicate', 1, { warnings: ['w'.repeat(20_000)] }));
  const owners: string[] = [];
  const reading = (async () => {
    for await (const { owner } of history.newestFirst('orders')) {
      owners.push(owner);
      await truncate(path, 10);
    }
  })();
  await expect(reading).rejects.toThrow(new TransientError(`${path} was cut while it was read.`));
  expect(owners).toEqual(['x7', 'x6', 'x5']);
});

test('one that cannot be opened is not taken for one that is not there', async () => {
  const root = await temporaryFolder();
  const history = diskHistory(root);
  expect(await Array.fromAsync(history.newestFirst('orders'))).toEqual([]);
  await writeFile(join(root, 'orders'), 'a file in the place of the folder');
  await expect(Array.fromAsync(history.newestFirst('orders'))).rejects.toThrow('ENOTDIR');
});
