/**
 * The ledger as files that a person can read: for each content its attempts, what was decided of them and what came of
 * it, each written once; for each pipeline the history of its runs.
 *
 *     <root>/<pipeline>/contents/<sha256>/<attempt>.json           who works on it
 *     <root>/<pipeline>/contents/<sha256>/<attempt>.decided.json   what becomes of it
 *     <root>/<pipeline>/contents/<sha256>/<attempt>.settled.json   what came of it
 *     <root>/<pipeline>/history.jsonl                              a line for each settled run
 */

import { z } from 'zod';
import { StaleAttemptError, TransientError, UsageError } from '../../core/errors.ts';
import type { Attempt, Files, Ledger } from '../ports.ts';
import {
  checkContent,
  checkPipeline,
  decisionSchema,
  entryOf,
  entrySchema,
  LONGEST_MS,
  turnOf,
} from '../registration.ts';
import { runRecordSchema, type RunRecord } from '../result.ts';
import { diskHistory, type History } from './history.ts';

export interface LedgerOptions {
  /** Whether the process of an execution has ended. Default: nobody can tell. */
  readonly isGone?: (pipeline: string, owner: string) => Promise<boolean>;
  /** Default: files beside the contents. */
  readonly history?: History;
}

/** Times that a registration looks again after another owner was faster. */
const TRIES = 10;

/**
 * A ledger in a folder. Attempts are taken, decided and settled by the one write of a file that finds no file there, so
 * `files` must honour `onlyIfAbsent`. An undecided attempt counts as abandoned once its owner is gone, or after six hours.
 * Calls throw UsageError for a content that is no SHA-256 and for an entry that cannot be read.
 */
export function localLedger(files: Files, root: string, options: LedgerOptions = {}): Ledger {
  const { isGone = async () => false, history = diskHistory(root) } = options;
  const attempts = (pipeline: string, sha256: string): Promise<Attempt[]> =>
    attemptsIn(files, contentFolder(root, pipeline, sha256), pipeline, sha256);
  return Object.freeze({
    async register(registration) {
      const { pipeline, sha256 } = registration;
      const isAbandoned = async ({ registeredAt, owner }: Attempt): Promise<boolean> =>
        registration.at.getTime() - Date.parse(registeredAt) > LONGEST_MS || isGone(pipeline, owner);
      for (let tries = 0; tries < TRIES; tries++) {
        const turn = await turnOf(registration, await attempts(pipeline, sha256), isAbandoned);
        if (!turn.isNew) return turn.registered;
        const { registered } = turn;
        const uri = entryUri(contentFolder(root, pipeline, sha256), registered.attempt);
        if (await files.write(uri, json(entryOf(registration, registered.run)), { onlyIfAbsent: true }))
          return registered;
      }
      throw new TransientError(`Other owners keep taking this content of ${pipeline}; try again later.`);
    },
    attempts,
    async decide({ pipeline, sha256, attempt }, decision) {
      const uri = decidedUri(contentFolder(root, pipeline, sha256), attempt);
      const isFirst = await files.write(uri, json(decisionSchema.parse(decision)), { onlyIfAbsent: true });
      return isFirst ? decision : readJson(files, uri, decisionSchema);
    },
    async settle(given) {
      const record = runRecordSchema.parse(given);
      const { standing, isNew } = await settleAttempt(files, root, record, attempts);
      // Between an attempt's file and its line a crash may have come: whoever finds the file makes sure of the line.
      if (isNew || !(await isInHistory(history, standing))) await history.append(standing);
      return standing;
    },
    async *unsettled(pipeline) {
      const contents = `${pipelineFolder(root, pipeline)}/contents/`;
      const seen = new Set<string>();
      for await (const { uri } of files.list(contents)) {
        const sha256 = uri.slice(contents.length).split('/')[0]!;
        if (seen.has(sha256)) continue;
        seen.add(sha256);
        for (const attempt of await attempts(pipeline, sha256))
          if (attempt.record === undefined) yield attempt;
      }
    },
    async history(pipeline, limit) {
      pipelineFolder(root, pipeline);
      const records: RunRecord[] = [];
      const seen = new Set<string>();
      if (limit <= 0) return records;
      for await (const record of history.newestFirst(pipeline)) {
        if (seen.has(identity(record))) continue;
        seen.add(identity(record));
        if (records.push(record) >= limit) break;
      }
      return records;
    },
  } satisfies Ledger);
}

