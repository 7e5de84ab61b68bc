/** What no run needs any more, each with its proof; what cannot be proved to be left over is not among it. */

import { namedFiles } from './delta/named-files.ts';
import { runOfFile } from './layout.ts';
import { identityOf, settledRuns, viewLedger, type LedgerView } from './ledger-view.ts';
import type { FileInfo } from './ports.ts';
import type { RunRecord } from './result.ts';
import { inEngine, type World } from './world.ts';

export interface Leftover {
  /** An object, or everything below a folder (then it ends with `/`). */
  readonly uri: string;
  readonly bytes: number;
  /** What it is, and why nothing needs it. */
  readonly why: string;
  /** Removes it. @returns false, having removed nothing, if it is in use after all. */
  remove(): Promise<boolean>;
}

/** Whether the process of an execution has ended; false where nobody can tell. */
export type IsGone = (pipeline: string, execution: string) => Promise<boolean>;

/**
 * Looks for data files that no version of their table names, for work folders that no execution and no held run needs,
 * and for objects that were put aside by runs that ended in another way.
 *
 * It looks first at the files, then at which executions are alive, then at the ledger, then at the tables' logs. In that
 * order each proof stays true while runs go on: a run registers before it places files and commits before it is settled.
 */
export async function findLeftovers(world: World, isGone: IsGone): Promise<Leftover[]> {
  const placed = await placedFiles(world);
  const executions = await executionsIn(world, isGone);
  const ledger = await viewLedger(world);
  return [
    ...(await unnamedFiles(world, placed, ledger, [...executions.values()].flat())),
    ...(await uselessWork(world, ledger, executions, isGone)),
    ...(await objectsAside(world, ledger)),
  ];
}

/**
 * Removes what is left over and yields it: only what two looks find, the second one right before.
 * @param find gives everything that is left over now.
 */
export async function* removeLeftovers(find: () => Promise<readonly Leftover[]>): AsyncGenerator<Leftover> {
  const before = new Set((await find()).map(({ uri }) => uri));
  if (before.size === 0) return;
  for (const leftover of await find()) {
    if (before.has(leftover.uri) && (await leftover.remove())) yield leftover;
  }
}

/** A name that only an attempt's run has, and one that only a data file has: what tells them where the ledger does not. */
const RUN = /^[a-z][a-z0-9-]*-\d{8}T\d{6}Z-[0-9a-f]{8}(?:-\d+)?$/;
const DATA_FILE = /\/[0-9a-f]{6}-\d+\.parquet$/;

interface Placed {
  readonly table: string;
  readonly path: string;
  readonly run: string;
  readonly file: FileInfo;
}

/** Files in the folders of runs, in every table and in the quarantine. */
async function placedFiles({ files, layout }: World): Promise<Placed[]> {
  const placed: Placed[] = [];
  const lake = layout.table('');
  const take = (table: string, file: FileInfo): void => {
    const path = file.uri.slice(table.length + 1);
    const run = runOfFile(path);
    if (run !== undefined && RUN.test(run)) placed.push({ table, path, run, file });
  };
  for await (const file of files.list(lake)) {
    take(layout.table(file.uri.slice(lake.length).split('/')[0]!), file);
  }
  for await (const file of files.list(`${layout.quarantinedRecords}/`)) take(layout.quarantinedRecords, file);
  return placed;
}

async function unnamedFiles(
  world: World,
  placed: readonly Placed[],
  ledger: LedgerView,
  executions: readonly Execution[],
): Promise<Leftover[]> {
  const runs = runsOf(ledger);
  // What the ledger does not say may stand where it cannot be read, or be about to be said by who is alive.
  const tellsAll = ledger.unreadable.length === 0 && executions.every(({ gone }) => gone);
  const whyOf = ({ run, path }: Placed): string | undefined => {
    const known = runs.get(run);
    if (known === 'settled') return `data file of run ${run}, which is settled without it`;
    if (known === undefined && tellsAll && DATA_FILE.test(path)) {
      return `data file of run ${run}, which the ledger does not know`;
    }
    return undefined;
  };
  const found: Leftover[] = [];
  for (const [table, candidates] of Map.groupBy(
    placed.filter((one) => whyOf(one) !== undefined),
    (one) => one.table,
  )) {
    // A log that cannot be read names nobody knows what.
    const named = await namedFiles(world.files, table, (work) => inEngine(world, work)).catch(() => null);
    if (named === null) continue;
    for (const one of candidates) {
      if (named?.has(one.path)) continue;
      const { uri, size } = one.file;
      const why = `${whyOf(one)!}: no version of its table names it`;
      found.push({ uri, bytes: size, why, remove: async () => (await world.files.remove(uri), true) });
    }
  }
  return found;
}

/** How far each run came. A name that an unsettled attempt has is unsettled, whoever else had it. */
function runsOf(ledger: LedgerView): Map<string, 'settled' | 'unsettled'> {
  const runs = new Map<string, 'settled' | 'unsettled'>();
  // An attempt that cannot be read may have the name of a run that only the history knows.
  const trusted = ledger.unreadable.length > 0 ? { ...ledger, history: [] } : ledger;
  for (const { run } of settledRuns(trusted)) runs.set(run, 'settled');
  for (const { run, record } of ledger.attempts) if (record === undefined) runs.set(run, 'unsettled');
  return runs;
}

