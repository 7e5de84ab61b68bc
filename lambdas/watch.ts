/** One look of the watchdog: how long runs have been open, which were left behind, how old the data is, which objects were never run. */

import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '@aws-lambda-powertools/logger';
import { EngineError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { RunRecord } from '../runtime/result.ts';
import type { World } from '../runtime/world.ts';
import { startOf } from '../runtime/aws/delivery.ts';
import { endDead } from './end-dead.ts';
import type { Executions } from '../runtime/aws/executions.ts';
import { findNeverRun } from './find-never-run.ts';
import type { Landing } from './landing.ts';
import { toldError } from './told-error.ts';

export interface Watching {
  readonly world: World;
  readonly pipeline: Pipeline;
  readonly environment: string;
  readonly openRuns: number;
  readonly executions: Executions;
  readonly landing: Landing;
  readonly metrics: Metrics;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** What a watchdog keeps from one look to the next of the same process. */
export interface Memory {
  readonly known: Set<string>;
  /** When landing was looked at and left with nothing to start; undefined before. */
  clearAt: Date | undefined;
}

export const memory = (): Memory => ({ known: new Set(), clearAt: undefined });

/** S3 lists every object there is, of any age: that costs too much to do it at each look. */
const LANDING_EVERY_MS = 60 * 60_000;
const MOST_KNOWN = 100_000;

/**
 * Does all parts of a look, whether or not the others fail.
 * @throws EngineError at the end if a part failed; what failed was logged.
 */
export async function watch(watching: Watching, memory: Memory): Promise<void> {
  const { world, pipeline, log } = watching;
  let failed = 0;
  let open = Infinity;
  const part = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failed += 1;
      log.error(`The watchdog could not look at ${what}.`, toldError(pipeline, error));
    }
  };
  await part('the open runs', async () => {
    open = await tellOpenRuns(watching);
  });
  await part('the ledger', async () => {
    failed += await endDead(watching);
  });
  if (pipeline.sla.freshness !== undefined) await part('the history', () => tellDataAge(watching));
  const { clearAt } = memory;
  if (clearAt === undefined || world.now().getTime() - clearAt.getTime() >= LANDING_EVERY_MS) {
    await part('the landing bucket', () => startNeverRun(watching, memory, watching.openRuns - open));
  }
  if (failed > 0) {
    throw new EngineError(`${failed} things of this look failed; the log lines before this one say which.`);
  }
}

/** @returns how many runs are open. */
async function tellOpenRuns({ world, executions, ...watching }: Watching): Promise<number> {
  const running = await executions.running();
  const now = world.now().getTime();
  const ages = running.map(({ startedAt }) => (now - startedAt.getTime()) / 1000);
  tell(watching, 'OldestOpenRunSeconds', MetricUnit.Seconds, Math.max(0, ...ages));
  return running.length;
}

const HISTORY = 100;

/** Of a pipeline that never had a run nothing is told: its first file is still to come. */
async function tellDataAge({ world, pipeline, ...watching }: Watching): Promise<void> {
  const history = await world.ledger.history(pipeline.name, HISTORY);
  // Where none of the latest runs published, the data is at least as old as the first of them.
  const newest = history.find(({ status }) => FRESH.has(status)) ?? history.at(-1);
  if (newest === undefined) return;
  const age = (world.now().getTime() - Date.parse(newest.settledAt)) / 1000;
  tell({ pipeline, ...watching }, 'DataAgeSeconds', MetricUnit.Seconds, Math.max(0, age));
}

/** The same content again shows that the sender is alive: it counts as fresh. */
const FRESH: ReadonlySet<RunRecord['status']> = new Set(['published', 'published-with-rejects', 'duplicate']);

/** Starts no more than may be open at once; the next look goes on with the rest. */
async function startNeverRun(watching: Watching, memory: Memory, free: number): Promise<void> {
  const { world, pipeline, executions, landing, log } = watching;
  const now = world.now();
  if (memory.known.size > MOST_KNOWN) memory.known.clear();
  const { found, isCut } = await findNeverRun({ pipeline, executions, landing, now, known: memory.known });
  if (isCut) {
    log.warn(
      'There are more objects in landing than the watchdog looks at; let a lifecycle rule remove old ones.',
    );
  }
  tell(watching, 'ObjectsNeverRun', MetricUnit.Count, found.length);
  for (const delivery of found.slice(0, Math.max(0, free))) {
    const start = startOf(pipeline, delivery);
    await executions.start(start);
    const { bucket, key, size } = delivery;
    log.warn('An object had never been run; its run is started.', {
      object: { bucket, key, size },
      execution: start.execution,
    });
  }
  memory.clearAt = found.length > Math.max(0, free) ? undefined : now;
}

/** An alarm finds a metric only by exactly its dimensions; by itself the library adds one for the service. */
function tell(
  { metrics, pipeline, environment }: Pick<Watching, 'metrics' | 'pipeline' | 'environment'>,
  name: string,
  unit: (typeof MetricUnit)[keyof typeof MetricUnit],
  value: number,
): void {
  metrics.clearDefaultDimensions();
  metrics.addDimensions({ pipeline: pipeline.name, environment });
  metrics.addMetric(name, unit, value);
  metrics.publishStoredMetrics();
}
