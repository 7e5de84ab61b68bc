/** A run as its chunks and buckets left it, put together. */

import type { z } from 'zod';
import { EngineError, LimitExceededError, ReconciliationError } from '../core/errors.ts';
import { agree } from '../core/gate/reconcile.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { judgeBucket } from './bucket.ts';
import { ignoredFields } from './ingest.ts';
import type { Files } from './ports.ts';
import { placesOf, readValue } from './staging.ts';
import { MOST_REASONS } from './transform.ts';
import { tableRows } from './unnested.ts';
import {
  bucketResultSchema,
  chunkResultSchema,
  partedFileSchema,
  partFailureSchema,
  type BucketResult,
  type ChunkResult,
  type Manifest,
  type PartedFile,
  type ReasonTally,
  type Validated,
} from './values.ts';
import type { World } from './world.ts';

/** What is known of a run before its checks are judged. */
export type Counted = Omit<Validated, 'checks'>;

/** @throws EngineError if a chunk or a bucket left no result; ReconciliationError if not all rows came to the buckets. */
export async function putTogether(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
): Promise<{ readonly counted: Counted; readonly measured: Record<string, number> }> {
  const chunks = await chunkResults(world, pipeline, manifest);
  const buckets = planOf(pipeline).setwise ? await bucketResults(world, pipeline, manifest, chunks) : null;
  const parts = buckets === null ? chunks : [...chunks, ...buckets];
  const rejects = parts.flatMap((part) => (part.rejects ? [part.rejects] : []));
  const quarantined = sum(parts, 'quarantined');
  agree(
    manifest.run,
    { of: 'rejects in files', count: rejects.reduce((total, file) => total + file.records, 0) },
    { of: 'their counts', count: quarantined },
  );
  if (buckets !== null) {
    agree(
      manifest.run,
      { of: 'the chunks', count: sum(chunks, 'accepted') },
      { of: 'the whole run', count: buckets.reduce((total, { read }) => total + read, 0) },
    );
  }
  // Rows that go on to buckets are counted there.
  const last: readonly (ChunkResult | BucketResult)[] = buckets ?? chunks;
  const counted = {
    read: manifest.records,
    accepted: sum(last, 'accepted'),
    quarantined,
    filtered: sum(parts, 'filtered'),
    deduplicated: (buckets ?? []).reduce((total, bucket) => total + bucket.deduplicated, 0),
    tableRows: last.reduce((total, part) => total + tableRows(part.accepted, part.elements), 0),
    rows: last.flatMap(({ rows }) => (rows ? [{ uri: rows.uri, records: rows.records }] : [])),
    rejects,
    reasons: mergeTallies(parts.map(({ reasons }) => reasons)),
    violations: addUp(last.map(({ violations }) => violations)),
    warnings: [...warningsOf(manifest, chunks), ...noticesOf(pipeline, buckets ?? []), ...leftOut(last)],
  };
  return { counted, measured: addUp(last.map(({ measured }) => measured)) };
}

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

async function bucketResults(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  chunks: readonly ChunkResult[],
): Promise<BucketResult[]> {
  const { buckets } = manifest;
  if (buckets === 1) return [await judgeBucket(world, pipeline, manifest, partedRows(chunks), 0)];
  const places = placesOf(world, pipeline.name, manifest.execution);
  return Promise.all(
    Array.from({ length: buckets }, (_, n) =>
      resultOf(
        world.files,
        bucketResultSchema,
        places.bucket(n),
        places.bucketFailure(n),
        `Bucket ${n} of ${buckets}`,
      ),
    ),
  );
}

/** The rows that chunks left for buckets. */
export const partedRows = (chunks: readonly ChunkResult[]): PartedFile[] =>
  chunks.flatMap(({ rows }) => (rows ? [partedFileSchema.parse(rows)] : []));

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

const sum = (
  parts: readonly (ChunkResult | BucketResult)[],
  of: 'accepted' | 'quarantined' | 'filtered',
): number => parts.reduce((total, part) => total + part[of], 0);

/** What steps have to say of rows that they marked. */
function noticesOf({ rows }: Pipeline, buckets: readonly BucketResult[]): string[] {
  const marked = addUp(buckets.map(({ notices }) => notices));
  return rows.steps
    .flatMap((step) => step.notices ?? [])
    .flatMap(({ mark, says }) => {
      const count = marked[mark] ?? 0;
      return count === 0 ? [] : [says(count)];
    });
}

/** Rows of accepted records that a step left out: the records are counted as loaded, so that nothing else tells it. */
function leftOut(parts: readonly Pick<ChunkResult, 'elements'>[]): string[] {
  const { made = 0, leftOut: out = 0 } = addUp(parts.flatMap(({ elements }) => elements ?? []));
  return out === 0 ? [] : [`${out} of ${made} elements of accepted records were left out by where().`];
}

function warningsOf(manifest: Manifest, chunks: readonly ChunkResult[]): string[] {
  const extra = [...new Set(chunks.flatMap((chunk) => chunk.extra))];
  const exact = chunks.filter((chunk) => chunk.exact).length;
  const cut = chunks.some((chunk) => chunk.reasons.length >= MOST_REASONS);
  return [
    ...ignoredFields(extra),
    ...(cut
      ? [`There are more than ${MOST_REASONS} different reasons; only the quarantine has them all.`]
      : []),
    ...(exact === 0
      ? []
      : [
          `${exact} of ${manifest.chunks.length} chunks did not parse strictly and were read record by record.`,
        ]),
  ];
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of all) for (const [name, n] of Object.entries(one)) total[name] = (total[name] ?? 0) + n;
  return total;
}

function mergeTallies(all: readonly (readonly ReasonTally[])[]): ReasonTally[] {
  const merged = new Map<string, ReasonTally>();
  for (const tally of all.flat()) {
    const key = JSON.stringify([tally.column, tally.code, tally.message]);
    const before = merged.get(key);
    const first = before === undefined || tally.record < before.record ? tally : before;
    merged.set(key, { ...first, records: tally.records + (before?.records ?? 0) });
  }
  return [...merged.values()]
    .toSorted((a, b) => b.records - a.records || a.record - b.record)
    .slice(0, MOST_REASONS);
}
