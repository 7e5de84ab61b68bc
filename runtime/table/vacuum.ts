/** Removes what only versions need that are older than a retention: their data files, and the start of the log. */

import { LOG_RETENTION_MS } from '../delta/checkpoint.ts';
import { namedFiles } from '../delta/named-files.ts';
import { runOfFile } from '../layout.ts';
import type { FileInfo } from '../ports.ts';
import { inEngine, type World } from '../world.ts';
import { busyRuns } from './busy-runs.ts';
import { compactedAt } from './compacted-at.ts';

/** How long a compaction may take before its files count as left behind. */
const COMPACTION_MS = 24 * 60 * 60 * 1000;

export interface VacuumOptions {
  /** Versions that were the newest within this time stay whole. */
  readonly retainMs: number;
  /** Only says what would be removed. */
  readonly dryRun: boolean;
}

export interface Vacuumed {
  readonly uri: string;
  readonly bytes: number;
  readonly why: string;
}

/** Yields each object that it removes. @throws UsageError if log or ledger cannot be read whole. */
export async function* vacuumTable(
  world: World,
  uri: string,
  { retainMs, dryRun }: VacuumOptions,
): AsyncGenerator<Vacuumed> {
  const { files, tables } = world;
  const now = world.now().getTime();
  const find = (): Promise<Map<string, Vacuumed>> => findOld(world, uri, now, retainMs);
  const first = await find();
  // A restore may have brought files back since: only what two looks find is removed, the second one right before.
  const found = dryRun || first.size === 0 ? first : await find();
  for (const [path, old] of found) {
    if (!first.has(path)) continue;
    if (!dryRun) await files.remove(old.uri);
    yield old;
  }
  const { unsettled } = await busyRuns(world, uri);
  const log = await tables.cleanLog(uri, {
    before: new Date(now - Math.max(LOG_RETENTION_MS, retainMs)),
    keep: new Set(Array.from(unsettled, (run) => `sluice/${run}`)),
    dryRun,
  });
  for (const { uri, size } of log) yield { uri, bytes: size, why: 'log of versions that are gone' };
}

async function findOld(
  world: World,
  uri: string,
  now: number,
  retainMs: number,
): Promise<Map<string, Vacuumed>> {
  const there: FileInfo[] = [];
  for await (const file of world.files.list(`${uri}/`)) there.push(file);
  const { unsettled } = await busyRuns(world, uri);
  const named = await namedFiles(world.files, uri, (work) => inEngine(world, work));
  const old = new Map<string, Vacuumed>();
  for (const file of there) {
    const path = file.uri.slice(uri.length + 1);
    const known = named?.get(path);
    const at = known === undefined ? compactedAt(path) : known.leftAt;
    const age = known === undefined ? Math.max(retainMs, COMPACTION_MS) : retainMs;
    if (at === undefined || at === null || at > now - age || unsettled.has(runOfFile(path) ?? '')) continue;
    const why =
      known === undefined
        ? 'of a compaction that was not committed'
        : `left the table ${new Date(at).toISOString().slice(0, 10)}`;
    old.set(path, { uri: file.uri, bytes: file.size, why });
  }
  return old;
}
