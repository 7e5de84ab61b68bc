/** The only judge: what tables, quarantine, ledger, reports and work hold in the end, whatever happened on the way. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { literal } from '../../core/sql.ts';
import { deltaTables } from '../../runtime/delta/tables.ts';
import { runOfFile } from '../../runtime/layout.ts';
import { localLedger } from '../../runtime/local/ledger.ts';
import type { Attempt, Snapshot } from '../../runtime/ports.ts';
import { runRecordSchema, type RunRecord } from '../../runtime/result.ts';
import type { MemoryFiles } from '../support/memory-files.ts';
import type { OpenEngine } from '../support/engine.ts';
import { bytesOf, expected } from './contents.ts';
import { historyIn, layout, sha256Of } from './ports.ts';
import { contentNames, type ContentName, type Delivery } from './scenario.ts';

export interface Evidence {
  readonly files: MemoryFiles;
  readonly histories: Map<string, RunRecord[]>;
  readonly engine: OpenEngine;
  /** Every content that a pipeline was given. */
  readonly given: readonly (readonly [Delivery['pipeline'], ContentName])[];
}

/** @returns what is not as it must be, a sentence each; none if all is well. */
export async function judge(evidence: Evidence): Promise<string[]> {
  const wrong: string[] = [];
  const must = (holds: boolean, otherwise: string): void => {
    if (!holds) wrong.push(otherwise);
  };
  const same = (what: string, found: unknown, wanted: unknown): void =>
    must(
      JSON.stringify(found) === JSON.stringify(wanted),
      `${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`,
    );
  const { files, given } = evidence;
  const ledger = localLedger(files, layout.ledger, { history: historyIn(evidence.histories) });
  const tables = deltaTables(files);
  const live = new Map<string, string>();
  const attempts: Attempt[] = [];

  for (const [pipeline, content] of given) {
    const what = `${content} in ${pipeline}`;
    const all = await ledger.attempts(pipeline, sha256Of(bytesOf[content]));
    attempts.push(...all);
    same(
      `${what}: attempts`,
      all.map((one) => one.attempt),
      all.map((_, i) => i + 1),
    );
    const { status, read, rows, rejects } = expected[content];
    for (const { attempt, record, decision, run } of all) {
      must(record !== undefined, `${what}: attempt ${attempt} is not settled`);
      must(decision !== undefined, `${what}: attempt ${attempt} is not decided`);
      if (record === undefined) continue;
      must([status, 'failed'].includes(record.status), `${what}: attempt ${attempt} is ${record.status}`);
      must(record.run === run, `${what}: attempt ${attempt} is run ${run}, settled as ${record.run}`);
      if (record.status === 'failed') continue;
      const { loaded, quarantined, filtered, deduplicated, held } = record.records;
      same(`${what}: read`, record.records.read, read);
      if (read !== null) same(`${what}: sum`, loaded + quarantined + filtered + deduplicated + held, read);
      same(`${what}: counts`, [loaded, quarantined], [status === 'held' ? 0 : rows.length, rejects.length]);
    }
    const last = all.findLast(({ record }) => record?.status === status);
    must(last !== undefined, `${what}: no attempt ended as ${status}`);
    if (last) live.set(last.run, content);
    const published = all.filter(({ record }) => record?.status.startsWith('published'));
    must(status !== 'held' || published.length === 0, `${what}: was published`);
  }

  for (const pipeline of new Set(given.map(([name]) => name))) {
    const contents = given.filter(([name]) => name === pipeline).map(([, content]) => content);
    const uri = layout.table(pipeline);
    same(
      `rows of ${pipeline}`,
      await rowsOf(evidence, uri, await tables.snapshot(uri), `id || ' ' || name || ' ' || "_record"`),
      contents.flatMap((content) => expected[content].rows).toSorted(),
    );
    const records = await ledger.history(pipeline, 10_000);
    const settled = attempts.filter((one) => one.pipeline === pipeline && one.record);
    for (const { record } of settled) {
      const lines = records.filter(({ run }) => run === record!.run);
      same(`lines of ${record!.run} in the history`, lines, [record]);
    }
    const reports = [...files.contents.keys()].filter((uri) =>
      uri.startsWith(layout.report(pipeline, '').slice(0, -5)),
    );
    same(`reports of ${pipeline}`, reports.toSorted(), records.map(({ report }) => report).toSorted());
    for (const record of records) {
      const report = files.contents.get(record.report);
      must(report !== undefined, `${record.run} has no report`);
      if (report)
        same(
          `report of ${record.run}`,
          runRecordSchema.parse(JSON.parse(Buffer.from(report).toString())),
          record,
        );
    }
  }

  const quarantine = await tables.snapshot(layout.quarantinedRecords);
  same(
    'quarantine',
    await rowsOf(
      evidence,
      layout.quarantinedRecords,
      quarantine,
      `regexp_extract(run, '^[a-z]+') || ' ' || record || ' ' || decode(raw)`,
    ),
    given
      .flatMap(([pipeline, content]) => expected[content].rejects.map((reject) => `${pipeline} ${reject}`))
      .toSorted(),
  );

  // Only runs that are the last word on their content are live.
  for (const uri of [layout.quarantinedRecords, ...given.map(([pipeline]) => layout.table(pipeline))]) {
    for (const file of (await tables.snapshot(uri))?.files ?? []) {
      must(live.has(runOfFile(file.path)!), `${file.path} of ${uri} is of no run that should be visible`);
      must(files.contents.has(`${uri}/${file.path}`), `${file.path} of ${uri} is not there`);
    }
  }
  const objects = [...files.contents.keys()].filter((uri) => uri.includes('/quarantine/objects/'));
  const rejected = attempts.filter(({ record }) => record?.status === 'rejected');
  same(
    'objects in quarantine',
    objects.filter((uri) => !uri.endsWith('.reason.json')).toSorted(),
    rejected.map(({ record }) => record!.quarantine!).toSorted(),
  );
  for (const { record, sha256 } of rejected) {
    const kept = files.contents.get(record!.quarantine!);
    must(kept !== undefined && sha256Of(kept) === sha256, `${record!.quarantine} is not what was received`);
    must(files.contents.has(`${record!.quarantine}.reason.json`), `${record!.quarantine} has no reason`);
  }
  const held = attempts.filter(({ record }) => record?.status === 'held').map(({ owner }) => owner);
  same(
    'left in work',
    [...files.contents.keys()].filter(
      (uri) => uri.includes('/work/') && !held.some((owner) => uri.includes(owner)),
    ),
    [],
  );
  return wrong;
}

