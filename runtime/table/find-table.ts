/** Finds a table of the lake by its name. */

import { UsageError } from '../../core/errors.ts';
import type { World } from '../world.ts';

/** @returns its URI. @throws UsageError that names the tables there are. */
export async function findTable({ files, layout }: World, name: string): Promise<string> {
  const lake = layout.table('');
  const names = new Set<string>();
  for await (const { uri } of files.list(lake)) {
    const [table = '', folder] = uri.slice(lake.length).split('/');
    if (folder === '_delta_log') names.add(table);
  }
  if (names.has(name)) return layout.table(name);
  const known = names.size === 0 ? 'There is no table yet.' : `There are: ${[...names].sort().join(', ')}.`;
  throw new UsageError(`${layout.root} has no table ${JSON.stringify(name)}. ${known}`);
}
