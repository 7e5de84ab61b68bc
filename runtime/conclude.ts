/**
 * The end of an attempt: written down, decided by one conditional write of the ledger, and carried out. A crash before
 * the decision leaves nothing visible; after it, anyone carries out the same to the same end, as often as they like.
 */

import { randomBytes } from 'node:crypto';
import { CommitConflictError, StaleAttemptError, TransientError } from '../core/errors.ts';
import { readConclusion, writeConclusion, type Conclusion, type TableCommit } from './conclusion.ts';
import { mergeInto } from './merge/merge.ts';
import type { Attempt, AttemptKey, Committed, Decision } from './ports.ts';
import { settledAt } from './record.ts';
import { runRecordSchema, type RunRecord } from './result.ts';
import { placesOf, readWhole } from './staging.ts';
import type { Subject } from './values.ts';
import { inEngine, type World } from './world.ts';

/**
 * Ends an attempt as the conclusion says, unless it was decided otherwise before: then as was decided.
 * @returns the record that was settled.
 */
export async function conclude(
  world: World,
  key: AttemptKey,
  ending: { readonly outcome: Decision['outcome']; readonly by: string; readonly conclusion: Conclusion },
): Promise<RunRecord> {
  const { outcome, by, conclusion } = ending;
  const { pipeline, run } = conclusion.record;
  const uri = `${world.layout.conclusions(pipeline, run)}/${outcome}-${randomBytes(3).toString('hex')}.json`;
  await writeConclusion(world.files, uri, conclusion);
  const decision = await world.ledger.decide(key, { outcome, by, conclusion: uri });
  const record = await carryOut(world, key, decision);
  if (decision.conclusion !== uri) {
    // What an ending that came too late had put in place; an object aside is the same one if that was decided too.
    const aside = decision.outcome === outcome ? [] : conclusion.keep;
    for (const placed of [...published(conclusion), ...aside, uri]) await world.files.remove(placed);
  }
  return record;
}

/** How an attempt ended, or undefined while that is not decided; what is left to do of its end is done. */
export async function ended(world: World, key: AttemptKey): Promise<RunRecord | undefined> {
  const attempt = await attemptOf(world, key);
  if (attempt?.record !== undefined) return close(world, attempt.record);
  return attempt?.decision === undefined ? undefined : carryOut(world, key, attempt.decision);
}

/** @throws StaleAttemptError if the attempt ended in another way than its stage was about to end it. */
export function mustBe(record: RunRecord, ...wanted: readonly RunRecord['status'][]): RunRecord {
  if (wanted.includes(record.status)) return record;
  throw new StaleAttemptError(
    `Run ${record.run} was settled as ${record.status} by another${record.error ? ` (${record.error.message})` : ''}; ` +
      `execution ${record.owner} may end it no more.`,
  );
}

/**
 * Carries out a decision: the same changes under the same ids, however often and by whom.
 * @throws TransientError if it cannot be carried out now; the message says why, and that it is decided.
 */
async function carryOut(world: World, key: AttemptKey, decision: Decision): Promise<RunRecord> {
  try {
    return await apply(world, await readConclusion(world.files, decision.conclusion));
  } catch (error) {
    // Another that carries out the same may have come to its end meanwhile, and have emptied the work folder.
    const record = (await attemptOf(world, key).catch(() => undefined))?.record;
    if (record !== undefined) return close(world, record);
    const { name, message } = error as Error;
    throw new TransientError(
      `Attempt ${key.attempt} at content ${key.sha256.slice(0, 8)} of ${key.pipeline} is decided (${decision.outcome}) and could ` +
        `not be carried out yet. Nothing is lost: the next run of the pipeline goes on with it. ${name}: ${message}`,
      { cause: error },
    );
  }
}

async function apply(world: World, conclusion: Conclusion): Promise<RunRecord> {
  let { record } = conclusion;
  const added: (string | undefined)[] = [];
  for (const one of conclusion.changes) {
    const committed = await commit(world, one);
    added.push(...(committed.added?.map((path) => `${one.uri}/${path}`) ?? [undefined]));
    record = withCommit(record, one, committed);
  }
  // Where nobody can tell any more what a version added, nothing is taken for left behind.
  if (!added.includes(undefined)) await removeUnpublished(world, conclusion, new Set(added));
  return close(world, settledAt(record, world.now()));
}

/** Races that one merge may lose. */
const TRIES = 50;

/** Commits a change; one that was made of another version than the newest is made again. */
async function commit(world: World, { uri, change, merge }: TableCommit): Promise<Committed> {
  for (let tries = 1, next = change; ; tries++) {
    try {
      return await world.tables.commit(uri, next);
    } catch (error) {
      if (merge === undefined || !(error instanceof CommitConflictError) || tries === TRIES) throw error;
      next = await inEngine(world, (engine) => mergeInto(world, engine, uri, change, merge));
    }
  }
}