async function rowsOf(
  { files, engine }: Evidence,
  uri: string,
  snapshot: Snapshot | undefined,
  expression: string,
): Promise<unknown[]> {
  const paths: string[] = [];
  for (const [i, file] of (snapshot?.files ?? []).entries()) {
    const path = join(engine.folder, `judged-${i}.parquet`);
    const bytes = files.contents.get(`${uri}/${file.path}`);
    if (bytes === undefined) return [`${file.path} is not there`];
    await writeFile(path, bytes);
    paths.push(path);
  }
  if (paths.length === 0) return [];
  const rows = await engine.rows(
    `SELECT ${expression} AS row FROM read_parquet([${paths.map(literal).join(', ')}])`,
  );
  return rows.map(({ row }) => String(row)).toSorted();
}

/** What a version of a table, just written, shows that it must not: a part of a run, or rows before their rejects. */
export function tooEarly(files: MemoryFiles, uri: string): string[] {
  const table = /^(.*\/lake\/[^/]+)\/_delta_log\/\d+\.json$/.exec(uri)?.[1];
  if (table === undefined) return [];
  const actions = actionsOf(files, uri);
  const run = actions.find(({ txn }) => txn)?.txn?.appId ?? '';
  const rows = actions.reduce((sum, { add }) => sum + (add ? numRecords(add.stats) : 0), 0);
  const content = contentNames.find((name) => run.includes(sha256Of(bytesOf[name]).slice(0, 8)));
  if (content === undefined) return [`${uri} is of no run: ${run}`];
  const { rows: all, rejects } = expected[content];
  const log = `${layout.quarantinedRecords}/_delta_log/`;
  const quarantined = [...files.contents.keys()]
    .filter((entry) => entry.startsWith(log))
    .some((entry) => actionsOf(files, entry).some(({ txn }) => txn?.appId === run));
  return [
    ...(rows === all.length ? [] : [`${uri} shows ${rows} rows of ${content}, which has ${all.length}`]),
    ...(rejects.length === 0 || quarantined ? [] : [`${uri} shows rows of ${content} before its rejects`]),
  ];
}

interface Action {
  readonly txn?: { readonly appId: string };
  readonly add?: { readonly stats: string };
}

const actionsOf = (files: MemoryFiles, uri: string): Action[] =>
  Buffer.from(files.contents.get(uri)!)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Action);

const numRecords = (stats: string): number => (JSON.parse(stats) as { numRecords: number }).numRecords;
