/**
 * The work on rows that meet each other: set-wise steps, then the checks that compare rows, over the rows of one bucket in
 * one round. A run of which all rows are worked on together has one bucket, and no rounds.
 */

import { join } from 'node:path';
import { agree, balance } from '../core/gate/reconcile.ts';
import { LIVE } from '../core/layer.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { acceptedSql, countsSql, digestSql } from '../core/plan/write.ts';
import { quote } from '../core/sql.ts';
import type { Step } from '../core/transforms/step.ts';
import type { Engine } from './engine.ts';
import { measuredIn } from './measured.ts';
import { bringParts, noneAstray, writeParts } from './parts.ts';
import { loadReferences } from './references.ts';
import { writeRejects } from './rejects.ts';
import { workOf, type Parting, type Work } from './rounds.ts';
import { placesOf } from './staging.ts';
import { registerFunctions } from './step-functions.ts';
import { readParquet } from './table-files.ts';
import { tallies } from './tallies.ts';
import { violationsOf } from './transform.ts';
import { ACCEPTED, RECORDS, tableRows, unnestRecords } from './unnested.ts';
import type { BucketResult, Manifest, PartedFile, Share } from './values.ts';
import { inEngine, type World } from './world.ts';
import { writeCounted } from './write-counted.ts';

/** @throws ReconciliationError unless every row that was left for it is there exactly once, and leaves in exactly one way. */
export async function judgeBucket(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  left: readonly PartedFile[],
  share: Share,
): Promise<BucketResult> {
  return inEngine(world, async (engine) => {
    const brought = await bringParts(world, engine, left, share.n);
    if (brought.paths.length === 0) return nothing(manifest, share);
    await engine.run(`CREATE VIEW staged AS SELECT * FROM ${readParquet(brought.paths)}`);
    const work = workOf(pipeline, manifest, share);
    await noneAstray(engine, work.what, work.came, share.n);
    return judge({ world, engine, pipeline, manifest, work, share }, brought);
  });
}

const nothing = ({ definition }: Manifest, { n }: Share): BucketResult => ({
  n,
  definition,
  read: 0,
  digest: '0',
  accepted: 0,
  quarantined: 0,
  filtered: 0,
  deduplicated: 0,
  rows: null,
  rejects: null,
  reasons: [],
  violations: {},
  measured: {},
  notices: {},
});

interface Judging {
  readonly world: World;
  readonly engine: Engine;
  readonly pipeline: Pipeline;
  readonly manifest: Manifest;
  readonly work: Work;
  readonly share: Share;
}

async function judge(
  judging: Judging,
  left: { readonly records: number; readonly digest: bigint },
): Promise<BucketResult> {
  const { world, engine, pipeline, manifest, work, share } = judging;
  const { what, steps, leaves } = work;
  await registerFunctions(world, engine, pipeline.rows.steps);
  await loadReferences(world, engine, pipeline, steps, manifest);
  const unnest = leaves === null ? planOf(pipeline).unnest : null;
  await engine.run(
    `CREATE TABLE ${unnest === null ? 'rows' : RECORDS} AS ${work.rows('staged', manifest).sql}`,
  );
  const elements =
    unnest === null
      ? undefined
      : await unnestRecords(engine, planOf(pipeline), unnest, {
          what,
          n: '"_n"',
          run: manifest,
          limits: world.limits,
        });
  const [counts] = await engine.rows(countsSql('rows', '"_n"'));
  const [numbered] = await engine.rows(`SELECT ${digestSql('"_n"')} AS digest FROM rows`);
  const { read, accepted, quarantined, filtered, deduplicated } = counts as Record<string, number>;
  agree(what, { of: work.from, count: left.records }, { of: 'the engine', count: read! });
  const digest = String(numbered!['digest']);
  agree(
    `${what}, record numbers`,
    { of: work.from, count: String(left.digest) },
    { of: 'the engine', count: digest },
  );
  const books = {
    read: read!,
    accepted: accepted!,
    quarantined: quarantined!,
    filtered: filtered!,
    deduplicated: deduplicated!,
  };
  balance(what, books);
  return {
    n: share.n,
    definition: manifest.definition,
    ...books,
    digest,
    ...(elements === undefined ? {} : { elements }),
    rejects:
      books.quarantined === 0 ? null : { uri: await placeRejected(judging), records: books.quarantined },
    reasons: await tallies(engine, 'rows', '"_n"'),
    notices: await noticesOf(engine, steps),
    ...(leaves === null
      ? await lastOf(judging, unnest === null ? 'rows' : ACCEPTED, tableRows(books.accepted, elements))
      : { rows: await placeLeft(judging, leaves, books.accepted), violations: {}, measured: {} }),
  };
}

/** What stands of accepted rows, after the last round. */
async function lastOf(
  judging: Judging,
  from: string,
  records: number,
): Promise<Pick<BucketResult, 'rows' | 'violations' | 'measured'>> {
  const { engine, pipeline } = judging;
  await engine.run(`CREATE VIEW accepted_rows AS SELECT * FROM ${from} WHERE ${LIVE}`);
  return {
    rows: records === 0 ? null : { uri: await placeAccepted(judging, from, records), records },
    violations: await violationsOf(engine, pipeline, from),
    measured: await measuredIn(engine, pipeline, 'accepted_rows'),
  };
}

async function placeLeft(
  { world, engine, pipeline, manifest, share }: Judging,
  leaves: Parting,
  records: number,
): Promise<PartedFile | null> {
  if (records === 0) return null;
  const uri = placesOf(world, pipeline.name, manifest.execution).own('rows', ownName(share));
  return writeParts(world, engine, { ...leaves, from: 'rows', n: '"_n"', records }, uri);
}

async function placeAccepted(
  { world, engine, pipeline, manifest, work, share }: Judging,
  from: string,
  count: number,
): Promise<string> {
  const path = join(engine.folder, 'judged.parquet');
  const origin = { file: manifest.object.uri, run: manifest.run, startedAt: manifest.startedAt };
  const rows = acceptedSql(planOf(pipeline).output, pipeline.sinks[0]!, from, '"_n" + 1', origin);
  await writeCounted(engine, rows, path, work.what, count);
  const uri = placesOf(world, pipeline.name, manifest.execution).own('rows', ownName(share));
  await world.files.upload(path, uri);
  return uri;
}

async function placeRejected({ world, engine, pipeline, manifest, share }: Judging): Promise<string> {
  const input = { files: world.files, pipeline, manifest, from: 'rows', n: '"_n"' };
  const uri = placesOf(world, pipeline.name, manifest.execution).own('rejects', ownName(share));
  await world.files.upload(await writeRejects(engine, 'rejects.parquet', input), uri);
  return uri;
}

const ownName = ({ round, n }: Share): string => `bucket-${round}-${n}`;

async function noticesOf(engine: Engine, steps: readonly Step[]): Promise<Record<string, number>> {
  const marks = steps.flatMap((step) => step.notices ?? []).map(({ mark }) => mark);
  if (marks.length === 0) return {};
  const counts = marks.map((mark) => `count_if(${quote(mark)}) AS ${quote(mark)}`);
  const [marked] = await engine.rows(`SELECT ${counts.join(', ')} FROM rows`);
  return Object.fromEntries(marks.map((mark) => [mark, Number(marked![mark])]));
}
