/**
 * The work on rows that meet each other: set-wise steps, then the checks that compare rows, over the rows of one bucket.
 * A run of which all rows are worked on together has one bucket.
 */

import { join } from 'node:path';
import { agree, balance } from '../core/gate/reconcile.ts';
import { LIVE } from '../core/layer.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf, type Plan } from '../core/plan/plan.ts';
import { acceptedSql, countsSql, digestSql } from '../core/plan/write.ts';
import { quote } from '../core/sql.ts';
import type { Engine } from './engine.ts';
import { measuredIn } from './measured.ts';
import { bringParts } from './parts.ts';
import { loadReferences } from './references.ts';
import { writeRejects } from './rejects.ts';
import { placesOf } from './staging.ts';
import { registerFunctions } from './step-functions.ts';
import { readParquet } from './table-files.ts';
import { tallies, violationsOf } from './transform.ts';
import { ACCEPTED, RECORDS, tableRows, unnestRecords } from './unnested.ts';
import type { BucketResult, Manifest, PartedFile } from './values.ts';
import { inEngine, type World } from './world.ts';
import { writeCounted } from './write-counted.ts';

/** @throws ReconciliationError unless every row that chunks left for it is there exactly once, and leaves in exactly one way. */
export async function judgeBucket(
  world: World,
  pipeline: Pipeline,
  manifest: Manifest,
  staged: readonly PartedFile[],
  n: number,
): Promise<BucketResult> {
  return inEngine(world, async (engine) => {
    const brought = await bringParts(world, engine, staged, n);
    if (brought.paths.length === 0) return nothing(manifest, n);
    await engine.run(`CREATE VIEW staged AS SELECT * FROM ${readParquet(brought.paths)}`);
    const judging = { world, engine, pipeline, manifest, plan: planOf(pipeline), n };
    return judge(judging, brought);
  });
}

const nothing = ({ definition }: Manifest, n: number): BucketResult => ({
  n,
  definition,
  read: 0,
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
  readonly plan: Plan;
  readonly n: number;
}

async function judge(
  judging: Judging,
  left: { readonly records: number; readonly digest: bigint },
): Promise<BucketResult> {
  const { world, engine, pipeline, manifest, plan, n } = judging;
  await registerFunctions(world, engine, pipeline.rows.steps);
  await loadReferences(world, engine, pipeline, manifest);
  const { unnest } = plan;
  const what = manifest.buckets === 1 ? manifest.run : `${manifest.run}, bucket ${n} of ${manifest.buckets}`;
  await engine.run(
    `CREATE TABLE ${unnest === null ? 'rows' : RECORDS} AS ${plan.whole('staged', manifest).sql}`,
  );
  const elements =
    unnest === null
      ? undefined
      : await unnestRecords(engine, plan, unnest, { what, n: '"_n"', run: manifest });
  const from = unnest === null ? 'rows' : ACCEPTED;
  await engine.run(`CREATE VIEW accepted_rows AS SELECT * FROM ${from} WHERE ${LIVE}`);
  const [counts] = await engine.rows(countsSql('rows', '"_n"'));
  const [numbered] = await engine.rows(`SELECT ${digestSql('"_n"')} AS digest FROM rows`);
  const { read, accepted, quarantined, filtered, deduplicated } = counts as Record<string, number>;
  agree(what, { of: 'the chunks', count: left.records }, { of: 'the engine', count: read! });
  agree(
    `${what}, record numbers`,
    { of: 'the chunks', count: String(left.digest) },
    { of: 'the engine', count: String(numbered!['digest']) },
  );
  const books = {
    read: read!,
    accepted: accepted!,
    quarantined: quarantined!,
    filtered: filtered!,
    deduplicated: deduplicated!,
  };
  balance(what, books);
  const records = tableRows(books.accepted, elements);
  return {
    n,
    definition: manifest.definition,
    ...books,
    ...(elements === undefined ? {} : { elements }),
    rows: books.accepted === 0 ? null : { uri: await placeAccepted(judging, from, what, records), records },
    rejects:
      books.quarantined === 0 ? null : { uri: await placeRejected(judging), records: books.quarantined },
    reasons: await tallies(engine, 'rows', '"_n"'),
    violations: await violationsOf(engine, pipeline, from),
    measured: await measuredIn(engine, pipeline, 'accepted_rows'),
    notices: await noticesOf(engine, pipeline),
  };
}

async function placeAccepted(
  { world, engine, pipeline, manifest, plan, n }: Judging,
  from: string,
  what: string,
  count: number,
): Promise<string> {
  const path = join(engine.folder, 'judged.parquet');
  const origin = { file: manifest.object.uri, run: manifest.run, startedAt: manifest.startedAt };
  const rows = acceptedSql(plan.output, pipeline.sinks[0]!, from, '"_n" + 1', origin);
  await writeCounted(engine, rows, path, what, count);
  const uri = placesOf(world, pipeline.name, manifest.execution).own('rows', `bucket-${n}`);
  await world.files.upload(path, uri);
  return uri;
}

async function placeRejected({ world, engine, pipeline, manifest, n }: Judging): Promise<string> {
  const input = { files: world.files, pipeline, manifest, from: 'rows', n: '"_n"' };
  const uri = placesOf(world, pipeline.name, manifest.execution).own('rejects', `bucket-${n}`);
  await world.files.upload(await writeRejects(engine, 'rejects.parquet', input), uri);
  return uri;
}

async function noticesOf(engine: Engine, { rows }: Pipeline): Promise<Record<string, number>> {
  const marks = rows.steps.flatMap((step) => step.notices ?? []).map(({ mark }) => mark);
  if (marks.length === 0) return {};
  const counts = marks.map((mark) => `count_if(${quote(mark)}) AS ${quote(mark)}`);
  const [marked] = await engine.rows(`SELECT ${counts.join(', ')} FROM rows`);
  return Object.fromEntries(marks.map((mark) => [mark, Number(marked![mark])]));
}
