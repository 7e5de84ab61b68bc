/** Files of a table in a store that is no disk: brought to scratch, and missed by name where they are gone. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TransientError, UsageError } from '../../../core/errors.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { LakeTable } from '../../../runtime/query/lake-tables.ts';
import { placeLiveFiles } from '../../../runtime/query/live-files.ts';
import { schema } from '../../support/conformance/tables.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const uri = 's3://lake/lake/t';
const table: LakeTable = {
  schema: 'lake',
  name: 't',
  uri,
  snapshot: {
    schema,
    files: ['r1/a%20b.parquet', 'r1/c.parquet'].map((path, i) => ({
      path,
      size: 3,
      partitionValues: { p: String(i) },
    })),
  },
};
const contents = {
  [`${uri}/r1/a b.parquet`]: Buffer.from('one'),
  [`${uri}/r1/c.parquet`]: Buffer.from('two'),
};

test('all are brought, and how many bytes that are is said before', async () => {
  const folder = await temporaryFolder();
  const said: number[][] = [];
  const placed = await placeLiveFiles(memoryFiles(contents), table, folder, (...of) => void said.push(of));
  expect(said).toEqual([[2, 6]]);
  expect(placed).toEqual([
    { path: join(folder, '0.parquet'), partitionValues: { p: '0' } },
    { path: join(folder, '1.parquet'), partitionValues: { p: '1' } },
  ]);
  expect((await Promise.all(placed.map(({ path }) => readFile(path)))).join()).toBe('one,two');
});

test('on a disk they are read where they lie, but for what the engine would take for a pattern', async () => {
  const [root, folder] = [await temporaryFolder(), await temporaryFolder()];
  for (const path of ['a.parquet', 'b[1].parquet']) await writeFile(join(root, path), path);
  const files = ['a.parquet', 'b%5B1%5D.parquet'].map((path) => ({ path, size: 3, partitionValues: {} }));
  const onDisk = { ...table, uri: root, snapshot: { ...table.snapshot, files } };
  const placed = await placeLiveFiles(localFiles(), onDisk, folder, undefined);
  expect(placed.map(({ path }) => path)).toEqual([join(root, 'a.parquet'), join(folder, '1.parquet')]);
  expect(await readFile(join(folder, '1.parquet'), 'utf8')).toBe('b[1].parquet');
});

test('one that is gone is named; a store that does not answer is not taken for that', async () => {
  const folder = await temporaryFolder();
  const files = memoryFiles(contents);
  files.contents.delete(`${uri}/r1/c.parquet`);
  await expect(placeLiveFiles(files, table, folder, undefined)).rejects.toThrow(
    new UsageError(
      `The file ${uri}/r1/c.parquet of table t is gone. Query the table's newest version; if this was it, see: sluice doctor`,
    ),
  );
  const down = new TransientError('not now');
  const silent = { ...files, download: () => Promise.reject(down) };
  await expect(placeLiveFiles(silent, table, folder, undefined)).rejects.toBe(down);
});
