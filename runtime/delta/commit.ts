/** Makes a change of a table visible: one conditional write of the next log entry, tried again after a lost race. */

import { CommitConflictError, DefinitionError, TransientError, UsageError } from '../../core/errors.ts';
import type { Committed, Files, TableChange } from '../ports.ts';
import { writeCheckpoint, type InEngine } from './checkpoint.ts';
import { checkFiles, nextEntry, type NextEntry } from './entry.ts';
import { entryBytes, readEntry, type Action } from './log.ts';
import { mergedBy } from './merged-rows.ts';
import { entryUri } from './paths.ts';
import { advance } from './read-state.ts';
import type { ReadTable } from './recent.ts';
import { commitKey, type TableState } from './state.ts';

/** Races that one commit may lose: each was won by another writer, so the table as a whole goes on. */
const TRIES = 100;
/** Every so many versions have a checkpoint. */
const CHECKPOINT_EVERY = 10;

export interface CommitOptions {
  readonly files: Files;
  readonly read: ReadTable;
  /** Opens an engine to write checkpoints with; without one none are written. */
  readonly inEngine: InEngine | undefined;
}

/**
 * A repeated commit is told from a new one by the pair of application and version, over the table's whole log; it
 * returns the version that holds it and what was deleted there. If that version lies behind a checkpoint and another writer
 * removed its entry, the checkpoint's version is returned and nothing deleted.
 * @throws TransientError after losing a hundred races; UsageError for files that no log entry can hold.
 */
export async function commitChange(
  options: CommitOptions,
  uri: string,
  change: TableChange,
): Promise<Committed> {
  const { files, read } = options;
  checkFiles(uri, change);
  let state = await read(uri);
  const shapedAt = state?.shapedAt;
  for (let tries = 0; tries < TRIES; tries++) {
    if (state && isDone(state, change)) {
      return { ...(await doneBefore(files, uri, state, change)), repeated: true };
    }
    const { version, actions, deleted } = entryAfter(uri, state, change, shapedAt);
    if (await files.write(entryUri(uri, version), entryBytes(actions), { onlyIfAbsent: true })) {
      if (state && version % CHECKPOINT_EVERY === 0)
        await checkpoint(options, uri, state, version, change.at);
      const added = change.add.map(({ path }) => path);
      return { version, repeated: false, deleted, merged: change.merged, added };
    }
    if (state) await advance(files, uri, state);
    else state = await read(uri);
  }
  throw new TransientError(
    `${TRIES} commits of other writers to ${uri} came before this one; try again later.`,
  );
}

/** What does not fit any more, since another writer changed the columns, is a conflict: a new plan may fit. */
function entryAfter(
  uri: string,
  state: TableState | undefined,
  change: TableChange,
  shapedAt: number | undefined,
): NextEntry {
  try {
    return nextEntry(uri, state, change);
  } catch (cause) {
    const shaped = state?.shapedAt;
    if (shapedAt === undefined || shaped === shapedAt) throw cause;
    if (!(cause instanceof DefinitionError || cause instanceof UsageError)) throw cause;
    throw new CommitConflictError(
      `Another writer changed the columns or the protocol of ${uri} (version ${shaped}) while this commit was made, ` +
        `and it does not fit any more. Run it again: it is then planned against the table as it is. ${cause.message}`,
      { cause },
    );
  }
}

/** @throws what `commitChange` would throw for the table as it is now. */
export async function checkChange(read: ReadTable, uri: string, change: TableChange): Promise<void> {
  checkFiles(uri, change);
  const state = await read(uri);
  if (state === undefined || !isDone(state, change)) nextEntry(uri, state, change);
}

const keyOf = ({ id }: TableChange): string => commitKey(id.application, id.version);

function isDone(state: TableState, change: TableChange): boolean {
  const { application, version } = change.id;
  return state.commits.has(keyOf(change)) || (state.base?.transactions.get(application) ?? -1) >= version;
}

type Done = Omit<Committed, 'repeated'>;

/** What the entry of the commit says that the table has already. */
async function doneBefore(files: Files, uri: string, state: TableState, change: TableChange): Promise<Done> {
  const known = state.commits.get(keyOf(change));
  if (known === undefined) return behindCheckpoint(files, uri, state, change);
  // Only a merge adds other files than the change that is at hand says.
  if (change.merged === undefined) return { ...known, added: change.add.map(({ path }) => path) };
  const isThere = (await files.stat(entryUri(uri, known.version))) !== undefined;
  return { ...known, added: isThere ? addedBy(await readEntry(files, uri, known.version)) : undefined };
}

/** Looks for a commit in the entries that are still there, from the checkpoint backwards. */
async function behindCheckpoint(
  files: Files,
  uri: string,
  { base }: TableState,
  { id }: TableChange,
): Promise<Done> {
  for (let version = base!.version; version >= 0; version--) {
    if ((await files.stat(entryUri(uri, version))) === undefined) break;
    const actions = await readEntry(files, uri, version);
    if (!actions.some(({ txn }) => txn?.appId === id.application && txn.version === id.version)) continue;
    const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
    const metrics = info?.['operationMetrics'] as { numDeletedRows?: unknown } | undefined;
    const deleted = Number(metrics?.numDeletedRows ?? 0);
    return { version, deleted, merged: mergedBy(actions), added: addedBy(actions) };
  }
  return { version: base!.version, deleted: 0, added: undefined };
}

const addedBy = (actions: readonly Action[]): string[] =>
  actions.flatMap(({ add }) => (add ? [add.path] : []));

/** Without its checkpoint a version is as good, and what was committed must be told as such. */
async function checkpoint(
  { files, inEngine }: CommitOptions,
  uri: string,
  state: TableState,
  version: number,
  at: Date,
): Promise<void> {
  if (inEngine === undefined) return;
  try {
    await advance(files, uri, state, version);
    await writeCheckpoint(inEngine, files, uri, state, at);
  } catch {
    // The next one that is due is written from the same entries.
  }
}
