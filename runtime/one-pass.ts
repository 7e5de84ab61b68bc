/**
 * The accepted rows of a chunk written in one pass, without holding its rows: that is all there is to do where every
 * record is accepted. Where not, the marks of the rows are made in a second pass, and must agree with the first.
 */

import { LIVE } from '../core/layer.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { rowChecks, violationColumn } from '../core/plan/row-checks.ts';
import type { Plan } from '../core/plan/plan.ts';
import { acceptedSql, copySql, type Origin } from '../core/plan/write.ts';
import { literal, quote } from '../core/sql.ts';
import type { Engine } from './engine.ts';

/**
 * Whether one pass may be enough: nothing needs the number of a row or all rows at once, each record is one row, no function
 * of ours would be called twice, and no step is there to leave records out.
 */
export function mayTakeOnePass(plan: Plan, { rows, sinks }: Pipeline, functions: number): boolean {
  return (
    !plan.setwise &&
    plan.unnest === null &&
    functions === 0 &&
    !rows.steps.some((step) => step.filters || (step.functions ?? []).length > 0) &&
    !sinks.some((sink) => sink.metadata.includes('_record'))
  );
}

/** Records that are looked at before: a file with bad ones mostly has some among the first. */
const FIRST = 20_000;

/** Which share of the first rows of a SELECT is not accepted. */
export async function shareNotAccepted(engine: Engine, select: string): Promise<number> {
  const [first] = await engine.rows(
    `SELECT count(*) FILTER (NOT ${LIVE}) AS others, count(*) AS all_rows FROM (SELECT * FROM (${select}) LIMIT ${FIRST})`,
  );
  return (first!['others'] as number) / Math.max(1, first!['all_rows'] as number);
}

/** Writes the accepted rows of a SELECT to a file. @returns how many there are. */
export async function writeAccepted(
  engine: Engine,
  plan: Plan,
  { sinks }: Pipeline,
  select: string,
  origin: Origin,
  path: string,
): Promise<number> {
  const accepted = acceptedSql(plan.staged, sinks[0]!, `(${select})`, 'NULL', origin);
  const [copied] = await engine.rows(copySql(accepted, path));
  return copied!['Count'] as number;
}

/** How many of the written rows break each check that does not reject them; as `violationsOf` counts them. */
export async function violationsIn(
  engine: Engine,
  { checks }: Pipeline,
  path: string,
  startedAt: string,
): Promise<Record<string, number>> {
  const counted = rowChecks(checks).filter((check) => check.severity !== 'reject');
  if (counted.length === 0) return {};
  const columns = counted.map(
    (check) => `count_if((${check.violates.text}) IS TRUE) AS ${quote(violationColumn(checks, check))}`,
  );
  const [row] = await engine.rows(
    `SELECT ${columns.join(', ')} FROM (SELECT *, TIMESTAMPTZ ${literal(startedAt)} AS "_run_time" FROM read_parquet(${literal(path)}))`,
  );
  return row as Record<string, number>;
}
