/** How the work on rows that meet is shared out: in rounds one after another, each in buckets side by side. */

import type { Pipeline } from '../core/pipeline.ts';
import { planOf, type PlannedRound } from '../core/plan/plan.ts';
import type { Manifest, RoundTask, Share } from './values.ts';
import type { World } from './world.ts';

/** Parts that one statement writes: each has a buffer of its own. */
const MOST_BUCKETS = 256;

/** In how many buckets each round is done; none where one function does all of it at once. */
export function roundsFor(
  world: World,
  pipeline: Pipeline,
  object: { readonly bytes: number; readonly records: number },
): number[] {
  const { rounds, staged } = planOf(pipeline);
  // Bytes of columns may be far fewer than those of the values in them.
  const bytes = Math.max(object.bytes, object.records * staged.length * 8);
  const each = Math.min(world.limits.bucketBytes, pipeline.scale.bucketMb * 1024 * 1024);
  const many = Math.min(MOST_BUCKETS, Math.max(1, Math.ceil(bytes / each)));
  const buckets = rounds.map(({ by }) => (by === null ? 1 : many));
  return buckets.every((n) => n === 1) ? [] : buckets;
}

/** The rounds as the state machine takes them: the first one, in it the next, and so on. */
export const roundTask = (rounds: readonly number[]): RoundTask =>
  rounds.reduceRight<RoundTask>(
    (next, buckets, n) => ({ n, buckets: Array.from({ length: buckets }, (_, bucket) => bucket), next }),
    { buckets: [] },
  );

/** How rows are left for a round. */
export interface Parting extends Pick<PlannedRound, 'staged'> {
  readonly by: readonly string[];
  readonly buckets: number;
}

/** Null after the last round. Where one function does it all, what chunks leave is in one part. */
export function partingFor(pipeline: Pipeline, { rounds }: Manifest, round: number): Parting | null {
  const next = planOf(pipeline).rounds[round];
  if (next === undefined) return null;
  return { staged: next.staged, by: next.by ?? [], buckets: rounds[round] ?? 1 };
}

/** What one call does of the work on rows that meet. */
export interface Work extends Pick<PlannedRound, 'rows'> {
  /** What a message names first. */
  readonly what: string;
  /** Who left the rows. */
  readonly from: string;
  /** How they were parted, and how what is left of them is to be. */
  readonly came: Parting;
  readonly leaves: Parting | null;
  readonly steps: Pipeline['rows']['steps'];
}

export function workOf(pipeline: Pipeline, manifest: Manifest, { round, n }: Share): Work {
  const { rounds, whole } = planOf(pipeline);
  const came = partingFor(pipeline, manifest, round)!;
  const { run } = manifest;
  if (manifest.rounds.length === 0)
    return { what: run, from: CHUNKS, came, leaves: null, steps: pipeline.rows.steps, rows: whole };
  const { rows, deeds } = rounds[round]!;
  return {
    what: `${run}, ${nameOfBucket(manifest, { round, n })}`,
    from: round === 0 ? CHUNKS : nameOfRound(round - 1),
    came,
    leaves: partingFor(pipeline, manifest, round + 1),
    steps: deeds.flatMap(({ step }) => step ?? []),
    rows,
  };
}

const CHUNKS = 'the chunks';

export const nameOfBucket = ({ rounds }: Manifest, { round, n }: Share): string =>
  `${rounds.length === 1 ? '' : `${nameOfRound(round)}, `}bucket ${n} of ${rounds[round]}`;

export const nameOfRound = (round: number): string => `round ${round + 1}`;