/** What a run was found to be when its rows met those of the table is known only now. */
function withCommit(
  record: RunRecord,
  { uri, name, merge }: TableCommit,
  { version, deleted, merged }: Committed,
): RunRecord {
  if (name === null) return record;
  const tables = [...record.tables, { name, version, uri }];
  if (merge === undefined) {
    return { ...record, tables, rows: { ...record.rows, deleted: record.rows.deleted + deleted } };
  }
  if (merged === undefined) {
    const warning = `Version ${version} of ${name} does not say any more what became of the rows; all count as inserted.`;
    return { ...record, tables, warnings: [...record.warnings, warning] };
  }
  const { inserted, updated, unchanged } = merged;
  const { records } = record;
  return {
    ...record,
    tables,
    records: {
      ...records,
      loaded: inserted + updated + unchanged,
      filtered: records.filtered + merged.deleted + merged.absent,
      deduplicated: records.deduplicated + merged.outdated,
    },
    rows: { inserted, updated, unchanged, deleted: merged.deleted },
  };
}

/**
 * Settles a run that is no attempt at a content, under the first name that no other run has: a duplicate, and a failure
 * before the content was registered.
 */
export async function settleUnregistered(
  world: World,
  nameOf: (n: number) => string,
  recordOf: (run: string) => RunRecord,
): Promise<RunRecord> {
  for (let n = 1; ; n++) {
    const record = recordOf(nameOf(n));
    const isFirst = await world.files.write(record.report, reportBytes(record), { onlyIfAbsent: true });
    const there = isFirst ? record : await readReport(world, record.pipeline, record.run);
    if (there.owner === record.owner) return close(world, there);
  }
}

/** Goes on with what `settleUnregistered` began for an execution, if it came to its report. */
export async function resumeUnregistered(
  world: World,
  { pipeline, execution }: Subject,
  nameOf: (n: number) => string,
): Promise<void> {
  for (let n = 1; await world.files.stat(world.layout.report(pipeline, nameOf(n))); n++) {
    const there = await readReport(world, pipeline, nameOf(n));
    if (there.owner === execution) await close(world, there);
  }
}

/** The record of a settled run. */
export async function readReport(world: World, pipeline: string, run: string): Promise<RunRecord> {
  const bytes = await readWhole(world.files, world.layout.report(pipeline, run));
  return runRecordSchema.parse(JSON.parse(bytes.toString('utf8')));
}

/** The last steps of a run, which whoever finds it settled does again: its work folder goes last. */
async function close(world: World, record: RunRecord): Promise<RunRecord> {
  const standing = await world.ledger.settle(record);
  // A ledger may have had no room for all of a record: the report that is there was written with the whole in hand.
  await world.files.write(standing.report, reportBytes(standing), { onlyIfAbsent: true });
  await world.files.removeAll(`${world.layout.conclusions(standing.pipeline, standing.run)}/`);
  // A held run keeps what it staged, for its release.
  if (standing.status !== 'held') await emptyWork(world, standing);
  await world.notifications.settled(standing);
  return standing;
}

const reportBytes = (record: RunRecord): Uint8Array => Buffer.from(`${JSON.stringify(record, null, 2)}\n`);

/** Files that tries of the same attempt put in place in vain. */
async function removeUnpublished(
  world: World,
  conclusion: Conclusion,
  added: ReadonlySet<string | undefined>,
): Promise<void> {
  const kept = new Set([...conclusion.keep, ...added]);
  for (const folder of conclusion.folders) {
    for await (const { uri } of world.files.list(folder)) if (!kept.has(uri)) await world.files.remove(uri);
  }
}

/**
 * What one ending alone put in place: files that were written ahead may be those of the ending that stands as well. The
 * names of runs and of data files need no encoding in a path of a table.
 */
const published = ({ changes }: Conclusion): string[] =>
  changes.flatMap(({ uri, change, merge }) => {
    const shared = new Set(
      merge?.ahead.flatMap(({ rewritten }) => rewritten.flatMap(({ add }) => add?.path ?? [])),
    );
    return change.add.flatMap(({ path }) => (shared.has(path) ? [] : [`${uri}/${path}`]));
  });

export async function emptyWork(world: World, { pipeline, owner }: RunRecord): Promise<void> {
  await world.files.removeAll(placesOf(world, pipeline, owner).work);
}

async function attemptOf(
  world: World,
  { pipeline, sha256, attempt }: AttemptKey,
): Promise<Attempt | undefined> {
  const attempts = await world.ledger.attempts(pipeline, sha256);
  return attempts.find((one) => one.attempt === attempt);
}