interface Execution {
  readonly name: string;
  readonly bytes: number;
  readonly gone: boolean;
}

/** Executions that have a work folder, by pipeline. */
async function executionsIn({ files, layout }: World, isGone: IsGone): Promise<Map<string, Execution[]>> {
  const root = layout.work('', '').slice(0, -1);
  const sizes = new Map<string, Map<string, number>>();
  for await (const { uri, size } of files.list(root)) {
    const [pipeline = '', execution = '', ...inside] = uri.slice(root.length).split('/');
    if (inside.length === 0 || !/^[a-z]/.test(pipeline)) continue;
    const folders = sizes.get(pipeline) ?? new Map<string, number>();
    sizes.set(pipeline, folders.set(execution, (folders.get(execution) ?? 0) + size));
  }
  const executions = new Map<string, Execution[]>();
  for (const [pipeline, folders] of sizes) {
    const some: Execution[] = [];
    for (const [name, bytes] of folders) {
      some.push({ name, bytes, gone: await isGone(pipeline, name).catch(() => false) });
    }
    executions.set(pipeline, some);
  }
  return executions;
}

async function uselessWork(
  world: World,
  ledger: LedgerView,
  executions: ReadonlyMap<string, readonly Execution[]>,
  isGone: IsGone,
): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const [pipeline, some] of executions) {
    const reports = await reportsOf(world, pipeline);
    for (const { name, bytes, gone } of some) {
      const why = gone ? whyUseless(world, ledger, reports, pipeline, name) : undefined;
      if (why === undefined) continue;
      const uri = `${world.layout.work(pipeline, name)}/`;
      const remove = async (): Promise<boolean> => {
        // The same execution may have been begun again.
        if (!(await isGone(pipeline, name))) return false;
        await world.files.removeAll(uri);
        return true;
      };
      found.push({ uri, bytes, why, remove });
    }
  }
  return found;
}

/** The runs of a pipeline that have a report. */
async function reportsOf({ files, layout }: World, pipeline: string): Promise<Set<string>> {
  const folder = layout.report(pipeline, '').replace(/[^/]*$/, '');
  const runs = new Set<string>();
  for await (const { uri } of files.list(folder)) runs.add(uri.slice(folder.length).replace(/\.json$/, ''));
  return runs;
}

/** Undefined if it may be of use: to who ends its run, or to the release of a held run. */
function whyUseless(
  world: World,
  ledger: LedgerView,
  reports: ReadonlySet<string>,
  pipeline: string,
  owner: string,
): string | undefined {
  const folder = `${world.layout.work(pipeline, owner)}/`;
  const unsettled = ledger.attempts.filter(({ record }) => record === undefined);
  if (unsettled.some(({ decision }) => decision?.conclusion.startsWith(folder))) return undefined;
  const own = ledger.attempts.filter((one) => one.pipeline === pipeline && one.owner === owner);
  // Without its line in the history or its report a run is still to be settled to the end.
  const told = new Set(ledger.history.map(identityOf));
  const isWhole = (record: RunRecord | undefined): boolean =>
    record !== undefined && told.has(identityOf(record)) && reports.has(record.run);
  if (!own.every(({ record }) => isWhole(record))) return undefined;
  if (own.length === 0) {
    // So is a run that is no attempt and has a report only; whose it is stands in the report.
    const known = new Set([...ledger.attempts, ...ledger.history].map(({ run }) => run));
    const isOpen = [...reports].some((run) => !known.has(run));
    const tellsAll = !ledger.unreadable.some((one) => one.pipeline === pipeline);
    if (isOpen || !tellsAll) return undefined;
    return `work of execution ${owner}, which ended before it registered a content`;
  }
  const isHeld = own.some(({ record, sha256, attempt }) => {
    const isLatest = !ledger.attempts.some(
      (one) => one.pipeline === pipeline && one.sha256 === sha256 && one.attempt > attempt,
    );
    return record?.status === 'held' && isLatest;
  });
  return isHeld ? undefined : `work of execution ${owner}, whose run ${own.at(-1)!.run} is settled`;
}

async function objectsAside({ files, layout }: World, ledger: LedgerView): Promise<Leftover[]> {
  const runs = runsOf(ledger);
  const rejected = new Set(settledRuns(ledger).flatMap((r) => (r.status === 'rejected' ? [r.run] : [])));
  const found: Leftover[] = [];
  for (const pipeline of ledger.pipelines) {
    const root = layout.quarantinedObjects(pipeline, '');
    for await (const { uri, size } of files.list(root)) {
      const run = uri.slice(root.length).split('/')[0]!;
      if (runs.get(run) !== 'settled' || rejected.has(run)) continue;
      const why = `object put aside by run ${run}, which was not settled as rejected`;
      found.push({ uri, bytes: size, why, remove: async () => (await files.remove(uri), true) });
    }
  }
  return found;
}
