/** The world of AWS, made once for each process of a function. */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { awsWorld } from '../runtime/aws/world.ts';
import type { World } from '../runtime/world.ts';

let world: World | undefined;

/**
 * Made at the first call, so that a wrong environment fails that call with a name and a message. What a process that was
 * ended in the middle of its work left on the disk is removed first: Lambda keeps the disk for the next one.
 */
export function containerWorld(): World {
  return (world ??= ofThisProcess(awsWorld()));
}

/** Each process has a folder of its own: where there are no containers, as on some emulators, they share the disk. */
export function ofThisProcess(shared: World): World {
  const scratch = join(shared.scratch, String(process.pid));
  for (const name of foldersIn(shared.scratch)) {
    const folder = join(shared.scratch, name);
    if (folder === scratch || !isAlive(Number(name))) rmSync(folder, { recursive: true, force: true });
  }
  return Object.freeze({ ...shared, scratch });
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Whatever has no such number is nobody's; who may not be asked is alive.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
