/** Makes the rows of an old version those of a table again, in a version of its own. */

import { CommitConflictError, UsageError } from '../../core/errors.ts';
import { decodePath } from '../delta/paths.ts';
import { checkSameSchema } from '../delta/schema.ts';
import type { DataFile, Snapshot } from '../ports.ts';
import type { World } from '../world.ts';
import { commandId } from './command-id.ts';
import { missingFiles, versionGone } from './missing-files.ts';

/** Races that a restore may lose before it gives up. */
const TRIES = 5;

export interface Restored {
  /** The version that the table has now. */
  readonly version: number;
  /** Files and rows that came back, and that went. */
  readonly back: readonly DataFile[];
  readonly gone: readonly DataFile[];
}

/**
 * @throws UsageError if the version cannot be had any more, or has other columns; CommitConflictError after losing five
 * races.
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
  checkShape(uri, then, now);
  const [before, after] = [pathsOf(now), pathsOf(then)];
  const gone = now.files.filter(({ path }) => !after.has(decodePath(path)));
  const back = then.files.filter(({ path }) => !before.has(decodePath(path)));
  const missing = await missingFiles(files, uri, then.files);
  if (missing.length > 0) throw versionGone(uri, version, missing);
  if (gone.length + back.length === 0) return { version: now.version, back, gone };
  const committed = await tables.commit(uri, {
    id: commandId(),
    schema: now.schema,
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
  if (lost.length === 0) return { version: committed.version, back, gone };
  throw new UsageError(
    `A vacuum removed ${lost[0]!.path} of ${uri} while version ${version} was restored (as version ${committed.version}). ` +
      `Go back at once: restore version ${now.version}.`,
  );
}

const pathsOf = ({ files }: Snapshot): Set<string> => new Set(files.map(({ path }) => decodePath(path)));

function checkShape(uri: string, then: Snapshot, now: Snapshot): void {
  try {
    checkSameSchema(uri, then.schema, now.schema);
    checkSameSchema(uri, now.schema, then.schema);
  } catch (cause) {
    throw new UsageError(
      `Version ${then.version} of ${uri} has other columns than version ${now.version}; a restore does not change the ` +
        'columns. Load the data anew into a table of another name.',
      { cause },
    );
  }
}
