/** `sluice drop`: files into the landing bucket of an environment on AWS, each followed to the end of its run. */

import { createReadStream } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import type { Pipeline } from '../../core/pipeline.ts';
import { takenByPath } from '../../core/sources/taken-by.ts';
import { exitCodes, runResultSchema, type RunRecord } from '../../runtime/result.ts';
import { openAws, type Where } from '../environment.ts';
import { findFiles } from '../find-files.ts';
import { findPipeline } from '../find-pipeline.ts';
import { follow, type Dropped } from '../follow.ts';
import { renderSummary } from '../render-summary.ts';
import { renderRun } from '../render.ts';
import type { Terminal } from '../terminal.ts';
import { visible } from '../text.ts';

export interface DropCommandOptions extends Omit<Where, 'out' | 'aws'> {
  readonly json: boolean;
  /** Seconds that each run is waited for; 0 to drop only. */
  readonly wait: string;
}

/** @returns the exit code of the worst run. */
export async function drop(
  terminal: Terminal,
  name: string,
  paths: readonly string[],
  options: DropCommandOptions,
): Promise<number> {
  const { cwd, paint } = terminal;
  if (!/^\d{1,6}$/.test(options.wait)) throw new UsageError(`--wait takes seconds, not ${options.wait}.`);
  const pipeline = await findPipeline(name, cwd);
  const files = await findFiles(pipeline, paths, { cwd, except: '' });
  const deployed = await openAws(options);
  const executions = await deployed.executions(pipeline.name);
  const dropped: Dropped[] = [];
  for (const path of files) {
    const uri = `${deployed.landing}/${prefixFor(pipeline, path)}${basename(path)}`;
    const at = deployed.world.now();
    await deployed.world.files.write(uri, createReadStream(path));
    const version = (await deployed.world.files.stat(uri))?.version ?? '';
    terminal.err(`dropped ${visible(uri)}\n`);
    dropped.push({ uri, version, at });
  }
  if (Number(options.wait) === 0) return 0;
  const records: RunRecord[] = [];
  for (const of of dropped) {
    const record = await follow({
      pipeline: pipeline.name,
      executions,
      ledger: deployed.world.ledger,
      of,
      what: `The run of ${of.uri}`,
      atMost: Number(options.wait) * 1000,
    });
    records.push(record);
    if (options.json) terminal.out(`${JSON.stringify(runResultSchema.parse(record))}\n`);
    else terminal.out(renderRun(record, { cwd, paint, file: dropped.length > 1 }));
  }
  if (records.length > 1 && !options.json) terminal.out(renderSummary(records, { cwd, paint }));
  return Math.max(...records.map(({ status }) => exitCodes[status]));
}

/**
 * The prefix of the one source that takes the file.
 * @throws UsageError for a version of a table of the lake.
 */
function prefixFor(pipeline: Pipeline, path: string): string {
  const name = basename(path);
  const [taken] = takenByPath(pipeline.sources, dirname(path).split(sep).join('/'), name);
  const { versions, prefix } = pipeline.sources[taken!]!;
  if (versions !== undefined) {
    throw new UsageError(
      `${name} is a version of table ${versions.table}, whose versions start runs of ${pipeline.name} by themselves; there is nothing to drop.`,
    );
  }
  return prefix;
}
