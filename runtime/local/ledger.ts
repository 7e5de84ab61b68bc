/**
 * The ledger as files that a person can read: for each content its attempts and what came of them, for each pipeline
 * the history of its runs.
 *
 *     <root>/<pipeline>/contents/<sha256>/<attempt>.json           who works on it, written once
 *     <root>/<pipeline>/contents/<sha256>/<attempt>.settled.json   what came of it, written once
 *     <root>/<pipeline>/history.jsonl                              a line for each settled run
 */

import { z } from 'zod';
import { StaleAttemptError, TransientError, UsageError } from '../../core/errors.ts';
import type { Files, Ledger, Registered, Registration } from '../ports.ts';
import { runRecordSchema, type RunRecord } from '../result.ts';
import { appendRecord, recordsFromNewest } from './history.ts';

const attemptSchema = z.object({
  run: z.string(),
  owner: z.string(),
  definition: z.string(),
  registeredAt: z.iso.datetime(),
  again: z.boolean(),
});
type Attempt = z.infer<typeof attemptSchema>;

/** No execution lives longer: the state machine ends it. */
const LONGEST_MS = 6 * 3_600_000;

/** Times that a registration looks again after another owner was faster. */
const TRIES = 10;

/**
 * A ledger in a folder. An attempt is taken by the one write of its file that finds no file there, so `files` must
 * honour `onlyIfAbsent`. An attempt that its owner left unsettled is taken over once its process is gone, or after six
 * hours; the run goes on under its name, so that what it committed is not committed again.
 * `register` throws UsageError for a content that is no SHA-256; `settle` throws StaleAttemptError for an attempt of
 * another owner.
 */
export function localLedger(files: Files, root: string): Ledger {
  return Object.freeze({
    register: (registration) => register(files, root, registration),
    settle: (record) => settle(files, root, record),
    async history(pipeline, limit) {
      const records: RunRecord[] = [];
      const seen = new Set<string>();
      if (limit <= 0) return records;
      for await (const record of recordsFromNewest(historyPath(root, pipeline))) {
        if (seen.has(identity(record))) continue;
        seen.add(identity(record));
        if (records.push(record) >= limit) break;
      }
      return records;
    },
  } satisfies Ledger);
}

async function register(files: Files, root: string, registration: Registration): Promise<Registered> {
  const { pipeline, sha256, run, owner, definition, at, again } = registration;
  const folder = contentFolder(root, pipeline, sha256);
  for (let tries = 0; tries < TRIES; tries++) {
    const { attempts, settled } = await attemptsIn(files, folder);
    const last = attempts.at(-1) ?? 0;
    const taken = last > 0 && !settled.includes(last) ? await readAttempt(files, folder, last) : undefined;
    const published = await publishedRuns(files, folder, settled);
    if (taken?.owner === owner) {
      return { status: 'started', run: taken.run, attempt: last, supersedes: published };
    }
    if (!again && published[0] !== undefined) return { status: 'duplicate', of: published[0] };
    if (taken && !isAbandoned(taken, at)) {
      throw new TransientError(
        `${taken.owner} is at work on this content of ${pipeline} (attempt ${last}, run ${taken.run}, since ` +
          `${taken.registeredAt}). Try again when it is settled.`,
      );
    }
    const attempt = last + 1;
    const entry: Attempt = {
      // Who takes over goes on with the run: what it committed already is found by its name and not committed again.
      run: taken?.run ?? (attempt === 1 ? run : `${run}-${attempt}`),
      owner,
      definition,
      registeredAt: at.toISOString(),
      again,
    };
    const content = json(attemptSchema.parse(entry));
    if (await files.write(attemptUri(folder, attempt), content, { onlyIfAbsent: true })) {
      return { status: 'started', run: entry.run, attempt, supersedes: published };
    }
  }
  throw new TransientError(`Other owners keep taking this content of ${pipeline}; try again later.`);
}

const isAbandoned = ({ registeredAt }: Attempt, at: Date): boolean =>
  at.getTime() - Date.parse(registeredAt) > LONGEST_MS;

async function settle(files: Files, root: string, given: RunRecord): Promise<void> {
  const record = runRecordSchema.parse(given);
  const path = historyPath(root, record.pipeline);
  const isNew = await settleAttempt(files, root, record);
  // Between an attempt's file and its line a crash may have come: whoever finds the file makes sure of the line.
  if (!isNew && (await isInHistory(path, record))) return;
  await appendRecord(path, record);
}

/**
 * Settles the content's attempt, if the record ends one.
 * @returns whether this call did it; false also for a duplicate, and for a run that ended before it registered.
 */
async function settleAttempt(files: Files, root: string, record: RunRecord): Promise<boolean> {
  const sha256 = record.objects[0]?.sha256;
  if (record.status === 'duplicate' || !sha256) return false;
  const folder = contentFolder(root, record.pipeline, sha256);
  if ((await files.stat(attemptUri(folder, record.attempt))) === undefined) return false;
  const { owner } = await readAttempt(files, folder, record.attempt);
  if (owner !== record.owner) {
    throw new StaleAttemptError(
      `Attempt ${record.attempt} at this content of ${record.pipeline} belongs to ${owner}; ${record.owner} cannot settle it.`,
    );
  }
  return files.write(settledUri(folder, record.attempt), json(record), { onlyIfAbsent: true });
}

async function isInHistory(path: string, record: RunRecord): Promise<boolean> {
  const wanted = identity(record);
  for await (const there of recordsFromNewest(path, JSON.stringify(record.owner))) {
    if (identity(there) === wanted) return true;
  }
  return false;
}

const identity = (record: RunRecord): string => JSON.stringify([record.run, record.attempt, record.owner]);

async function attemptsIn(files: Files, folder: string): Promise<{ attempts: number[]; settled: number[] }> {
  const attempts: number[] = [];
  const settled: number[] = [];
  for await (const { uri } of files.list(folder)) {
    const name = /^(\d+)(\.settled)?\.json$/.exec(uri.slice(folder.length));
    if (name) (name[2] ? settled : attempts).push(Number(name[1]));
  }
  return { attempts: attempts.sort((a, b) => a - b), settled: settled.sort((a, b) => a - b) };
}

/** The runs of all attempts that published the content, the latest first. */
async function publishedRuns(files: Files, folder: string, settled: readonly number[]): Promise<string[]> {
  const runs: string[] = [];
  for (const attempt of [...settled].reverse()) {
    const { status, run } = await readJson(files, settledUri(folder, attempt), runRecordSchema);
    if (status === 'published' || status === 'published-with-rejects') runs.push(run);
  }
  return runs;
}

const readAttempt = (files: Files, folder: string, attempt: number) =>
  readJson(files, attemptUri(folder, attempt), attemptSchema);

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

function contentFolder(root: string, pipeline: string, sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new UsageError(`${JSON.stringify(sha256)} is not a SHA-256 in lower case hexadecimal digits.`);
  }
  return `${pipelineFolder(root, pipeline)}/contents/${sha256}/`;
}

function pipelineFolder(root: string, pipeline: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(pipeline)) return `${root}/${pipeline}`;
  throw new UsageError(`${JSON.stringify(pipeline)} is not the name of a pipeline.`);
}

const historyPath = (root: string, pipeline: string): string =>
  `${pipelineFolder(root, pipeline)}/history.jsonl`;
const attemptUri = (folder: string, attempt: number): string => `${folder}${attempt}.json`;
const settledUri = (folder: string, attempt: number): string => `${folder}${attempt}.settled.json`;
