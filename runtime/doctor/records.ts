/** What settled runs left besides rows: their reports, their lines in the history, and rejected objects. */

import { basename } from 'node:path';
import { z } from 'zod';
import { readReport } from '../conclude.ts';
import { identityOf, messageOf, settledRuns, type LedgerView } from '../ledger-view.ts';
import { runRecordSchema, type RunRecord } from '../result.ts';
import { readWhole } from '../staging.ts';
import type { World } from '../world.ts';
import { shellWord, type Call, type Finding } from './finding.ts';

/** Each settled run has its report and one line in the history, and all of them say the same. */
export async function checkRecords(world: World, ledger: LedgerView, call: Call): Promise<Finding[]> {
  const runs = settledRuns(ledger);
  return [
    ...linesMissing(world, ledger, call),
    ...attemptsMissing(world, ledger),
    ...(await reportsMissing(world, runs, call)),
    ...(await reportsAlone(world, ledger, runs, call)),
  ];
}

/** The text that a record is compared by: parsed records have their keys in the order of the schema. */
const textOf = (record: RunRecord): string => JSON.stringify(runRecordSchema.parse(record));

const historyOf = (world: World, pipeline: string): string =>
  `${world.layout.ledger}/${pipeline}/history.jsonl`;

function linesMissing(world: World, ledger: LedgerView, call: Call): Finding[] {
  const lines = new Map(ledger.history.map((record) => [identityOf(record), record]));
  const unread = unreadable(ledger, 'history');
  const found: Finding[] = [];
  for (const { record } of ledger.attempts) {
    if (record === undefined || unread.has(record.pipeline)) continue;
    const { pipeline, run } = record;
    const line = lines.get(identityOf(record));
    if (line !== undefined && textOf(line) === textOf(record)) continue;
    const where = historyOf(world, pipeline);
    const add = `${call('show', run, '--json')} >> ${shellWord(where)}`;
    found.push(
      line === undefined
        ? {
            check: 'history',
            what: `Run ${run} is settled and has no line in the history.`,
            where,
            next: add,
          }
        : {
            check: 'history',
            what: `The history tells run ${run} otherwise than its attempt (${line.status}, ${record.status}).`,
            where,
            next: `Remove that line; then ${add}`,
          },
    );
  }
  return found;
}

/** Statuses that only an attempt can have: a duplicate is none, and a run may fail before it registers. */
const OF_ATTEMPTS: ReadonlySet<RunRecord['status']> = new Set([
  'published',
  'published-with-rejects',
  'held',
  'rejected',
]);

function attemptsMissing(world: World, ledger: LedgerView): Finding[] {
  const unread = unreadable(ledger, 'contents');
  const settled = new Set(ledger.attempts.flatMap(({ record }) => (record ? [identityOf(record)] : [])));
  return ledger.history
    .filter((r) => OF_ATTEMPTS.has(r.status) && !settled.has(identityOf(r)) && !unread.has(r.pipeline))
    .map(({ pipeline, run, objects }) => ({
      check: 'ledger',
      what: `The history has run ${run}, and its content has no such settled attempt: its file would be loaded again.`,
      where: `${world.layout.ledger}/${pipeline}/contents/${objects[0]?.sha256 ?? ''}/`,
      next: 'Restore that folder from a backup of the ledger.',
    }));
}

async function reportsMissing(world: World, runs: readonly RunRecord[], call: Call): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const record of runs) {
    const { pipeline, run } = record;
    const where = world.layout.report(pipeline, run);
    const next = `${call('show', run, '--json')} > ${shellWord(where)}`;
    if ((await world.files.stat(where)) === undefined) {
      found.push({ check: 'report', what: `Run ${run} has no report.`, where, next });
      continue;
    }
    try {
      const report = await readReport(world, pipeline, run);
      if (textOf(report) === textOf(record)) continue;
      const what = `The report of run ${run} and the ledger differ (${report.status}, ${record.status}).`;
      found.push({ check: 'report', what, where, next });
    } catch (error) {
      const what = `The report of run ${run} cannot be read: ${messageOf(error)}`;
      found.push({ check: 'report', what, where, next });
    }
  }
  return found;
}

/** A report comes before its line: one alone is of a run that is about to be settled, or never was. */
async function reportsAlone(
  world: World,
  ledger: LedgerView,
  runs: readonly RunRecord[],
  call: Call,
): Promise<Finding[]> {
  const known = new Set([...runs, ...ledger.attempts].map(({ run }) => run));
  const unread = new Set(ledger.unreadable.map(({ pipeline }) => pipeline));
  const found: Finding[] = [];
  for (const pipeline of ledger.pipelines) {
    const folder = world.layout.report(pipeline, '').replace(/[^/]*$/, '');
    for await (const { uri } of world.files.list(folder)) {
      const run = basename(uri, '.json');
      if (known.has(run) || unread.has(pipeline) || !uri.endsWith('.json')) continue;
      found.push({
        check: 'history',
        what: `Run ${run} has a report, and the ledger does not know it: it ended before it was settled, or its entries are lost.`,
        where: uri,
        next: `Run any file of ${pipeline}: that ends a run that was cut off. Otherwise, if it is of use: ${call('show', run, '--json')} >> ${shellWord(historyOf(world, pipeline))}; else remove the report.`,
      });
    }
  }
  return found;
}

const unreadable = (ledger: LedgerView, of: 'contents' | 'history'): Set<string> =>
  new Set(ledger.unreadable.flatMap((one) => (one.of === of ? [one.pipeline] : [])));

const reasonSchema = z.object({ run: z.string(), code: z.string(), message: z.string() });

/** Each rejected object is in quarantine, whole, with the file that says why. */
export async function checkObjects({ files, layout }: World, ledger: LedgerView): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { pipeline, run, status, quarantine, objects, error } of settledRuns(ledger)) {
    if (status !== 'rejected') continue;
    const folder = layout.quarantinedObjects(pipeline, run);
    const object = objects[0];
    const aside = `${folder}/${basename(quarantine ?? object?.uri ?? '')}`;
    const size = (await files.stat(aside))?.size;
    if (size !== object?.bytes) {
      found.push({
        check: 'object',
        what:
          size === undefined
            ? `The object that run ${run} rejected is not in quarantine.`
            : `The object that run ${run} rejected has ${size} bytes in quarantine, and had ${object?.bytes}.`,
        where: aside,
        next: `Copy it back from where it came from (${object?.uri}), if its SHA-256 is still ${object?.sha256}.`,
      });
    }
    const note = `${aside}.reason.json`;
    const lack = await readWhole(files, note)
      .then((bytes) => reasonSchema.parse(JSON.parse(bytes.toString('utf8'))))
      .then((reason) => (reason.run === run ? undefined : `it is of run ${reason.run}`), messageOf);
    if (lack === undefined) continue;
    const what = `The reason beside the object that run ${run} rejected cannot be read: ${lack}`;
    const next = `Write it again with { run, code, message }; the run's error says: ${error?.message ?? ''}`;
    found.push({ check: 'object', what, where: note, next });
  }
  return found;
}
