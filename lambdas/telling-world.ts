/** The same world, in which each settled run is a line in the log. */

import type { Logger } from '@aws-lambda-powertools/logger';
import type { Pipeline } from '../core/pipeline.ts';
import { withoutValues } from '../runtime/masking.ts';
import type { RunRecord } from '../runtime/result.ts';
import type { World } from '../runtime/world.ts';

export function tellingWorld(world: World, pipeline: Pipeline, log: Logger): World {
  const { notifications } = world;
  return {
    ...world,
    notifications: {
      ...notifications,
      async settled(record) {
        log.info(`Run settled: ${record.status}`, { settled: outlineOf(pipeline, record) });
        await notifications.settled(record);
      },
    },
  };
}

const MOST_REASONS = 20;

/** Reasons without their examples, warnings by their number: the report has both, and fewer people read it. */
function outlineOf(pipeline: Pipeline, record: RunRecord) {
  const { run, status, attempt, records, rows, objects, tables, durationMs, report, error } = record;
  return {
    run,
    status,
    attempt,
    records,
    rows,
    objects: objects.map(({ uri, bytes }) => ({ uri, bytes })),
    tables: tables.map(({ name, version }) => ({ name, version })),
    durationMs,
    report,
    reasons: record.reasons
      .slice(0, MOST_REASONS)
      .map(({ column, code, records }) => ({ column, code, records })),
    warnings: record.warnings.length,
    ...(error === undefined
      ? {}
      : { error: { name: error.name, message: withoutValues(pipeline, error.message) } }),
  };
}
