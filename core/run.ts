/** What an expression may know of the run that it is evaluated in. */

import type { Sql } from './sql.ts';

export const run = Object.freeze({
  /** When the run started, the same for all its rows and every retry: use it in the place of `now()`. */
  time: Object.freeze({ text: '"_run_time"', columns: [] }) satisfies Sql,
});
