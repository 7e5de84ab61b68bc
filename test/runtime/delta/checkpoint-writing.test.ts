/** What is written as a checkpoint: nothing that reads back otherwise, and never an older one where a newer is pointed to. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeCheckpoint, lastCheckpoint } from '../../../runtime/delta/checkpoint.ts';
import { checkpointUri } from '../../../runtime/delta/paths.ts';
import { readState } from '../../../runtime/delta/read-state.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { withEngine, type Engine } from '../../../runtime/engine.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import { change, dataFile } from '../../support/conformance/tables.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const files = localFiles();
const at = new Date('2026-11-21T10:00:00Z');

async function aTable() {
  const folder = await temporaryFolder();
  const uri = join(folder, 'lake', 'things');
  for (let i = 0; i < 4; i++)
    await deltaTables(files).commit(uri, change(`r${i}`, [dataFile(`f${i}`, i + 1)]));
  const inEngine = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
    withEngine({ scratch: join(folder, 'scratch'), memoryMb: 512, threads: 1 }, work);
  return { uri, inEngine };
}

test.each([
  ['a file', `SELECT * FROM c WHERE add IS NULL OR add.path <> 'f2'`],
  ['a commit', `SELECT * FROM c WHERE txn IS NULL OR txn.appId <> 'r2'`],
  [
    'statistics',
    `SELECT * REPLACE (CASE WHEN add IS NOT NULL THEN struct_update(add, stats := '{}') END AS add) FROM c`,
  ],
  [
    'a size',
    `SELECT * REPLACE (CASE WHEN add IS NOT NULL THEN struct_update(add, size := 1::BIGINT) END AS add) FROM c`,
  ],
])('one that loses %s is not put in place', async (_what, loses) => {
  const { uri, inEngine } = await aTable();
  const lossy = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
    inEngine((own) =>
      work({
        ...own,
        run: (sql) =>
          own.run(
            sql.replace(
              /^COPY \(SELECT \* FROM (.*)\) TO /s,
              (_, from) => `COPY (WITH c AS (FROM ${from}) ${loses}) TO `,
            ),
          ),
      }),
    );
  const state = (await readState(files, uri))!;
  await expect(writeCheckpoint(lossy, files, uri, state, at)).rejects.toThrow(
    `The checkpoint of version 3 of ${uri} did not read back the same.`,
  );
  expect(existsSync(checkpointUri(uri, 3))).toBe(false);
  expect(await lastCheckpoint(files, uri)).toBeUndefined();
});

test('one that comes late does not send readers back from a newer one', async () => {
  const { uri, inEngine } = await aTable();
  for (const version of [3, 1]) {
    const state = (await readState(files, uri, { version }))!;
    await writeCheckpoint(inEngine, files, uri, state, at);
    expect(existsSync(checkpointUri(uri, version))).toBe(true);
  }
  expect(await lastCheckpoint(files, uri)).toBe(3);
});
