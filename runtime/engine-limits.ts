/** What stops an engine that takes more time or memory than it was given, and the words for it. */

import { performance } from 'node:perf_hooks';
import { LimitExceededError } from '../core/errors.ts';

export interface EngineLimits {
  /** Does the work of one statement; interrupts it when the time of the engine is over. */
  watch<T>(sql: string, work: () => Promise<T>): Promise<T>;
  /** What a failed statement failed on, if that was a limit. */
  exceeded(cause: unknown): LimitExceededError | undefined;
}

interface Given {
  readonly memoryMb: number;
  readonly seconds: number;
  interrupt(): void;
}

/** A timer waits for no more milliseconds than this; of more it would fire at once. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** The time runs from this call on, over all statements together. */
export function engineLimits({ memoryMb, seconds, interrupt }: Given): EngineLimits {
  const end = performance.now() + seconds * 1000;
  let isOver = false;
  return {
    async watch(sql, work) {
      const left = end - performance.now();
      // A timer may be early by a part of a millisecond: what it ended stays ended.
      if (isOver || left <= 0) throw late(seconds, sql);
      const timer = setTimeout(
        () => {
          isOver = true;
          interrupt();
        },
        Math.min(left, LONGEST_WAIT),
      );
      try {
        return await work();
      } catch (cause) {
        throw isOver ? late(seconds, sql, cause) : cause;
      } finally {
        clearTimeout(timer);
      }
    },
    exceeded(cause) {
      if (cause instanceof LimitExceededError) return cause;
      if (!(cause instanceof Error) || !cause.message.startsWith('Out of Memory Error')) return undefined;
      const [first = ''] = cause.message.split('\n');
      return new LimitExceededError(
        `The engine needs more than its ${memoryMb} MB of memory (memoryMb, which the environment gives to the engine): ` +
          `${first}. Give the engine more memory or fewer threads, or lower the limit chunkBytes, so that less is worked on at once.`,
        { cause },
      );
    },
  };
}

const late = (seconds: number, sql: string, cause?: unknown): LimitExceededError =>
  new LimitExceededError(
    `The engine worked for longer than ${seconds} seconds (the limit stageSeconds, in core/limits.ts) and was interrupted. ` +
      `Deliver the object in parts, give the engine more memory or threads, or raise the limit.\nin: ${sql.slice(0, 500)}`,
    { cause },
  );
