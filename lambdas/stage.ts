/** A stage as a function of Lambda: the state machine's input in, the stage's answer out. */

import { basename, dirname } from 'node:path/posix';
import { z } from 'zod';
import type { Pipeline } from '../core/pipeline.ts';
import { left } from '../runtime/recover.ts';
import { manifestSchema } from '../runtime/values.ts';
import type { World } from '../runtime/world.ts';
import { containerWorld } from './container-world.ts';
import { eventOf } from './event-of.ts';
import { handlerOf, type Handler } from './handler-of.ts';
import { tellingWorld } from './telling-world.ts';

export interface StageOptions<S extends z.ZodType, T> {
  readonly name: 'ingest' | 'transform' | 'validate' | 'load';
  readonly pipeline: Pipeline;
  readonly input: S;
  readonly work: (world: World, pipeline: Pipeline, input: z.output<S>) => Promise<T>;
}

/** @param worldOf gives the world of this process; it is asked for at each call. */
export function stage<S extends z.ZodType, T extends object>(
  { name, pipeline, input, work }: StageOptions<S, T>,
  worldOf: () => World = containerWorld,
): Handler<T> {
  return handlerOf(name, pipeline, async (event, { log, about }) => {
    const task = eventOf(input, event, name);
    const world = worldOf();
    about(await namesOf(world, task));
    const { chunk, round, bucket, merge } = outlineSchema.parse(task);
    log.info(`${name} started`, {
      ...(chunk === undefined ? {} : { chunk }),
      ...(round === undefined ? {} : { round }),
      ...(bucket === undefined ? {} : { bucket }),
      ...(merge === undefined ? {} : { merge }),
    });
    const answer = await work(tellingWorld(world, pipeline, log), pipeline, task);
    const { run, status } = outlineSchema.parse(answer);
    if (run !== undefined) about({ run });
    log.info(`${name} finished`, status === undefined ? {} : { status });
    return answer;
  });
}

/** What a task or an answer says of itself; each has some of it. */
const outlineSchema = z
  .object({
    execution: z.string(),
    manifest: z.string(),
    run: z.string(),
    status: z.string(),
    chunk: z.int(),
    round: z.int(),
    bucket: z.int(),
    merge: z.int(),
  })
  .partial();

/** Which execution and which run it is. Before ingest has registered the content there is no run. */
async function namesOf(world: World, task: unknown): Promise<Record<string, string>> {
  const { execution, manifest } = outlineSchema.parse(task);
  if (manifest === undefined) return execution === undefined ? {} : { execution };
  // Only for the log: the stage reads it again, and says what is wrong with it.
  const run = await left(world, manifest, manifestSchema).then(
    (found) => found?.run,
    () => undefined,
  );
  return { execution: basename(dirname(manifest)), ...(run === undefined ? {} : { run }) };
}
