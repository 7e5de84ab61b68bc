/** The books of a run: every record that came in leaves in exactly one way. */

import { ReconciliationError } from '../errors.ts';

export interface Books {
  /** The count made while the bytes were read, independently of the engine. */
  readonly read: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly filtered: number;
  readonly deduplicated: number;
}

/** @throws ReconciliationError naming every number if they do not agree. */
export function balance(what: string, books: Books): void {
  const { read, accepted, quarantined, filtered, deduplicated } = books;
  if (read === accepted + quarantined + filtered + deduplicated) return;
  throw new ReconciliationError(
    `${what}: ${read} read is not ${accepted} accepted + ${quarantined} quarantined + ${filtered} filtered + ` +
      `${deduplicated} deduplicated. Nothing was committed; please report this with the file.`,
  );
}

/** A number, and who counted it. */
export interface Counted<N extends number | string> {
  readonly of: string;
  readonly count: N;
}

/** @throws ReconciliationError if two counts of one thing differ. */
export function agree<N extends number | string>(what: string, one: Counted<N>, other: Counted<N>): void {
  if (one.count === other.count) return;
  throw new ReconciliationError(
    `${what}: ${one.of} counts ${one.count}, ${other.of} counts ${other.count}. Nothing was committed.`,
  );
}

/** The sum of the record numbers from `first` on, for `count` records: what a part's records must add up to. */
export function sumOfNumbers(first: number, count: number): bigint {
  const n = BigInt(count);
  return n * BigInt(first) + (n * (n - 1n)) / 2n;
}
