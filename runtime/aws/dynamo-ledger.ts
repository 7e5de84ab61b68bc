/**
 * The ledger as one table of DynamoDB, with two text keys and no index; every read is consistent, and what belongs
 * together is written in one transaction.
 *
 *     pk                            sk                       what
 *     <pipeline>#content#<sha256>   <attempt, 9 digits>      an attempt: who works on it, what was decided, what came of it
 *     <pipeline>#open               <sha256>#<attempt>       there while the attempt is not settled
 *     <pipeline>#history            <microseconds>#<run>…    a settled run, in the order of settling; expires
 *     <pipeline>#lines              [run, attempt, owner]    that a run which is no attempt has its line above; expires
 *
 * `expires` is when an item may go, in seconds since 1970. Only the history has it, which is for people and for checks
 * against earlier runs: what was published is known for ever.
 */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { StaleAttemptError, TransientError, UsageError } from '../../core/errors.ts';
import type { Attempt, AttemptKey, Decision, Ledger } from '../ports.ts';
import { decisionSchema, entryOf, LONGEST_MS, turnOf } from '../registration.ts';
import { runRecordSchema, type RunRecord } from '../result.ts';
import {
  attemptKey,
  attemptOf,
  contentPk,
  historyPk,
  isCut,
  kept,
  lineKey,
  lineOf,
  openKey,
  openOf,
  openPk,
} from './dynamo-items.ts';
import { dynamoTable, pause, type Change, type DynamoTable, type Item } from './dynamo-table.ts';

export interface DynamoLedgerOptions {
  /** Whether an execution has ended. Default: nobody can tell. */
  readonly isGone?: (pipeline: string, owner: string) => Promise<boolean>;
  /** Days that the history is kept. Default: 400, so that a yearly file finds the one before. */
  readonly historyDays?: number;
  /** The clock by which the history is ordered. Default: this machine's. */
  readonly now?: () => number;
}

/** Times that a write looks again after another one was faster. */
const TRIES = 10;

const ABSENT = 'attribute_not_exists(pk)';

/** Calls throw UsageError for a content that is no SHA-256 and for an item that is no entry of a ledger. */
export function dynamoLedger(
  client: DynamoDBDocumentClient,
  tableName: string,
  { isGone = async () => false, historyDays = 400, now = Date.now }: DynamoLedgerOptions = {},
): Ledger {
  const table = dynamoTable(client, tableName);
  const attempts = async (pipeline: string, sha256: string): Promise<Attempt[]> =>
    (await Array.fromAsync(table.query(contentPk(pipeline, sha256)))).map(attemptOf);
  return Object.freeze({
    async register(registration) {
      const { pipeline, sha256, at } = registration;
      const isAbandoned = async ({ registeredAt, owner }: Attempt): Promise<boolean> =>
        at.getTime() - Date.parse(registeredAt) > LONGEST_MS || isGone(pipeline, owner);
      for (let tries = 0; tries < TRIES; tries++) {
        const there = await attempts(pipeline, sha256);
        const turn = await turnOf(registration, there, isAbandoned);
        if (!turn.isNew) return turn.registered;
        const { registered } = turn;
        const key = { pipeline, sha256, attempt: registered.attempt };
        const entry = { ...attemptKey(key), ...key, ...entryOf(registration, registered.run) };
        const isTaken = await table.change(
          { put: entry, when: ABSENT },
          { put: { ...openKey(key), ...key } },
        );
        if (isTaken) return registered;
        await pause(tries);
      }
      throw new TransientError(`Other owners keep taking this content of ${pipeline}; try again later.`);
    },
    attempts,
    decide: (key, decision) => decide(table, key, decisionSchema.parse(decision)),
    async settle(given) {
      const record = runRecordSchema.parse(given);
      for (let tries = 0; tries < TRIES; tries++) {
        const attempt = await attemptSettled(attempts, record);
        if (attempt?.record) return uncut(attempt.record, record);
        const at = now();
        const expires = Math.ceil(at / 1000) + historyDays * 86_400;
        const text = kept(record);
        const end: Change[] = attempt
          ? [recorded(attempt, text), { remove: openKey(attempt) }]
          : [{ put: { ...lineKey(record), expires }, when: ABSENT }];
        if (await table.change(...end, { put: historyLine(record, text, at, expires) })) return record;
        if (!attempt && (await table.get(lineKey(record))) !== undefined) return record;
        await pause(tries);
      }
      throw new TransientError(
        `Run ${record.run} could not be settled: others keep writing to it. Try again later.`,
      );
    },
    async *unsettled(pipeline) {
      const keys = (await Array.fromAsync(table.query(openPk(pipeline)))).map((item) =>
        attemptKey(openOf(item)),
      );
      for await (const item of table.getAll(keys)) {
        const attempt = attemptOf(item);
        if (attempt.record === undefined) yield attempt;
      }
    },
    async history(pipeline, limit) {
      const records: RunRecord[] = [];
      if (limit <= 0) return records;
      const newestFirst = { ScanIndexForward: false, Limit: limit };
      for await (const item of table.query(historyPk(pipeline), newestFirst)) {
        if (records.push(lineOf(item)) >= limit) break;
      }
      return records;
    },
  } satisfies Ledger);
}

