/**
 * What a run joins its rows with, in the version that is there when it begins: every bucket and every retry joins with
 * the same, and the run's record says with what.
 */

import { fileURLToPath } from 'node:url';
import type { Pipeline } from '../core/pipeline.ts';
import { nameOf, type Reference } from '../core/reference.ts';
import type { PinnedReference } from './values.ts';
import type { World } from './world.ts';

/** Without those that are not there: the work that needs one says so. */
export async function pinReferences(world: World, { rows }: Pipeline): Promise<PinnedReference[]> {
  const needed = rows.steps.flatMap((step) => step.references ?? []);
  const pinned = await Promise.all(
    needed.map(async ({ relation, reference }) => {
      const version = await versionOf(world, reference);
      return version === undefined ? [] : [{ relation, name: nameOf(reference), version }];
    }),
  );
  return pinned.flat();
}

async function versionOf(world: World, reference: Reference): Promise<string | undefined> {
  if (reference.kind === 'file') return (await world.files.stat(pathOf(reference.uri)))?.version;
  const snapshot = await world.tables.snapshot(world.layout.table(reference.table));
  return snapshot?.version.toString();
}

/** Where the files of a world have a reference's file. */
export const pathOf = (uri: string): string => (uri.startsWith('file:') ? fileURLToPath(uri) : uri);
