/** What a registration comes to, after the attempts that there are: the rules of every ledger, and what it keeps. */

import { z } from 'zod';
import { TransientError, UsageError } from '../core/errors.ts';
import type { Attempt, Decision, Registered, Registration } from './ports.ts';
import type { RunRecord } from './result.ts';

/** What a ledger keeps of an attempt from its registration on. */
export const entrySchema = z.object({
  run: z.string(),
  owner: z.string(),
  definition: z.string(),
  registeredAt: z.iso.datetime(),
  object: z.object({ uri: z.string(), version: z.string(), bytes: z.int().min(0) }),
});
export type Entry = z.infer<typeof entrySchema>;

export const decisionSchema = z.object({
  outcome: z.enum(['publish', 'hold', 'reject', 'fail']),
  by: z.string(),
  conclusion: z.string(),
}) satisfies z.ZodType<Decision>;

/** No execution lives longer: the state machine ends it. */
export const LONGEST_MS = 6 * 3_600_000;

export type Turn =
  | { readonly registered: Registered; readonly isNew: false }
  /** The attempt is still to be taken. */
  | { readonly registered: Extract<Registered, { status: 'started' }>; readonly isNew: true };

/** @throws TransientError if another owner is at work on the content. */
export async function turnOf(
  { pipeline, run, owner, definition, again }: Registration,
  attempts: readonly Attempt[],
  isAbandoned: (attempt: Attempt) => Promise<boolean>,
): Promise<Turn> {
  const last = attempts.at(-1);
  const published = runsOf(attempts, 'published', 'published-with-rejects');
  const held = runsOf(attempts, 'held');
  const isOwn = last?.owner === owner;
  if (isOwn && last.record?.status === 'rejected' && last.definition === definition) {
    return asItIs({ status: 'settled', record: last.record });
  }
  if (last && !last.record) {
    if (isOwn && !last.decision) {
      return asItIs({ status: 'started', run: last.run, attempt: last.attempt, published, held });
    }
    if (last.decision || (await isAbandoned(last))) return asItIs({ status: 'unfinished', attempt: last });
  }
  if (!again && published[0] !== undefined) return asItIs({ status: 'duplicate', of: published[0] });
  if (last && !last.record) {
    throw new TransientError(
      `${last.owner} is at work on this content of ${pipeline} (attempt ${last.attempt}, run ${last.run}, since ` +
        `${last.registeredAt}). Try again when it is settled.`,
    );
  }
  const attempt = (last?.attempt ?? 0) + 1;
  const name = attempt === 1 ? run : `${run}-${attempt}`;
  return { registered: { status: 'started', run: name, attempt, published, held }, isNew: true };
}

export const entryOf = ({ owner, definition, at, object }: Registration, run: string): Entry =>
  entrySchema.parse({ run, owner, definition, registeredAt: at.toISOString(), object });

/** @throws UsageError for what could lead out of its place in a ledger. */
export function checkContent(sha256: string): string {
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new UsageError(`${JSON.stringify(sha256)} is not a SHA-256 in lower case hexadecimal digits.`);
}

/** @throws UsageError for what could lead out of its place in a ledger. */
export function checkPipeline(pipeline: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(pipeline)) return pipeline;
  throw new UsageError(`${JSON.stringify(pipeline)} is not the name of a pipeline.`);
}

const asItIs = (registered: Registered): Turn => ({ registered, isNew: false });

/** The latest first. */
const runsOf = (attempts: readonly Attempt[], ...statuses: readonly RunRecord['status'][]): string[] =>
  attempts
    .filter(({ record }) => record !== undefined && statuses.includes(record.status))
    .map(({ run }) => run)
    .toReversed();
