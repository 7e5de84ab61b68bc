/** Reads a table's log: from the newest checkpoint that can be used, or from the first entry. */

import { EngineError, UsageError } from '../../core/errors.ts';
import type { Files } from '../ports.ts';
import { readCheckpoint, type InEngine } from './checkpoint.ts';
import { listLog, type ListedLog } from './list-log.ts';
import { readEntry } from './log.ts';
import { entryUri } from './paths.ts';
import { apply, emptyState, type TableState } from './state.ts';

/** Entries read at a time. */
const AHEAD = 16;

export interface ReadStateOptions {
  /** Opens an engine, which checkpoints are read with; without one only entries are. */
  readonly inEngine?: InEngine | undefined;
  /** Default: the newest. */
  readonly version?: number | undefined;
}

/**
 * A table at a version. Undefined where there is no table.
 * @throws UsageError for a table or a version that cannot be read; the message says why.
 */
export async function readState(
  files: Files,
  uri: string,
  options: ReadStateOptions = {},
): Promise<TableState | undefined> {
  const log = await listLog(files, uri);
  const last = Math.max(log.entries.at(-1) ?? -1, log.checkpoints.at(-1)?.version ?? -1);
  if (last < 0) return undefined;
  const to = options.version ?? last;
  if (to > last || to < 0) throw new UsageError(`${uri} has no version ${to}; its newest is ${last}.`);
  const state = await start(files, uri, log, to, options);
  const listed = new Set(log.entries);
  for (let from = state.version + 1; from <= to; from += AHEAD) {
    const some = Array.from({ length: Math.min(AHEAD, to + 1 - from) }, (_, i) => from + i);
    // A listing may miss an entry that was written while it ran: only the entry itself says that it is not there.
    const entries = await Promise.all(
      some.map(async (version) =>
        listed.has(version) || (await files.stat(entryUri(uri, version))) !== undefined
          ? readEntry(files, uri, version)
          : undefined,
      ),
    );
    entries.forEach((actions, i) => {
      if (actions === undefined) throw missing(uri, log, some[i]!, last, to);
      apply(uri, state, some[i]!, actions);
    });
  }
  return state;
}

/** Reads the entries that were added since; the state becomes the newest version, or the one that is given. */
export async function advance(files: Files, uri: string, state: TableState, to = Infinity): Promise<void> {
  while (state.version < to) {
    const next = state.version + 1;
    if ((await files.stat(entryUri(uri, next))) === undefined) return;
    apply(uri, state, next, await readEntry(files, uri, next));
  }
}

/** The newest checkpoint up to a version that can be read; nothing where the log has its start and none can. */
async function start(
  files: Files,
  uri: string,
  log: ListedLog,
  to: number,
  { inEngine }: ReadStateOptions,
): Promise<TableState> {
  const isWhole = log.entries[0] === 0;
  const upTo = log.checkpoints.filter(({ version }) => version <= to);
  if (inEngine === undefined) {
    if (isWhole || log.checkpoints.length === 0) return emptyState();
    throw new UsageError(
      `The log of ${uri} starts with a checkpoint (${log.checkpoints[0]!.name}), which Sluice cannot read yet. ` +
        'Give the sink another table name, or keep the whole log from version 0 on.',
    );
  }
  let why: unknown;
  for (const { version, name, kind } of upTo.toReversed()) {
    try {
      if (kind === 'classic') return await readCheckpoint(inEngine, files, uri, version);
      throw new UsageError(
        `The log of ${uri} needs the checkpoint ${name}, which is ${kind === 'v2' ? 'of version 2' : 'in several parts'}; ` +
          'Sluice reads those of one part. Have the writer of the table write one, or give the sink another table name.',
      );
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof EngineError)) throw error;
      why ??= error;
    }
  }
  if (isWhole || why === undefined) return emptyState();
  throw why;
}

function missing(uri: string, log: ListedLog, version: number, last: number, to: number): UsageError {
  const oldest = log.checkpoints[0]?.version;
  if (version === 0 && oldest !== undefined && to < oldest) {
    return new UsageError(
      `Version ${to} of ${uri} is gone: the log was cleaned up. The oldest version that can be read is ${oldest}.`,
    );
  }
  return new UsageError(
    `The log of ${uri} has version ${last} but not version ${version} (${entryUri(uri, version)}). ` +
      'The table cannot be read until that entry is restored.',
  );
}
