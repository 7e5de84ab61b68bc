/** Errors of the file system, told apart by what may help: another try, or nothing. */

import { TransientError } from '../../core/errors.ts';

const transient: Readonly<Record<string, string>> = Object.freeze({
  ENOSPC: 'the disk is full',
  EDQUOT: "the disk's quota is used up",
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
  EBUSY: 'the file is in use',
  EAGAIN: 'the file system is busy',
  EIO: 'the disk did not answer',
});

/** Whether an error of node:fs has one of the codes. */
export const isCode = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(codeOf(error));

const codeOf = (error: unknown): string =>
  error instanceof Error ? String((error as NodeJS.ErrnoException).code) : '';

/** Does a piece of work; what a later try may do becomes a TransientError that says why. */
export async function mapped<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = transient[codeOf(cause)];
    if (why === undefined) throw cause;
    throw new TransientError(`${why} (${(cause as Error).message}).`, { cause });
  }
}
