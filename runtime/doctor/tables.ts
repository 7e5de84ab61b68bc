/** Tables and the quarantine against the ledger: the rows of each run are there once, or were taken back by a run. */

import { listLog } from '../delta/list-log.ts';
import { namedFiles, type NamedFile } from '../delta/named-files.ts';
import { runOfFile } from '../layout.ts';
import { messageOf, settledRuns, type LedgerView } from '../ledger-view.ts';
import type { RunRecord } from '../result.ts';
import { isCommand } from '../table/command-id.ts';
import { inEngine, type World } from '../world.ts';
import { counted, type Call, type Finding } from './finding.ts';

interface Checked {
  readonly findings: readonly Finding[];
  /** Rows in the newest version; undefined where there is no table. */
  readonly rows?: number;
}

export async function checkTables(
  world: World,
  ledger: LedgerView,
  call: Call,
): Promise<{ findings: Finding[]; tables: number; rows: number }> {
  const findings: Finding[] = [];
  let tables = 0;
  let rows = 0;
  for (const name of await tablesIn(world, ledger)) {
    const checked = await checkTable(world, ledger, world.layout.table(name), inTable(ledger, name), call);
    findings.push(...checked.findings);
    if (checked.rows === undefined) continue;
    tables++;
    rows += checked.rows;
  }
  const uri = world.layout.quarantinedRecords;
  findings.push(...(await checkTable(world, ledger, uri, inQuarantine(ledger), call)).findings);
  return { findings, tables, rows };
}

/** Tables that have a log, and those that a run published to. */
async function tablesIn({ files, layout }: World, ledger: LedgerView): Promise<string[]> {
  const lake = layout.table('');
  const names = new Set(settledRuns(ledger).flatMap(({ tables }) => tables.map(({ name }) => name)));
  for await (const { uri } of files.list(lake)) {
    const [name = '', folder] = uri.slice(lake.length).split('/');
    if (folder === '_delta_log') names.add(name);
  }
  return [...names].sort();
}

/** What a table must say of a run. */
interface Expected {
  readonly record: RunRecord;
  readonly rows: number;
  /** Rows of others that its commit removed; null if its record does not say. */
  readonly deleted: number | null;
  /** The later run of the same content that took its place here. */
  readonly supersededBy?: string;
}

const isPublished = ({ status }: RunRecord): boolean =>
  status === 'published' || status === 'published-with-rejects';

/** Only a run that was published names tables. */
function inTable(ledger: LedgerView, name: string): Expected[] {
  const records = settledRuns(ledger).filter(({ tables }) => tables.some((table) => table.name === name));
  return records.map((record) => ({
    record,
    rows: record.rows.inserted,
    deleted: record.rows.deleted,
    ...superseded(record, records),
  }));
}

/** A held run gives way to any later one that got so far; a published run only to one that was published. */
function inQuarantine(ledger: LedgerView): Expected[] {
  const records = settledRuns(ledger).filter((record) => isPublished(record) || record.status === 'held');
  return records.map((record) => ({
    record,
    rows: record.records.quarantined,
    deleted: null,
    ...superseded(record, record.status === 'held' ? records : records.filter(isPublished)),
  }));
}

function superseded(record: RunRecord, by: readonly RunRecord[]): { supersededBy?: string } {
  const sha256 = record.objects[0]?.sha256;
  const later = by.find(
    (one) =>
      one.pipeline === record.pipeline && one.objects[0]?.sha256 === sha256 && one.attempt > record.attempt,
  );
  return later === undefined ? {} : { supersededBy: later.run };
}

