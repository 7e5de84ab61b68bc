/** What a check is: plain data that says what it counts and how its numbers are judged. */

import type { Sql } from '../sql.ts';

/** `reject`: the row goes to quarantine. `fail`: the run is held. `warn`: it is only reported. */
export type Severity = 'reject' | 'fail' | 'warn';

/** Earlier runs of the pipeline, newest first, as the ledger keeps them. */
export interface History {
  /** The rows that each of them loaded. */
  readonly loaded: readonly number[];
}

/** What came of a check: whether it holds, and a sentence with what was found and expected. */
export interface Verdict {
  readonly passed: boolean;
  readonly message: string;
}

interface CheckBase {
  /** The word in a definition; the reason's code is `check.<name>`. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly severity: Severity;
  /** The rule as a person says it: `amount between 0 and 10`. */
  readonly words: string;
}

/** A check that each row passes or fails. */
export interface RowCheck extends CheckBase {
  readonly scope: 'row';
  /** TRUE for a row that breaks the rule. */
  readonly violates: Sql;
  /** Whether the expression needs all rows of the run at once (a window), not one row alone. */
  readonly setwise: boolean;
  /** Of such a check: the columns in which rows differ that do not meet in it. Default: all rows of a run meet. */
  readonly meets?: readonly string[];
  /** What the reason of a rejected row says. */
  readonly message: string;
}

/** A check on the run as a whole: named aggregates over the accepted rows, and a judgement of them. */
export interface RunCheck extends CheckBase {
  readonly scope: 'run';
  /** Counts or sums: what is measured of parts of the rows adds up to what the run has. */
  readonly measures: Readonly<Record<string, Sql>>;
  judge(measured: Readonly<Record<string, number>>, history: History): Verdict;
}

export type Check = RowCheck | RunCheck;
