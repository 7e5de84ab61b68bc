/** What the checks on the run ask of accepted rows, measured where the rows are at hand; parts add up. */

import type { Pipeline } from '../core/pipeline.ts';
import { measureSql } from '../core/plan/measure.ts';
import type { Engine } from './engine.ts';

/** @param from a relation of accepted rows. */
export async function measuredIn(
  engine: Engine,
  { checks }: Pipeline,
  from: string,
): Promise<Record<string, number>> {
  const measures = measureSql(checks, from);
  if (measures === null) return {};
  const [row] = await engine.rows(measures);
  return Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value ?? 0)]));
}