async function checkTable(
  world: World,
  ledger: LedgerView,
  uri: string,
  expected: readonly Expected[],
  call: Call,
): Promise<Checked> {
  let named: readonly NamedFile[];
  let isCleaned: boolean;
  try {
    const snapshot = await world.tables.snapshot(uri);
    named = [...((await namedFiles(world.files, uri, (work) => inEngine(world, work)))?.values() ?? [])];
    isCleaned = (await listLog(world.files, uri)).entries[0] !== 0;
    if (snapshot === undefined) return { findings: gone(uri, expected, call) };
  } catch (error) {
    const next = 'Restore its log from a backup, or do as the message says; until then it is not checked.';
    return {
      findings: [{ check: 'table', what: `The table cannot be read: ${messageOf(error)}`, where: uri, next }],
    };
  }
  const commits = commitsOf(ledger);
  return {
    findings: [
      ...expected.flatMap((one) => checkRun(uri, one, { named, isCleaned }, commits, call)),
      ...(ledger.unreadable.length > 0 ? [] : checkStrangers(uri, ledger, expected, named, call)),
      ...(await checkFiles(world, uri, ledger, named, call)),
    ],
    rows: rowsIn(named.filter(({ live }) => live)),
  };
}

/** No finding for a table that no rows should be in. */
function gone(where: string, expected: readonly Expected[], call: Call): Finding[] {
  const wrote = expected.filter(({ rows, supersededBy }) => rows > 0 && supersededBy === undefined);
  if (wrote.length === 0) return [];
  const rows = wrote.reduce((sum, one) => sum + one.rows, 0);
  const what = `The table is gone, with ${counted(rows, 'row')} of ${counted(wrote.length, 'run')}.`;
  const next = `Restore it from a backup, or load it anew, run by run: ${rerun(wrote[0]!.record, call)}`;
  return [{ check: 'table', what, where, next }];
}

const applicationOf = (run: string): string => `sluice/${run}`;

/** The commits of all runs that the ledger knows, settled or about to be. */
const commitsOf = ({ attempts, history }: LedgerView): Set<string> =>
  new Set([...attempts, ...history].map(({ run }) => applicationOf(run)));

const rowsIn = (files: readonly NamedFile[]): number =>
  files.reduce((sum, { records }) => sum + (records ?? 0), 0);

interface Log {
  readonly named: readonly NamedFile[];
  /** Whether it has no entries of its first versions any more. */
  readonly isCleaned: boolean;
}

function checkRun(
  where: string,
  { record, rows, deleted, supersededBy }: Expected,
  { named, isCleaned }: Log,
  commits: ReadonlySet<string>,
  call: Call,
): Finding[] {
  const { run } = record;
  const application = applicationOf(run);
  const again = rerun(record, call);
  const find = (what: string, next: string): Finding => ({ check: 'rows', what, where, next });
  const own = named.filter(({ added }) => added.application === application);
  const gone = named.filter(({ removals }) => removals.some((by) => by.application === application));
  // A run whose entry was cleaned up cannot be told from one that never committed.
  if (isCleaned && own.length === 0 && gone.length === 0) return [];
  const found: Finding[] = [];
  const isMerge =
    own.some(({ added }) => added.isMerge) ||
    gone.some(({ removals }) => removals.some((by) => by.application === application && by.isMerge));
  if (isMerge) return checkMerge(find, { record, own, gone }, call);
  if (rowsIn(own) !== rows) {
    found.push(
      find(`Run ${run} says it wrote ${counted(rows, 'row')}; its commit has ${rowsIn(own)}.`, again),
    );
  }
  // What a person restored is meant to be there, and what a person took out is not.
  const live = rowsIn(own.filter((file) => file.live && !file.restored));
  if (supersededBy !== undefined && live > 0) {
    found.push(
      find(
        `Run ${run} gave way to run ${supersededBy}; the table still has ${counted(live, 'row')} of it.`,
        again,
      ),
    );
  }
  const isMeant = (by: string | undefined): boolean => isCommand(by) || commits.has(by ?? '');
  const takenBy = (file: NamedFile) =>
    file.live ? undefined : file.removals.findLast((by) => !isMeant(by.application));
  const taken = own.filter(takenBy);
  if (taken.length > 0) {
    const versions = [...new Set(taken.map((file) => takenBy(file)!.version))].join(', ');
    const what = `Version ${versions}, which is of no run, removed ${counted(rowsIn(taken), 'row')} of run ${run}.`;
    found.push(find(what, `If that was not meant: ${again}`));
  }
  const removed = rowsIn(gone);
  if (deleted !== null && removed !== deleted) {
    found.push(
      find(
        `Run ${run} says it removed ${counted(deleted, 'row')}; its commit has ${removed}.`,
        call('show', run),
      ),
    );
  }
  return found;
}

