/** A world on the emulator with buckets and a ledger of its own, and runs in it as the state machine does them. */

import { readFileSync } from 'node:fs';
import type { Pipeline } from '../../core/pipeline.ts';
import { awsWorld } from '../../runtime/aws/world.ts';
import { ingest } from '../../runtime/ingest.ts';
import { load } from '../../runtime/load.ts';
import { runMachine, type Asl, type Handlers } from '../../runtime/local/machine.ts';
import { silentNotifications } from '../../runtime/local/notifications.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { transform } from '../../runtime/transform.ts';
import { validate } from '../../runtime/validate.ts';
import type { World } from '../../runtime/world.ts';
import { clients, newBucket, newTable } from './emulated-aws.ts';

/** @param scratch where its engines keep their files. */
export async function emulatedWorld(scratch: string, limits: Partial<World['limits']> = {}): Promise<World> {
  const [lake, quarantine, work, table] = await Promise.all([
    newBucket({ versioned: true }),
    newBucket({ versioned: true }),
    newBucket(),
    newTable(),
  ]);
  const env = {
    SLUICE_ENV: 'dev',
    SLUICE_LAKE: lake,
    SLUICE_QUARANTINE: quarantine,
    SLUICE_WORK: work,
    SLUICE_LEDGER: table,
  };
  const world = awsWorld(env, clients);
  return {
    ...world,
    notifications: silentNotifications(),
    limits: { ...world.limits, ...limits },
    scratch,
  };
}

const asl = JSON.parse(
  readFileSync(new URL('../../statemachines/batch.asl.json', import.meta.url), 'utf8'),
) as Asl;

/** @returns the settled record, and the states that the execution came through. */
export async function runIn(
  world: World,
  pipeline: Pipeline,
  execution: string,
  uri: string,
): Promise<{ readonly record: RunRecord; readonly path: readonly string[] }> {
  const handlers: Handlers = {
    IngestFunction: (input) => ingest(world, pipeline, input),
    TransformFunction: (input) => transform(world, pipeline, input),
    ValidateFunction: (input) => validate(world, pipeline, input),
    LoadFunction: (input) => load(world, pipeline, input),
  };
  const version = (await world.files.stat(uri))!.version;
  const startedAt = new Date().toISOString();
  const start = { pipeline: pipeline.name, execution, objects: [{ uri, version }], again: false, startedAt };
  const { path } = await runMachine(asl, handlers, start, { execution, retryDelays: 0 });
  const [record] = await world.ledger.history(pipeline.name, 1);
  return { record: record!, path };
}
