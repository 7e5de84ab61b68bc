/** Every file that a log ever named, by whom, and whether its rows are still there. */

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { namedFiles } from '../../../runtime/delta/named-files.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import { entryPath, rewrite } from '../../support/delta-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const add = (path: string, stats?: string) => ({
  add: { path, partitionValues: {}, size: 10, modificationTime: 0, dataChange: true, stats },
});
const remove = (path: string, dataChange: boolean) => ({
  remove: { path, dataChange, deletionTimestamp: 7 },
});
const txn = (appId: string) => ({ txn: { appId, version: 1 } });

async function aTable(...versions: object[][]): Promise<string> {
  const table = join(await temporaryFolder(), 't');
  await mkdir(dirname(entryPath(table, 0)), { recursive: true });
  for (const [version, actions] of versions.entries()) await rewrite(table, version, actions);
  return table;
}

test('a file that was removed is still named; one that was only rewritten did not lose its rows', async () => {
  const table = await aTable(
    [txn('a'), add('r/1%20.parquet', '{"numRecords":3}'), add('r/2.parquet'), add('r/3.parquet', 'x')],
    [txn('b'), remove('r/1%20.parquet', true), remove('r/2.parquet', false), remove('never.parquet', true)],
    [add('r/2.parquet', '{"numRecords":5}')],
  );
  const common = {
    size: 10,
    added: { version: 0, application: 'a', isMerge: false },
    removals: [],
    restored: false,
  };
  expect([...(await namedFiles(localFiles(), table))!.values()]).toEqual([
    {
      ...common,
      path: 'r/1 .parquet',
      records: 3,
      removals: [{ version: 1, application: 'b', isMerge: false }],
      live: false,
      leftAt: 7,
    },
    { ...common, path: 'r/2.parquet', records: 5, restored: true, live: true, leftAt: null },
    { ...common, path: 'r/3.parquet', records: null, live: true, leftAt: null },
  ]);
});

test('no log is no table; a log that is not whole is refused, for it does not name every file', async () => {
  const files = localFiles();
  expect(await namedFiles(files, join(await temporaryFolder(), 'nothing'))).toBeUndefined();
  for (const missing of [0, 1]) {
    const table = await aTable([add('a')], [add('b')], [add('c')]);
    await rm(entryPath(table, missing));
    await expect(namedFiles(files, table)).rejects.toThrow(`version ${missing} is missing`);
  }
});

test('a version that was written while the log was listed is read', async () => {
  const files = localFiles();
  const table = await aTable([add('a')], [add('b')]);
  const list: typeof files.list = async function* (prefix) {
    for await (const file of files.list(prefix)) if (!file.uri.endsWith('1.json')) yield file;
  };
  expect([...(await namedFiles({ ...files, list }, table))!.keys()]).toEqual(['a', 'b']);
});