/** Of files that hold rows of others too, only the difference that the run made can be told. */
function checkMerge(
  find: (what: string, next: string) => Finding,
  of: { readonly record: RunRecord; readonly own: readonly NamedFile[]; readonly gone: readonly NamedFile[] },
  call: Call,
): Finding[] {
  const { run, rows } = of.record;
  const says = rows.inserted - rows.deleted;
  const is = rowsIn(of.own) - rowsIn(of.gone);
  if (says === is) return [];
  const what = `Run ${run} says that the table grew by ${counted(says, 'row')}; by its commit it grew by ${is}.`;
  return [find(what, call('show', run))];
}

/** Loads the content anew in the place of what the run wrote. */
const rerun = ({ pipeline, objects, status }: RunRecord, call: Call): string =>
  call('run', pipeline, objects[0]?.uri ?? '', ...(status === 'held' ? [] : ['--again']));

/** Rows that Sluice committed for a run that did not publish them, as far as the ledger knows. */
function checkStrangers(
  where: string,
  { attempts }: LedgerView,
  expected: readonly Expected[],
  named: readonly NamedFile[],
  call: Call,
): Finding[] {
  const may = new Set(expected.map(({ record }) => record.run));
  for (const { run, record, decision } of attempts) if (!record && decision) may.add(run);
  const states = new Map(attempts.map(({ run, record }) => [run, record?.status ?? 'not decided']));
  const strange = named.filter(({ path, live, added }) => {
    const run = runOfFile(path) ?? '';
    return live && added.application === applicationOf(run) && !may.has(run);
  });
  return [...Map.groupBy(strange, ({ path }) => runOfFile(path)!)].map(([run, files]) => {
    const state = states.get(run);
    const words = state === undefined ? 'which the ledger does not know' : `which is ${state} in the ledger`;
    return {
      check: 'rows',
      what: `The table has ${counted(rowsIn(files), 'row')} of run ${run}, ${words}.`,
      where,
      next:
        state === undefined
          ? 'Restore the ledger from a backup; without one, these rows are loaded again with their file.'
          : `Look at ${call('show', run)}; restore the ledger from a backup if it lost the run's end.`,
    };
  });
}

/** Every live file is there, with the size that the log says. */
async function checkFiles(
  { files }: World,
  uri: string,
  ledger: LedgerView,
  named: readonly NamedFile[],
  call: Call,
): Promise<Finding[]> {
  const sizes = new Map<string, number>();
  for await (const file of files.list(`${uri}/`)) sizes.set(file.uri.slice(uri.length + 1), file.size);
  const broken = named.filter(({ path, size, live }) => live && sizes.get(path) !== size);
  const records = new Map(settledRuns(ledger).map((record) => [record.run, record]));
  return [...Map.groupBy(broken, ({ path }) => runOfFile(path) ?? '')].map(([run, some]) => {
    const [{ path, size }] = some as [NamedFile];
    const there = sizes.get(path);
    const is = there === undefined ? 'is missing' : `has ${there} bytes, the log says ${size}`;
    const more = some.length > 1 ? ` (and ${counted(some.length - 1, 'more file')} of the run so)` : '';
    const record = records.get(run);
    return {
      check: 'file',
      what: `The data file ${path} ${is}${more}; the table cannot be read whole.`,
      where: `${uri}/${path}`,
      next: `Restore it from a backup${record === undefined ? '' : `, or load it anew: ${rerun(record, call)}`}`,
    };
  });
}
