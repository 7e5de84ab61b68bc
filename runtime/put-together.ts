/** A run as its chunks and buckets left it, put together. */

import { agree, balance } from '../core/gate/reconcile.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { ignoredFields } from './ingest.ts';
import { chunkResults, roundResults } from './part-results.ts';
import { nameOfRound } from './rounds.ts';
import { mergeTallies, MOST_REASONS } from './tallies.ts';
import { tableRows } from './unnested.ts';
import type { BucketResult, ChunkResult, Manifest, Validated } from './values.ts';
import type { World } from './world.ts';

/** What is known of a run before its checks are judged. */
export type Counted = Omit<Validated, 'checks'>;

/** @throws EngineError if a chunk or a bucket left no result; ReconciliationError if not all rows came to each round. */
export async function putTogether(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
): Promise<{ readonly counted: Counted; readonly measured: Record<string, number> }> {
  const chunks = await chunkResults(world, pipeline, manifest);
  const rounds = planOf(pipeline).setwise ? await roundResults(world, pipeline, manifest, chunks) : [];
  const buckets = rounds.flat();
  const parts = [...chunks, ...buckets];
  const rejects = parts.flatMap((part) => (part.rejects ? [part.rejects] : []));
  const quarantined = sum(parts, 'quarantined');
  agree(
    manifest.run,
    { of: 'rejects in files', count: rejects.reduce((total, file) => total + file.records, 0) },
    { of: 'their counts', count: quarantined },
  );
  balanceRounds(manifest, chunks, rounds);
  // Rows that go on to a round are counted there.
  const last: readonly (ChunkResult | BucketResult)[] = rounds.at(-1) ?? chunks;
  const told = mergeTallies(parts.map(({ reasons }) => reasons));
  const counted = {
    read: manifest.records,
    accepted: sum(last, 'accepted'),
    quarantined,
    filtered: sum(parts, 'filtered'),
    deduplicated: sum(buckets, 'deduplicated'),
    tableRows: last.reduce((total, part) => total + tableRows(part.accepted, part.elements), 0),
    rows: last.flatMap(({ rows }) => (rows ? [{ uri: rows.uri, records: rows.records }] : [])),
    rejects,
    reasons: told.reasons,
    violations: addUp(last.map(({ violations }) => violations)),
    warnings: [
      ...warningsOf(manifest, chunks, told.isCut),
      ...noticesOf(pipeline, buckets),
      ...leftOut(last),
    ],
  };
  return { counted, measured: addUp(last.map(({ measured }) => measured)) };
}

/** Each round has the rows that were left for it, each of them once, and each leaves it in exactly one way. */
function balanceRounds(
  manifest: Manifest,
  chunks: readonly ChunkResult[],
  rounds: readonly (readonly BucketResult[])[],
): void {
  let left: { of: string; parts: readonly (ChunkResult | BucketResult)[] } = {
    of: 'the chunks',
    parts: chunks,
  };
  for (const [round, buckets] of rounds.entries()) {
    const one = manifest.rounds.length <= 1;
    const of = one ? 'the whole run' : nameOfRound(round);
    const read = sum(buckets, 'read');
    agree(manifest.run, { of: left.of, count: sum(left.parts, 'accepted') }, { of, count: read });
    agree(
      `${manifest.run}, record numbers`,
      {
        of: left.of,
        count: digestOf(left.parts.map(({ rows }) => (rows && 'digest' in rows ? rows : null))),
      },
      { of, count: digestOf(buckets) },
    );
    balance(one ? manifest.run : `${manifest.run}, ${of}`, {
      read,
      accepted: sum(buckets, 'accepted'),
      quarantined: sum(buckets, 'quarantined'),
      filtered: sum(buckets, 'filtered'),
      deduplicated: sum(buckets, 'deduplicated'),
    });
    left = { of, parts: buckets };
  }
}

const digestOf = (parts: readonly ({ readonly digest: string } | null)[]): string =>
  String(parts.reduce((total, part) => total + BigInt(part?.digest ?? 0), 0n));

const sum = <K extends string>(parts: readonly Readonly<Record<K, number>>[], of: K): number =>
  parts.reduce((total, part) => total + part[of], 0);

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

function warningsOf(manifest: Manifest, chunks: readonly ChunkResult[], isCut: boolean): string[] {
  const extra = [...new Set(chunks.flatMap((chunk) => chunk.extra))];
  const exact = chunks.filter((chunk) => chunk.exact).length;
  return [
    ...ignoredFields(extra),
    ...(isCut
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
