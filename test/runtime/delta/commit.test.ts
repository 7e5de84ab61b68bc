/** What a commit finds that another process changed meanwhile, or that it made itself before: what it says, and no more. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CommitConflictError } from '../../../core/errors.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { withEngine } from '../../../runtime/engine.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { Files } from '../../../runtime/ports.ts';
import { change, dataFile, field, pathsOf, schema } from '../../support/conformance/tables.ts';
import { entryPath } from '../../support/delta-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const files = localFiles();
const newTable = async (): Promise<string> => join(await temporaryFolder(), 'lake', 'things');
const merged = { inserted: 1, updated: 2, unchanged: 3, deleted: 4, absent: 5, outdated: 6 };

test('a conflict that is told as one already is not told as another', async () => {
  const uri = await newTable();
  const tables = deltaTables(files);
  await tables.commit(uri, change('r1', [dataFile('a')]));
  const wide = { ...schema, fields: [...schema.fields, field('more', 'string')] };
  let isFirst = true;
  const raced: Files = {
    ...files,
    async write(entry, content, options) {
      if (isFirst) {
        isFirst = false;
        await tables.commit(uri, change('other', [], { schema: wide }));
      }
      return files.write(entry, content, options);
    },
  };
  const committing = deltaTables(raced).commit(uri, change('r2', [], { wholeSchema: true, readVersion: 0 }));
  await expect(committing).rejects.toThrow(
    new CommitConflictError(
      `Another writer changed the columns or the protocol of ${uri} (version 1), after version 0 that this change was ` +
        'made from. Make it again from the newest version.',
    ),
  );
});

test('of a merge that was made before, the files that it added are told as long as its entry is there', async () => {
  const uri = await newTable();
  const tables = deltaTables(files);
  const merge = change('r1', [dataFile('mine')], { merged });
  await tables.commit(uri, change('r0', []));
  await tables.commit(uri, merge);
  await tables.commit(uri, change('r2', []));
  const again = { ...merge, add: [dataFile('another')] };
  const known = { version: 1, repeated: true, deleted: 4, merged };
  expect(await tables.commit(uri, again)).toEqual({ ...known, added: ['mine'] });
  // This process has read the log; another one cleaned it up.
  await rm(entryPath(uri, 1));
  expect(await tables.commit(uri, again)).toEqual({ ...known, added: undefined });
  expect(await pathsOf(tables, uri)).toEqual(['mine']);
});

test('of rows that were added before, their files are told also where its entry is gone', async () => {
  const uri = await newTable();
  const tables = deltaTables(files);
  for (const run of ['r0', 'r1', 'r2']) await tables.commit(uri, change(run, [dataFile(run)]));
  const again = () => tables.commit(uri, change('r1', [dataFile('r1')]));
  const known = { version: 1, repeated: true, added: ['r1'] };
  expect(await again()).toMatchObject(known);
  await rm(entryPath(uri, 1));
  expect(await again()).toMatchObject(known);
});

test('behind a checkpoint each commit of an application is found as itself', async () => {
  const uri = await newTable();
  const scratch = await temporaryFolder();
  const open = () =>
    deltaTables(files, { inEngine: (work) => withEngine({ scratch, memoryMb: 512, threads: 1 }, work) });
  const commit = (version: number) =>
    open().commit(uri, change('app', [dataFile(`f${version}`)], { id: { application: 'app', version } }));
  for (let i = 0; i <= 10; i++) await commit(i);
  expect(await commit(4)).toMatchObject({ version: 4, repeated: true, added: ['f4'] });
  expect((await open().snapshot(uri))?.version).toBe(10);
});

test('a version below the first is none', async () => {
  const uri = await newTable();
  const tables = deltaTables(files);
  await tables.commit(uri, change('r1', []));
  await expect(tables.snapshot(uri, -1)).rejects.toThrow(`${uri} has no version -1; its newest is 0.`);
});
