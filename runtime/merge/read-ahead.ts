/** What was met ahead of the load, as far as it was: a group that left no result is met by the load. */

import type { Pipeline } from '../../core/pipeline.ts';
import { parseExact } from '../delta/exact-json.ts';
import { placesOf, readValue, readWhole } from '../staging.ts';
import { partFailureSchema, type Manifest } from '../values.ts';
import type { World } from '../world.ts';
import { aheadPlanSchema } from './plan-ahead.ts';
import { aheadSchema, type Ahead } from './task.ts';

export interface MetAhead {
  readonly ahead: readonly Ahead[];
  readonly warnings: readonly string[];
}

export async function readAhead(world: World, pipeline: Pipeline, manifest: Manifest): Promise<MetAhead> {
  const { run, execution } = manifest;
  const { files } = world;
  const places = placesOf(world, pipeline.name, execution);
  if (!(await files.stat(places.aheadPlan(run)))) return { ahead: [], warnings: [] };
  const { groups } = await readValue(files, places.aheadPlan(run), aheadPlanSchema);
  const ahead: Ahead[] = [];
  const missing: number[] = [];
  for (const n of groups.keys()) {
    const uri = places.ahead(run, n);
    if (!(await files.stat(uri))) missing.push(n);
    // Bounds of statistics may be numbers that JavaScript would round.
    else ahead.push(aheadSchema.parse(parseExact((await readWhole(files, uri)).toString('utf8'))));
  }
  if (missing.length === 0) return { ahead, warnings: [] };
  const noted = (await files.stat(places.aheadFailure(run, missing[0]!)))
    ? await readValue(files, places.aheadFailure(run, missing[0]!), partFailureSchema)
    : { name: 'Killed', message: 'it ended without a word (out of memory, out of time, or stopped)' };
  const warning =
    `${missing.length} of ${groups.length} groups of files were not met ahead of the load, which met them by itself: ` +
    `group ${missing[0]!}: ${noted.name}: ${noted.message}`;
  return { ahead, warnings: [warning] };
}
