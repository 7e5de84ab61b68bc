/** Whole tables are read one version after another: what an older version has never takes the place of a newer one's. */

import { StaleAttemptError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { Source } from '../core/sources/source.ts';
import { listLog } from './delta/list-log.ts';
import { placeOfEntry } from './delta/paths.ts';
import { takeOver } from './recover.ts';
import type { Start } from './values.ts';
import type { World } from './world.ts';

/**
 * Called by an execution that has registered. Of two at once, whichever registered later finds the other: the one with the
 * older version is ended by the newer, or ends itself.
 * @throws StaleAttemptError if a later version came since the table was read.
 */
export async function takeTurn(
  world: World,
  pipeline: Pipeline,
  { versions }: Source,
  { start, sha256 }: { readonly start: Start; readonly sha256: string },
): Promise<void> {
  const own = placeOfEntry(start.objects[0]!.uri);
  if (versions?.read !== 'whole' || own === undefined) return;
  for await (const attempt of world.ledger.unsettled(pipeline.name)) {
    const other = placeOfEntry(attempt.object.uri);
    if (attempt.sha256 === sha256 || other?.table !== own.table || other.version >= own.version) continue;
    await takeOver(world, pipeline, attempt, start.execution, {
      name: StaleAttemptError.name,
      message: `Version ${other.version} of ${versions.table} was overtaken by version ${own.version}, whose run has all of it.`,
    });
  }
  const newest = (await listLog(world.files, own.table)).entries.at(-1) ?? own.version;
  if (newest <= own.version) return;
  throw new StaleAttemptError(
    `Version ${own.version} of ${versions.table} was overtaken by version ${newest}, whose run has all of it; nothing is left to do.`,
  );
}
