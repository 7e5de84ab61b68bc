/** `sluice redrive`: the object of a run on AWS once more, in a new execution, followed to its end. */

import { UsageError } from '../../core/errors.ts';
import { startOf } from '../../runtime/aws/delivery.ts';
import { placeOf } from '../../runtime/aws/s3-place.ts';
import { exitCodes, runResultSchema } from '../../runtime/result.ts';
import { openAws, openAnywhere, type Where } from '../environment.ts';
import { findPipeline } from '../find-pipeline.ts';
import { findRun } from '../find-run.ts';
import { follow } from '../follow.ts';
import { renderRun } from '../render.ts';
import type { Terminal } from '../terminal.ts';

export interface RedriveCommandOptions extends Omit<Where, 'out' | 'aws'> {
  readonly again: boolean;
  readonly json: boolean;
  /** Seconds that the run is waited for. */
  readonly wait: string;
}

/**
 * @throws UsageError if the run is at work, or was published and `again` is not set: then there is nothing to drive again.
 */
export async function redrive(
  terminal: Terminal,
  run: string,
  options: RedriveCommandOptions,
): Promise<number> {
  const { cwd, paint } = terminal;
  if (!/^[1-9]\d{0,5}$/.test(options.wait))
    throw new UsageError(`--wait takes seconds, not ${options.wait}.`);
  const environment = await openAnywhere(cwd, { out: '', aws: true, ...options });
  const found = await findRun(environment, run);
  const { pipeline: name, uri, version } = await objectOf(environment.world, found);
  if (found.record?.status.startsWith('published') && !options.again) {
    throw new UsageError(
      `Run ${run} was published; there is nothing to drive again. To reprocess it and take its place: --again`,
    );
  }
  if (found.record === undefined && !(await environment.isGone(name, found.attempt.owner))) {
    throw new UsageError(
      `Run ${run} is at work in execution ${found.attempt.owner}; wait for its end, or stop it.`,
    );
  }
  const pipeline = await findPipeline(name, cwd);
  const executions = await (await openAws(options)).executions(name);
  const { Bucket: bucket, Key: key } = placeOf(uri);
  const start = startOf(pipeline, { bucket, key, version, size: 0, at: environment.world.now() });
  await executions.start({ ...start, again: options.again });
  const record = await follow({
    pipeline: name,
    executions,
    ledger: environment.world.ledger,
    of: start.execution,
    what: `Execution ${start.execution}`,
    atMost: Number(options.wait) * 1000,
  });
  terminal.out(
    options.json ? `${JSON.stringify(runResultSchema.parse(record))}\n` : renderRun(record, { cwd, paint }),
  );
  return exitCodes[record.status];
}

/** The delivery stands in the ledger with the attempt; a run that never registered has only the object's name. */
async function objectOf(
  { ledger }: Awaited<ReturnType<typeof openAnywhere>>['world'],
  found: Awaited<ReturnType<typeof findRun>>,
): Promise<{ pipeline: string; uri: string; version: string | undefined }> {
  if (found.record === undefined) return { pipeline: found.attempt.pipeline, ...found.attempt.object };
  const { pipeline, run, objects } = found.record;
  const { uri, sha256 } = objects[0]!;
  const attempts = sha256 === null ? [] : await ledger.attempts(pipeline, sha256);
  const attempt = attempts.find((one) => one.run === run);
  return { pipeline, uri, version: attempt?.object.version };
}
