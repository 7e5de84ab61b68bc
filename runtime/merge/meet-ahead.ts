/** Meets one group of a table's files ahead of the load, and leaves what came of it under the group's number. */

import { EngineError } from '../../core/errors.ts';
import type { Pipeline } from '../../core/pipeline.ts';
import { planOf } from '../../core/plan/plan.ts';
import { notingFailure } from '../note-failure.ts';
import { placesOf, readValue, writeOnce } from '../staging.ts';
import type { Manifest, Validated } from '../values.ts';
import { inEngine, type World } from '../world.ts';
import { keepAhead } from './ahead.ts';
import { mergeOf } from './merge-of.ts';
import { meetFiles } from './meet-files.ts';
import { openMeeting } from './open-meeting.ts';
import { aheadPlanSchema } from './plan-ahead.ts';
import { aheadSchema } from './task.ts';

/** @throws what went wrong, after noting it beside the results; the load then meets these files by itself. */
export async function meetAhead(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  { rows }: Validated,
  n: number,
): Promise<void> {
  const { run } = manifest;
  const places = placesOf(world, pipeline.name, manifest.execution);
  const { groups } = await readValue(world.files, places.aheadPlan(run), aheadPlanSchema);
  const group = groups[n];
  if (group === undefined) throw new EngineError(`${places.aheadPlan(run)} has no group ${n}.`);
  const sink = pipeline.sinks[0]!;
  const uri = world.layout.table(sink.table);
  await notingFailure(world.files, places.aheadFailure(run, n), n, async () => {
    const snapshot = await world.tables.snapshot(uri);
    const wanted = new Set(group);
    const files = (snapshot?.files ?? []).filter(({ path }) => wanted.has(path));
    const schema = { fields: planOf(pipeline).table, partitionBy: sink.partitionBy, description: '' };
    const ahead = await inEngine(world, async (engine) => {
      const meeting = await openMeeting(
        world,
        engine,
        { uri, snapshot, schema },
        mergeOf(pipeline, sink, run, rows),
      );
      const rewritten = await meetFiles(meeting, new Map(files.entries()));
      return keepAhead(meeting, files, rewritten, places.own('met', n));
    });
    await writeOnce(world.files, places.ahead(run, n), aheadSchema, ahead);
  });
}
