/** The entries of a table's log on disk, for tests that look into them or damage them. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const entryPath = (uri: string, version: number): string =>
  join(uri, '_delta_log', `${String(version).padStart(20, '0')}.json`);
export const actionsOf = async (uri: string, version: number): Promise<Record<string, any>[]> =>
  (await readFile(entryPath(uri, version), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
export const rewrite = (uri: string, version: number, actions: readonly object[]): Promise<void> =>
  writeFile(entryPath(uri, version), actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
export const withAction = async (uri: string, name: string, more: object): Promise<void> =>
  rewrite(
    uri,
    0,
    (await actionsOf(uri, 0)).map((action) =>
      name in action ? { [name]: { ...action[name], ...more } } : action,
    ),
  );
