/** The files of a table's version, where the engine can read them: in their place on a disk, else brought to scratch. */

import { realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ObjectChangedError, UsageError } from '../../core/errors.ts';
import { decodePath } from '../delta/paths.ts';
import type { Files } from '../ports.ts';
import type { LakeTable } from './lake-tables.ts';
import type { ViewedFile } from './table-view.ts';

/** Downloads at a time. */
const AT_ONCE = 8;

/** What the engine takes for a pattern in a file's name. */
const PATTERN = /[*?[\]{}]/;

/**
 * @param onDownload is told before files are brought to scratch, to `folder`.
 * @throws UsageError if a file that the log names is gone.
 */
export async function placeLiveFiles(
  files: Files,
  { name, uri, snapshot }: LakeTable,
  folder: string,
  onDownload: ((files: number, bytes: number) => void) | undefined,
): Promise<readonly ViewedFile[]> {
  const root = isAbsolute(uri) && snapshot.files.length > 0 ? await realpath(uri) : uri;
  const live = snapshot.files.map((file) => ({ ...file, inTable: decodePath(file.path) }));
  const isInPlace = (inTable: string): boolean => isAbsolute(root) && !PATTERN.test(`${root}/${inTable}`);
  const away = live.filter(({ inTable }) => !isInPlace(inTable));
  if (away.length > 0)
    onDownload?.(
      away.length,
      away.reduce((bytes, { size }) => bytes + size, 0),
    );
  const placed: ViewedFile[] = [];
  const bring = async (i: number): Promise<void> => {
    const { inTable, partitionValues } = live[i]!;
    const gone = (cause?: unknown) =>
      new UsageError(
        `The file ${uri}/${inTable} of table ${name} is gone. Query the table's newest version; if this was it, see: sluice doctor`,
        { cause },
      );
    if (isInPlace(inTable)) {
      if ((await files.stat(`${root}/${inTable}`)) === undefined) throw gone();
      placed[i] = { path: `${root}/${inTable}`, partitionValues };
      return;
    }
    const path = join(folder, `${i}.parquet`);
    await files.download(`${uri}/${inTable}`, path).catch((cause: unknown) => {
      throw cause instanceof ObjectChangedError ? gone(cause) : cause;
    });
    placed[i] = { path, partitionValues };
  };
  let next = 0;
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    try {
      while (next < live.length) await bring(next++);
    } catch (cause) {
      next = live.length;
      throw cause;
    }
  });
  // The folder goes away with the query: nothing may still be written to it.
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
  return placed;
}
