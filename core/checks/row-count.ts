/** Check `rowCount`: a run brings about as many rows as it should. */

import { DefinitionError } from '../errors.ts';
import { sql } from '../sql.ts';
import type { History, RunCheck } from './check.ts';

/** So many earlier runs must be known before their spread says anything. */
const ENOUGH_RUNS = 5;

/**
 * The number of accepted rows lies within bounds, or within so many standard deviations of the mean of up to 30 earlier
 * runs (judged once there are 5 of them). By default the run is held if it does not.
 */
export function rowCount(rule: {
  readonly min?: number;
  readonly max?: number;
  readonly sigmas?: number;
  readonly severity?: 'fail' | 'warn';
}): RunCheck {
  const { min = 0, max = Infinity, sigmas } = rule;
  if (rule.min === undefined && rule.max === undefined && sigmas === undefined) {
    throw new DefinitionError('check.rowCount() needs a min, a max or sigmas.');
  }
  if (sigmas !== undefined && !(sigmas > 0)) {
    throw new DefinitionError(`check.rowCount(): sigmas is ${sigmas}; give a number above 0.`);
  }
  const bounds = [
    ...(rule.min === undefined ? [] : [`at least ${min}`]),
    ...(rule.max === undefined ? [] : [`at most ${max}`]),
  ];
  const words = [
    ...bounds,
    ...(sigmas === undefined ? [] : [`within ${sigmas} sigmas of earlier runs`]),
  ].join(', ');
  return Object.freeze({
    name: 'rowCount',
    scope: 'run',
    columns: [],
    severity: rule.severity ?? 'fail',
    words: `rows ${words}`,
    measures: { rows: sql`count(*)` },
    judge({ rows = 0 }: Readonly<Record<string, number>>, history: History) {
      if (rows < min || rows > max)
        return { passed: false, message: `${rows} rows, expected ${bounds.join(' and ')}` };
      if (sigmas === undefined) return { passed: true, message: `${rows} rows` };
      const earlier = history.loaded.slice(0, 30);
      if (earlier.length < ENOUGH_RUNS) {
        return { passed: true, message: `${rows} rows; ${earlier.length} earlier runs, too few to judge by` };
      }
      const mean = earlier.reduce((sum, n) => sum + n, 0) / earlier.length;
      const variance = earlier.reduce((sum, n) => sum + (n - mean) ** 2, 0) / earlier.length;
      const spread = sigmas * Math.sqrt(variance);
      const range = `${Math.floor(mean - spread)} to ${Math.ceil(mean + spread)}`;
      return {
        passed: rows >= Math.floor(mean - spread) && rows <= Math.ceil(mean + spread),
        message: `${rows} rows, expected ${range} (mean of ${earlier.length} runs ± ${sigmas} sigmas)`,
      };
    },
  });
}
