/** What chunks and buckets left, read by the stage that needs it; one that is missing says why. */

import type { z } from 'zod';
import { EngineError, LimitExceededError, ReconciliationError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { judgeBucket } from './bucket.ts';
import type { Files } from './ports.ts';
import { nameOfBucket } from './rounds.ts';
import { placesOf, readValue } from './staging.ts';
import {
  bucketResultSchema,
  chunkResultSchema,
  partedFileSchema,
  partFailureSchema,
  type BucketResult,
  type ChunkResult,
  type Manifest,
  type PartedFile,
} from './values.ts';
import type { World } from './world.ts';

/** @throws EngineError for a chunk that left no result. */
export function chunkResults(world: World, pipeline: Pipeline, manifest: Manifest): Promise<ChunkResult[]> {
  const places = placesOf(world, pipeline.name, manifest.execution);
  return Promise.all(
    manifest.chunks.map(({ n }) =>
      resultOf(
        world.files,
        chunkResultSchema,
        places.chunk(n),
        places.chunkFailure(n),
        `Chunk ${n} of ${manifest.chunks.length}`,
      ),
    ),
  );
}

/**
 * The results of all rounds, in their order; of a run that was not shared out, the work itself.
 * @throws EngineError for a bucket that left no result: of the first round that has one, because those after it lack its rows.
 */
export async function roundResults(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  chunks: readonly ChunkResult[],
): Promise<BucketResult[][]> {
  if (manifest.rounds.length === 0)
    return [[await judgeBucket(world, pipeline, manifest, partedRows(chunks), { round: 0, n: 0 })]];
  const results: BucketResult[][] = [];
  for (const round of manifest.rounds.keys())
    results.push(await bucketResults(world, pipeline, manifest, round));
  return results;
}

/** The rows that chunks, or the buckets of the round before, left for a round. */
export async function rowsFor(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  round: number,
): Promise<PartedFile[]> {
  return partedRows(
    round === 0
      ? await chunkResults(world, pipeline, manifest)
      : await bucketResults(world, pipeline, manifest, round - 1),
  );
}

function bucketResults(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  round: number,
): Promise<BucketResult[]> {
  const places = placesOf(world, pipeline.name, manifest.execution);
  const named = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
  return Promise.all(
    Array.from({ length: manifest.rounds[round]! }, (_, n) =>
      resultOf(
        world.files,
        bucketResultSchema,
        places.bucket({ round, n }),
        places.bucketFailure({ round, n }),
        named(nameOfBucket(manifest, { round, n })),
      ),
    ),
  );
}

const partedRows = (parts: readonly (ChunkResult | BucketResult)[]): PartedFile[] =>
  parts.flatMap(({ rows }) => (rows ? [partedFileSchema.parse(rows)] : []));

async function resultOf<S extends z.ZodType>(
  files: Files,
  schema: S,
  uri: string,
  failure: string,
  what: string,
): Promise<z.output<S>> {
  if (await files.stat(uri)) return readValue(files, uri, schema);
  const noted = (await files.stat(failure))
    ? await readValue(files, failure, partFailureSchema)
    : { name: 'Killed', message: 'it ended without a word (out of memory, out of time, or stopped)' };
  const Kind =
    [LimitExceededError, ReconciliationError].find(({ name }) => name === noted.name) ?? EngineError;
  throw new Kind(
    `${what} left no result: ${noted.name}: ${noted.message}. Nothing was ` +
      'committed and the source is untouched; run the object again once the cause is mended.',
  );
}
