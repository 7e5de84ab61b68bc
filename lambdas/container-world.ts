/** The world of AWS, made once for each process of a function. */

import { rmSync } from 'node:fs';
import { awsWorld } from '../runtime/aws/world.ts';
import type { World } from '../runtime/world.ts';

let world: World | undefined;

/**
 * Made at the first call, so that a wrong environment fails that call with a name and a message. What a process that was
 * ended in the middle of its work left on the disk is removed first: Lambda keeps the disk for the next one.
 */
export function containerWorld(): World {
  if (world === undefined) {
    world = awsWorld();
    rmSync(world.scratch, { recursive: true, force: true });
  }
  return world;
}
