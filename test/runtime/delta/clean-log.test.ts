/** How much of the start of a log may go: what reads the rest, and what cannot be dated or found again, holds it. */

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TransientError, UsageError } from '../../../core/errors.ts';
import { checkpointUri } from '../../../runtime/delta/paths.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { withEngine, type Engine } from '../../../runtime/engine.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { Files } from '../../../runtime/ports.ts';
import { change, dataFile } from '../../support/conformance/tables.ts';
import { actionsOf, rewrite } from '../../support/delta-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const committed = Date.parse('2026-11-21T10:00:00Z');

/** A table with versions 0 to 21 of one day, and checkpoints of 10 and 20. */
async function aTable() {
  const folder = await temporaryFolder();
  const uri = join(folder, 'lake', 'things');
  const inEngine = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
    withEngine({ scratch: join(folder, 'scratch'), memoryMb: 512, threads: 1 }, work);
  const open = (on: Partial<Files> = {}, options = { inEngine }) =>
    deltaTables({ ...localFiles(), ...on }, options);
  const tables = open();
  for (let i = 0; i <= 21; i++) await tables.commit(uri, change(`r${i}`, [dataFile(`${i}`)]));
  /** The names of what would be removed. */
  const cleaned = async (
    { before = committed, keep = [] }: { before?: number; keep?: string[] } = {},
    on = tables,
  ): Promise<string[]> => {
    const how = { before: new Date(before), keep: new Set(keep), dryRun: true };
    return (await on.cleanLog(uri, how)).map((file) => file.uri.slice(uri.length + '/_delta_log/'.length));
  };
  return { uri, open, cleaned };
}
const entries = (upTo: number): string[] =>
  Array.from({ length: upTo }, (_, i) => `${String(i).padStart(20, '0')}.json`);
const ten = '00000000000000000010.checkpoint.parquet';

test('what was the newest at the time, and a commit that must be found again, stay', async () => {
  const { cleaned } = await aTable();
  expect(await cleaned()).toEqual([ten, ...entries(20)]);
  expect(await cleaned({ before: committed - 1 })).toEqual([]);
  expect(await cleaned({ keep: ['r20'] })).toEqual(entries(10));
  expect(await cleaned({ keep: ['r10'] })).toEqual([]);
});

test('a version that went with it is told as gone', async () => {
  const { uri, open } = await aTable();
  await open().cleanLog(uri, { before: new Date(committed), keep: new Set(), dryRun: false });
  await expect(open().snapshot(uri, 5)).rejects.toThrow(
    new UsageError(
      `Version 5 of ${uri} is gone: the log was cleaned up. The oldest version that can be read is 20.`,
    ),
  );
  expect((await open().snapshot(uri, 21))?.files).toHaveLength(22);
});

test('an entry that does not say when it was made may be young', async () => {
  const { uri, cleaned } = await aTable();
  const [info, ...more] = await actionsOf(uri, 15);
  await rewrite(uri, 15, [{ commitInfo: { ...info!['commitInfo'], timestamp: undefined } }, ...more]);
  expect(await cleaned()).toEqual(entries(10));
});

test('a checkpoint of another kind is none that the rest can be read with', async () => {
  const { uri, cleaned } = await aTable();
  const parts = `${checkpointUri(uri, 20).slice(0, -'parquet'.length)}0000000001.0000000001.parquet`;
  await rename(checkpointUri(uri, 20), parts);
  expect(await cleaned()).toEqual(entries(10));
});

test('whoever has no engine removes nothing', async () => {
  const { uri, cleaned } = await aTable();
  expect(await cleaned({}, deltaTables(localFiles()))).toEqual([]);
  expect((await deltaTables(localFiles()).snapshot(uri))?.version).toBe(21);
});

test('a store that does not answer is no damaged checkpoint', async () => {
  const { uri, open, cleaned } = await aTable();
  const down = open({ download: () => Promise.reject(new TransientError('not now')) });
  await expect(cleaned({}, down)).rejects.toThrow(new TransientError('not now'));
  await expect(down.snapshot(uri)).rejects.toThrow(new TransientError('not now'));
});
