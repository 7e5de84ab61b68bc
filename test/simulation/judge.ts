/** The only judge: what tables, quarantine, ledger, reports and work hold in the end, whatever happened on the way. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { literal } from '../../core/sql.ts';
import { deltaTables } from '../../runtime/delta/tables.ts';
import { runOfFile } from '../../runtime/layout.ts';
import type { Attempt, Snapshot } from '../../runtime/ports.ts';
import { runRecordSchema } from '../../runtime/result.ts';
import type { OpenEngine } from '../support/engine.ts';
import { bytesOf, expected, rowsAfter } from './contents.ts';
import { atOnce, type Place } from './place.ts';
import { sha256Of } from './ports.ts';
import { contentNames, type ContentName, type Delivery } from './scenario.ts';

export interface Evidence {
  readonly place: Place;
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
  const { place, given } = evidence;
  const { layout, files } = place;
  const contents = await place.contents();
  const ledger = place.ledgerOf({ files, call: atOnce, isGone: async () => true });
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
      const { quarantined, filtered, deduplicated, held } = record.records;
      // A row that gives way to what the table has is not lost: it is counted as such.
      const gave = pipeline === 'kept' ? deduplicated : 0;
      const { loaded } = record.records;
      same(`${what}: read`, record.records.read, read);
      if (read !== null) same(`${what}: sum`, loaded + quarantined + filtered + deduplicated + held, read);
      same(
        `${what}: counts`,
        [loaded + gave, quarantined],
        [status === 'held' ? 0 : rows.length, rejects.length],
      );
    }
    const last = all.findLast(({ record }) => record?.status === status);
    must(last !== undefined, `${what}: no attempt ended as ${status}`);
    if (last) live.set(last.run, content);
    const published = all.filter(({ record }) => record?.status.startsWith('published'));
    must(status !== 'held' || published.length === 0, `${what}: was published`);
  }

  for (const pipeline of new Set(given.map(([name]) => name))) {
    const named = given.filter(([name]) => name === pipeline).map(([, content]) => content);
    const uri = layout.table(pipeline);
    same(
      `rows of ${pipeline}`,
      await rowsOf(
        evidence,
        contents,
        uri,
        await tables.snapshot(uri),
        `id || ' ' || name || ' ' || "_record"`,
      ),
      rowsAfter(pipeline, named),
    );
    const records = await ledger.history(pipeline, 10_000);
    const settled = attempts.filter((one) => one.pipeline === pipeline && one.record);
    for (const { record } of settled) {
      const lines = records.filter(({ run }) => run === record!.run);
      same(`lines of ${record!.run} in the history`, lines, [record]);
    }
    const reports = [...contents.keys()].filter((uri) =>
      uri.startsWith(layout.report(pipeline, '').slice(0, -5)),
    );
    same(`reports of ${pipeline}`, reports.toSorted(), records.map(({ report }) => report).toSorted());
    for (const record of records) {
      const report = contents.get(record.report);
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
      contents,
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
      // Whose rows a file of a table by keys holds, nobody can tell.
      const isLive = uri === layout.table('kept') || live.has(runOfFile(file.path)!);
      must(isLive, `${file.path} of ${uri} is of no run that should be visible`);
      must(contents.has(`${uri}/${file.path}`), `${file.path} of ${uri} is not there`);
    }
  }
  const objects = [...contents.keys()].filter((uri) => uri.includes('/quarantine/objects/'));
  const rejected = attempts.filter(({ record }) => record?.status === 'rejected');
  same(
    'objects in quarantine',
    objects.filter((uri) => !uri.endsWith('.reason.json')).toSorted(),
    rejected.map(({ record }) => record!.quarantine!).toSorted(),
  );
  for (const { record, sha256 } of rejected) {
    const kept = contents.get(record!.quarantine!);
    must(kept !== undefined && sha256Of(kept) === sha256, `${record!.quarantine} is not what was received`);
    must(contents.has(`${record!.quarantine}.reason.json`), `${record!.quarantine} has no reason`);
  }
  const held = attempts.filter(({ record }) => record?.status === 'held').map(({ owner }) => owner);
  same(
    'left in work',
    [...contents.keys()].filter(
      (uri) => uri.includes('/work/') && !held.some((owner) => uri.includes(owner)),
    ),
    [],
  );
  return wrong;
}

async function rowsOf(
  { engine }: Evidence,
  contents: ReadonlyMap<string, Uint8Array>,
  uri: string,
  snapshot: Snapshot | undefined,
  expression: string,
): Promise<unknown[]> {
  const paths: string[] = [];
  for (const [i, file] of (snapshot?.files ?? []).entries()) {
    const path = join(engine.folder, `judged-${i}.parquet`);
    const bytes = contents.get(`${uri}/${file.path}`);
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
export async function tooEarly(place: Place, uri: string): Promise<string[]> {
  const table = /^(.*\/lake\/[^/]+)\/_delta_log\/\d+\.json$/.exec(uri)?.[1];
  if (table === undefined) return [];
  const actions = await actionsOf(place, uri);
  const run = actions.find(({ txn }) => txn)?.txn?.appId ?? '';
  const rows = actions.reduce((sum, { add }) => sum + (add ? numRecords(add.stats) : 0), 0);
  const content = contentNames.find((name) => run.includes(sha256Of(bytesOf[name]).slice(0, 8)));
  if (content === undefined) return [`${uri} is of no run: ${run}`];
  const { rows: all, rejects } = expected[content];
  const of = table.endsWith('/folk') ? 2 : 1;
  let quarantined = false;
  for await (const entry of place.files.list(`${place.layout.quarantinedRecords}/_delta_log/`)) {
    quarantined ||= (await actionsOf(place, entry.uri)).some(({ txn }) => txn?.appId === run);
  }
  return [
    // An upsert adds files with rows of others, and none where nothing changes.
    ...(table.endsWith('/kept') || rows === of * all.length
      ? []
      : [`${uri} shows ${rows} rows of ${content}, which has ${of * all.length}`]),
    ...(rejects.length === 0 || quarantined ? [] : [`${uri} shows rows of ${content} before its rejects`]),
  ];
}

interface Action {
  readonly txn?: { readonly appId: string };
  readonly add?: { readonly stats: string };
}

async function actionsOf({ files }: Place, uri: string): Promise<Action[]> {
  const bytes = Buffer.concat(await Array.fromAsync(files.read(uri)));
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Action);
}

const numRecords = (stats: string): number => (JSON.parse(stats) as { numRecords: number }).numRecords;
