/** The numbers that checks on a run ask for, all in one scan. */

import type { Check, History, RunCheck, Verdict } from '../checks/check.ts';
import { known } from '../layer.ts';
import type { Column } from '../row.ts';
import { quote } from '../sql.ts';

const runChecks = (checks: readonly Check[]): readonly RunCheck[] =>
  checks.filter((check): check is RunCheck => check.scope === 'run');

const measureName = (check: number, name: string): string => `m${check}_${name}`;

/** One SELECT that measures everything over a relation of accepted rows, or null where nothing is asked for. */
export function measureSql(checks: readonly Check[], from: string): string | null {
  const measures = runChecks(checks).flatMap((check, i) =>
    Object.entries(check.measures).map(([name, of]) => `${of.text} AS ${quote(measureName(i, name))}`),
  );
  return measures.length === 0 ? null : `SELECT ${measures.join(', ')} FROM ${from}`;
}

export interface Judged {
  readonly check: Check;
  readonly verdict: Verdict;
}

/** Judges the checks on the run by what was measured; where no row was accepted nothing was, and every measure is 0. */
export function judgeRun(
  checks: readonly Check[],
  measured: Readonly<Record<string, unknown>>,
  history: History,
): readonly Judged[] {
  return runChecks(checks).map((check, i) => {
    const numbers = Object.keys(check.measures).map((name) => [
      name,
      Number(measured[measureName(i, name)] ?? 0),
    ]);
    return { check, verdict: check.judge(Object.fromEntries(numbers), history) };
  });
}

/** @throws DefinitionError if a measure names a column that accepted rows do not have. */
export function knownMeasures(checks: readonly Check[], columns: readonly Column[], where: string): void {
  for (const check of runChecks(checks)) {
    for (const measure of Object.values(check.measures))
      known(measure, columns, `${where}, check.${check.name}`);
  }
}
