/** Which files of a table several functions write anew before the load, if one alone would have too much to do. */

import { z } from 'zod';
import type { Pipeline } from '../../core/pipeline.ts';
import { meetsTable } from '../../core/sinks/sink.ts';
import { quote } from '../../core/sql.ts';
import type { DataFile } from '../ports.ts';
import { placesOf, writeOnce } from '../staging.ts';
import type { Manifest, Validated } from '../values.ts';
import { inEngine, type World } from '../world.ts';
import { candidateFiles } from './candidates.ts';
import { takeIn } from './incoming.ts';
import { partitionKey } from './rewrite.ts';

export const aheadPlanSchema = z.object({
  /** The paths of the files of each group. */
  groups: z.array(z.array(z.string()).min(1)),
});

/** Groups that one run may have. */
const MOST_GROUPS = 500;
const MB = 1024 * 1024;

/**
 * Writes down which files can hold a key of the run's rows, in groups, and says how many there are.
 * @returns the numbers of the groups; none where the load meets the files by itself.
 */
export async function planAhead(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  { rows, accepted }: Pick<Validated, 'rows' | 'accepted'>,
): Promise<number[]> {
  const sink = pipeline.sinks[0]!;
  const { mergeBytes } = world.limits;
  if (!meetsTable(sink) || accepted === 0) return [];
  const snapshot = await world.tables.snapshot(world.layout.table(sink.table));
  if (snapshot === undefined || bytesOf(snapshot.files) <= mergeBytes) return [];
  const candidates = await inEngine(world, async (engine) => {
    const { run } = manifest;
    await takeIn(world, engine, { run, rows: [...rows] }, sink.key.map(quote).join(', '));
    const key = snapshot.schema.fields.filter(({ name }) => sink.key.includes(name));
    return candidateFiles(engine, 'incoming', snapshot.files, key);
  });
  if (bytesOf(candidates) <= mergeBytes) return [];
  const groups = groupsOf(candidates, Math.min(mergeBytes, pipeline.scale.chunkMb * MB));
  const uri = placesOf(world, pipeline.name, manifest.execution).aheadPlan(manifest.run);
  const plan = await writeOnce(world.files, uri, aheadPlanSchema, {
    groups: groups.map((group) => group.map(({ path }) => path)),
  });
  world.notifications.progress({
    pipeline: pipeline.name,
    stage: 'validate',
    done: accepted,
    total: accepted,
    meets: { files: candidates.length, of: snapshot.files.length, groups: plan.groups.length },
  });
  return plan.groups.map((_, n) => n);
}

const bytesOf = (files: readonly DataFile[]): number => files.reduce((sum, { size }) => sum + size, 0);

/** Files of one partition stay together where they can: small ones become one. */
export function groupsOf(files: readonly DataFile[], each: number): DataFile[][] {
  const most = Math.max(each, bytesOf(files) / MOST_GROUPS);
  const parts = [...Map.groupBy(files, partitionKey).values()].flatMap((some) =>
    packed(
      some.map((one) => [one]),
      most,
    ),
  );
  return packed(parts, most);
}

/** Puts what comes one after another together, up to a number of bytes. */
function packed(parts: readonly (readonly DataFile[])[], most: number): DataFile[][] {
  const groups: DataFile[][] = [];
  let bytes = Infinity;
  for (const part of parts) {
    const more = bytesOf(part);
    if (bytes + more > most) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(...part);
    bytes += more;
  }
  return groups;
}
