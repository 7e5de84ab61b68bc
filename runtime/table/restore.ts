/** Makes rows and columns of an old version those of a table again, in a version of its own. */

import { CommitConflictError, UsageError } from '../../core/errors.ts';
import { decodePath } from '../delta/paths.ts';
import type { DataFile, Snapshot } from '../ports.ts';
import type { World } from '../world.ts';
import { commandId } from './command-id.ts';
import { missingFiles, versionGone } from './missing-files.ts';

/** Races that a restore may lose before it gives up. */
const TRIES = 5;

export interface Restored {
  /** The version that the table has now, and whether this restore made it. */
  readonly version: number;
  readonly isNew: boolean;
  /** Files and rows that came back, and that went. */
  readonly back: readonly DataFile[];
  readonly gone: readonly DataFile[];
}

/**
 * @throws UsageError if the version cannot be had any more; CommitConflictError after losing five races.
 */
export async function restoreTable(world: World, uri: string, version: number): Promise<Restored> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryRestore(world, uri, version);
    } catch (error) {
      if (!(error instanceof CommitConflictError) || tries === TRIES) throw error;
    }
  }
}

async function tryRestore(world: World, uri: string, version: number): Promise<Restored> {
  const { files, tables } = world;
  const [then, now] = [await tables.snapshot(uri, version), await tables.snapshot(uri)];
  if (then === undefined || now === undefined) throw new UsageError(`There is no table at ${uri}.`);
  const [before, after] = [pathsOf(now), pathsOf(then)];
  const gone = now.files.filter(({ path }) => !after.has(decodePath(path)));
  const back = then.files.filter(({ path }) => !before.has(decodePath(path)));
  const missing = await missingFiles(files, uri, then.files);
  if (missing.length > 0) throw versionGone(uri, version, missing);
  const isSame = JSON.stringify(then.schema) === JSON.stringify(now.schema);
  if (gone.length + back.length === 0 && isSame) {
    return { version: now.version, isNew: false, back, gone };
  }
  const committed = await tables.commit(uri, {
    id: commandId(),
    schema: then.schema,
    wholeSchema: true,
    write: 'append',
    add: back,
    remove: gone.map(({ path }) => path),
    supersedes: [],
    readVersion: now.version,
    operation: `RESTORE ${version}`,
    at: world.now(),
  });
  // A vacuum may have been at these files meanwhile: what it took must not go unsaid.
  const lost = await missingFiles(files, uri, back);
  if (lost.length === 0) return { version: committed.version, isNew: true, back, gone };
  throw new UsageError(
    `A vacuum removed ${lost[0]!.path} of ${uri} while version ${version} was restored (as version ${committed.version}). ` +
      `Go back at once: restore version ${now.version}.`,
  );
}

const pathsOf = ({ files }: Snapshot): Set<string> => new Set(files.map(({ path }) => decodePath(path)));
