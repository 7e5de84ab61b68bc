/** The work on all rows of a run at once: set-wise steps, then the checks that compare rows. */

import { join } from 'node:path';
import { agree, balance } from '../core/gate/reconcile.ts';
import { LIVE } from '../core/layer.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { Plan } from '../core/plan/plan.ts';
import { acceptedSql, copySql, countsSql } from '../core/plan/write.ts';
import { quote } from '../core/sql.ts';
import type { Engine } from './engine.ts';
import { loadReferences } from './references.ts';
import { writeRejects } from './rejects.ts';
import { placesOf } from './staging.ts';
import { registerFunctions } from './step-functions.ts';
import { readParquet } from './table-files.ts';
import { tallies, violationsOf } from './transform.ts';
import type { Manifest, ReasonTally, StagedFile } from './values.ts';
import type { World } from './world.ts';

export interface Whole {
  /** The relation of accepted rows, in the engine. */
  readonly relation: string;
  readonly accepted: number;
  readonly quarantined: number;
  readonly filtered: number;
  readonly deduplicated: number;
  readonly rows: StagedFile | null;
  readonly rejects: StagedFile | null;
  readonly reasons: ReasonTally[];
  readonly violations: Record<string, number>;
  /** What steps have to say of rows that they marked. */
  readonly warnings: string[];
}

/** @throws ReconciliationError unless every staged row is there exactly once, and leaves in exactly one way. */
export async function judgeWhole(
  engine: Engine,
  world: World,
  pipeline: Pipeline,
  plan: Plan,
  manifest: Manifest,
  paths: readonly string[],
): Promise<Whole> {
  const places = placesOf(world, pipeline.name, manifest.execution);
  await engine.run(`CREATE VIEW staged AS SELECT * FROM ${readParquet(paths)}`);
  await registerFunctions(world, engine, pipeline.rows.steps);
  await loadReferences(world, engine, pipeline, manifest);
  await engine.run(`CREATE TABLE rows AS ${plan.whole('staged', manifest).sql}`);
  await engine.run(`CREATE VIEW accepted_rows AS SELECT * FROM rows WHERE ${LIVE}`);
  const [before] = await engine.rows(
    `SELECT count(*) AS records, coalesce(sum("_n"), 0)::VARCHAR AS numbers FROM staged`,
  );
  const [counts] = await engine.rows(countsSql('rows', '"_n"'));
  const { read, accepted, quarantined, filtered, deduplicated } = counts as Record<string, number>;
  agree(
    manifest.run,
    { of: 'the chunks', count: before!['records'] as number },
    { of: 'the whole run', count: read! },
  );
  agree(
    `${manifest.run}, record numbers`,
    { of: 'the chunks', count: String(before!['numbers']) },
    { of: 'the whole run', count: String(counts!['numbers']) },
  );
  const books = {
    accepted: accepted!,
    quarantined: quarantined!,
    filtered: filtered!,
    deduplicated: deduplicated!,
  };
  balance(manifest.run, { read: read!, ...books });
  return {
    relation: 'accepted_rows',
    ...books,
    rows: books.accepted === 0 ? null : { uri: await writeAccepted(), records: books.accepted },
    rejects: books.quarantined === 0 ? null : { uri: await writeRejected(), records: books.quarantined },
    reasons: await tallies(engine, 'rows', '"_n"'),
    violations: await violationsOf(engine, pipeline, 'rows'),
    warnings: await noticesOf(engine, pipeline),
  };

  async function writeAccepted(): Promise<string> {
    const path = join(engine.folder, 'whole.parquet');
    const origin = { file: manifest.object.uri, run: manifest.run, startedAt: manifest.startedAt };
    await engine.run(copySql(acceptedSql(plan.output, pipeline.sinks[0]!, 'rows', '"_n" + 1', origin), path));
    const uri = places.own('rows', 'whole');
    await world.files.upload(path, uri);
    return uri;
  }

  async function writeRejected(): Promise<string> {
    const { format } = pipeline.sources[manifest.source]!;
    const input = { files: world.files, format, manifest, from: 'rows', n: '"_n"' };
    const uri = places.own('rejects', 'whole');
    await world.files.upload(await writeRejects(engine, 'whole-rejects.parquet', input), uri);
    return uri;
  }
}

async function noticesOf(engine: Engine, pipeline: Pipeline): Promise<string[]> {
  const notices = pipeline.rows.steps.flatMap((step) => step.notices ?? []);
  if (notices.length === 0) return [];
  const counts = notices.map(({ mark }) => `count_if(${quote(mark)}) AS ${quote(mark)}`);
  const [marked] = await engine.rows(`SELECT ${counts.join(', ')} FROM rows`);
  return notices.flatMap(({ mark, says }) => {
    const rows = Number(marked![mark]);
    return rows === 0 ? [] : [says(rows)];
  });
}
