/** An engine that cannot be sealed is none: it is closed, and nothing runs in it. */

import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, expect, test, vi } from 'vitest';
import { openSealed } from '../../runtime/engine-open.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

afterEach(() => vi.restoreAllMocks());

test('settings that fail close the instance', async () => {
  const closed = vi.spyOn(DuckDBInstance.prototype, 'closeSync');
  const given = { threads: 1, memoryMb: 100 };
  const { instance } = await openSealed(given, await temporaryFolder());
  expect(closed).not.toHaveBeenCalled();
  instance.closeSync();
  // No text of SQL may hold it.
  await expect(openSealed(given, 'a\0b')).rejects.toThrow('A text in SQL holds a NUL character');
  expect(closed).toHaveBeenCalledTimes(2);
});
