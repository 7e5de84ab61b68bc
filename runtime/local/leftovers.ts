/** What processes of this machine left behind besides objects: unfinished files, and the folders of their engines. */

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leftover } from '../leftovers.ts';
import { isAlive } from './executions.ts';
import { UNFINISHED } from './files.ts';
import { scratchFolder, scratchOf, type LocalWorld } from './world.ts';

/** No write takes a day; how long a file has lain is all that tells one that is being written. */
const OLD_MS = 24 * 3_600_000;

export async function findLocalLeftovers(world: LocalWorld): Promise<Leftover[]> {
  return [...(await unfinishedFiles(world)), ...(await deadScratch(world))];
}

async function unfinishedFiles({ layout, now }: LocalWorld): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const path of await filesBelow(layout.root, (name) => UNFINISHED.test(name))) {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined || now().getTime() - info.mtimeMs <= OLD_MS) continue;
    found.push(leftover(path, info.size, 'file that was not written to its end, older than a day'));
  }
  return found;
}

/** The engines' folders of processes of this machine that have ended. */
export async function deadScratch({ layout: { root } }: LocalWorld): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const name of await readdir(scratchFolder(root)).catch(() => [])) {
    const pid = Number(name.slice(name.lastIndexOf('-') + 1));
    const folder = join(scratchFolder(root), name);
    if (folder !== scratchOf(root, pid) || isAlive(pid)) continue;
    let bytes = 0;
    for (const path of await filesBelow(folder)) bytes += (await stat(path).catch(() => ({ size: 0 }))).size;
    found.push(leftover(`${folder}/`, bytes, `engine folder of process ${pid}, which has ended`));
  }
  return found;
}

function leftover(uri: string, bytes: number, why: string): Leftover {
  const remove = async (): Promise<boolean> => (await rm(uri, { recursive: true, force: true }), true);
  return { uri, bytes, why, remove };
}

/** Files in a folder and its folders, by name; links are not followed. */
async function filesBelow(folder: string, wanted = (_name: string) => true): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