/** The answer to a lost race, and to a try of one's own whose answer was lost, is what stands in the item. */
async function decide(table: DynamoTable, key: AttemptKey, decision: Decision): Promise<Decision> {
  for (let tries = 0; tries < TRIES; tries++) {
    const isFirst = await table.change({
      update: attemptKey(key),
      when: 'attribute_exists(pk) AND attribute_not_exists(#decision)',
      UpdateExpression: 'SET #decision = :decision',
      ExpressionAttributeNames: { '#decision': 'decision' },
      ExpressionAttributeValues: { ':decision': decision },
    });
    if (isFirst) return decision;
    const item = await table.get(attemptKey(key));
    if (item === undefined) {
      throw new UsageError(
        `Attempt ${key.attempt} at ${key.sha256} of ${key.pipeline} was never registered; there is nothing to decide.`,
      );
    }
    const standing = attemptOf(item).decision;
    if (standing) return standing;
    await pause(tries);
  }
  throw new TransientError(
    `Attempt ${key.attempt} at ${key.sha256} of ${key.pipeline} could not be decided: others keep writing to it.`,
  );
}

/** The attempt that the record's run is, if it is one. */
async function attemptSettled(
  attempts: (pipeline: string, sha256: string) => Promise<Attempt[]>,
  { pipeline, objects, status, run, owner }: RunRecord,
): Promise<Attempt | undefined> {
  const sha256 = objects[0]?.sha256;
  if (!sha256 || status === 'duplicate') return undefined;
  const attempt = (await attempts(pipeline, sha256)).find((one) => one.run === run);
  if (attempt === undefined || attempt.owner === owner) return attempt;
  throw new StaleAttemptError(
    `Run ${run} (attempt ${attempt.attempt}) belongs to ${attempt.owner}; ${owner} cannot settle it.`,
  );
}

const recorded = (attempt: Attempt, text: string | Uint8Array): Change => ({
  update: attemptKey(attempt),
  when: 'attribute_exists(pk) AND attribute_not_exists(#record)',
  UpdateExpression: 'SET #record = :record',
  ExpressionAttributeNames: { '#record': 'record' },
  ExpressionAttributeValues: { ':record': text },
});

/** The time comes from the clock and the order from this process where the clock stands still: never twice the same. */
function historyLine(record: RunRecord, text: string | Uint8Array, at: number, expires: number): Item {
  const { pipeline, run, owner, status, settledAt } = record;
  lastMoment = Math.max(Math.floor(at * 1000), lastMoment + 1);
  const sk = `${String(lastMoment).padStart(17, '0')}#${run}#${owner}`;
  return { pk: historyPk(pipeline), sk, run, status, settledAt, record: text, expires };
}

let lastMoment = 0;

/** Who settles what was settled as the same has the same reasons in hand, which the item had no room for. */
const uncut = (standing: RunRecord, given: RunRecord): RunRecord =>
  isCut(standing) && standing.status === given.status
    ? { ...standing, reasons: given.reasons, warnings: given.warnings }
    : standing;
