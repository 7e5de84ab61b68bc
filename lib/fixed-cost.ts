/** What a pipeline costs in a month in which nothing is dropped; `docs/cost.md` has the arithmetic. */

/** US dollars a month, list prices of us-east-1. */
const prices = Object.freeze({ alarm: 0.1, metric: 0.3 });

/** Numbers that each settled run writes. */
const RUN_METRICS = 9;
/** Numbers that the watchdog writes, whether there are runs or not: the age of the data only where freshness is promised. */
const WATCHDOG_METRICS = 3;

export interface FixedCost {
  /** In a month without a run. */
  readonly idle: number;
  /** In a month in which the pipeline runs every hour: CloudWatch counts the hours in which a number is written. */
  readonly busy: number;
}

export function fixedCost(alarms: number): FixedCost {
  const idle = alarms * prices.alarm + WATCHDOG_METRICS * prices.metric;
  return { idle, busy: idle + RUN_METRICS * prices.metric };
}