/** Settles the attempt that the record's run is, if it is one. */
async function settleAttempt(
  files: Files,
  root: string,
  record: RunRecord,
  attempts: (pipeline: string, sha256: string) => Promise<Attempt[]>,
): Promise<{ standing: RunRecord; isNew: boolean }> {
  const sha256 = record.objects[0]?.sha256;
  if (!sha256 || record.status === 'duplicate') return { standing: record, isNew: false };
  const attempt = (await attempts(record.pipeline, sha256)).find(({ run }) => run === record.run);
  if (attempt === undefined) return { standing: record, isNew: false };
  if (attempt.owner !== record.owner) {
    throw new StaleAttemptError(
      `Run ${record.run} (attempt ${attempt.attempt}) belongs to ${attempt.owner}; ${record.owner} cannot settle it.`,
    );
  }
  const uri = settledUri(contentFolder(root, record.pipeline, sha256), attempt.attempt);
  const isNew = await files.write(uri, json(record), { onlyIfAbsent: true });
  return { standing: isNew ? record : await readJson(files, uri, runRecordSchema), isNew };
}

async function isInHistory(history: History, record: RunRecord): Promise<boolean> {
  const wanted = identity(record);
  for await (const there of history.newestFirst(record.pipeline, JSON.stringify(record.owner))) {
    if (identity(there) === wanted) return true;
  }
  return false;
}

const identity = (record: RunRecord): string => JSON.stringify([record.run, record.attempt, record.owner]);

async function attemptsIn(
  files: Files,
  folder: string,
  pipeline: string,
  sha256: string,
): Promise<Attempt[]> {
  const found = new Map<number, Set<string>>();
  for await (const { uri } of files.list(folder)) {
    const name = /^(\d+)(?:\.(decided|settled))?\.json$/.exec(uri.slice(folder.length));
    if (!name) continue;
    const attempt = Number(name[1]);
    found.set(attempt, (found.get(attempt) ?? new Set()).add(name[2] ?? 'registered'));
  }
  const attempts: Attempt[] = [];
  for (const [attempt, parts] of [...found].sort(([a], [b]) => a - b)) {
    const entry = await readJson(files, entryUri(folder, attempt), entrySchema);
    const decision = parts.has('decided')
      ? { decision: await readJson(files, decidedUri(folder, attempt), decisionSchema) }
      : {};
    const record = parts.has('settled')
      ? { record: await readJson(files, settledUri(folder, attempt), runRecordSchema) }
      : {};
    attempts.push({ pipeline, sha256, attempt, ...entry, ...decision, ...record });
  }
  return attempts;
}

async function readJson<S extends z.ZodType>(files: Files, uri: string, schema: S): Promise<z.output<S>> {
  const text = Buffer.concat(await Array.fromAsync(files.read(uri))).toString('utf8');
  let cause: unknown;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    cause = error;
  }
  const found = cause instanceof z.ZodError ? z.prettifyError(cause) : 'it is not JSON';
  throw new UsageError(`${uri} is no entry of the ledger: ${found}\nRestore that file, or remove it.`, {
    cause,
  });
}

const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

const contentFolder = (root: string, pipeline: string, sha256: string): string =>
  `${pipelineFolder(root, pipeline)}/contents/${checkContent(sha256)}/`;

const pipelineFolder = (root: string, pipeline: string): string => `${root}/${checkPipeline(pipeline)}`;

const entryUri = (folder: string, attempt: number): string => `${folder}${attempt}.json`;
const decidedUri = (folder: string, attempt: number): string => `${folder}${attempt}.decided.json`;
const settledUri = (folder: string, attempt: number): string => `${folder}${attempt}.settled.json`;
