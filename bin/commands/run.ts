/** `sluice run`: a pipeline on files of this machine, one run for each, one after another. */

import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Notifications } from '../../runtime/ports.ts';
import { localWorld } from '../../runtime/local/world.ts';
import { runObject } from '../../runtime/local/run.ts';
import { exitCodes, runResultSchema, type RunRecord } from '../../runtime/result.ts';
import { findFiles } from '../find-files.ts';
import { findPipeline } from '../find-pipeline.ts';
import { progressLine } from '../progress.ts';
import { renderSummary } from '../render-summary.ts';
import { renderRun } from '../render.ts';
import { plain, type Terminal } from '../terminal.ts';
import { unreadVersions } from '../unread-versions.ts';

export interface RunCommandOptions {
  /** The folder of the environment. */
  readonly out: string;
  readonly json: boolean;
  readonly again: boolean;
}

/** The exit code of a process that Ctrl-C ended. */
const INTERRUPTED = 130;

/** @returns the exit code of the worst run. */
export async function run(
  terminal: Terminal,
  name: string,
  paths: readonly string[],
  { out, json, again }: RunCommandOptions,
): Promise<number> {
  const { cwd, paint } = terminal;
  const root = resolve(cwd, out);
  const pipeline = await findPipeline(name, cwd);
  const found = await findFiles(pipeline, paths, { cwd, except: root });
  const progress = progressLine(terminal);
  const notifications: Notifications = {
    progress: progress.show,
    settled: () => Promise.resolve(),
  };
  const world = localWorld({ out: root, notifications });
  const named = new Set(again ? found : paths.map((path) => resolve(cwd, path)));
  const { objects, said } = await unreadVersions(world, pipeline, found, named);
  for (const words of said) terminal.err(`${words}\n`);
  const removeScratch = (): void => rmSync(world.scratch, { recursive: true, force: true });
  const keepOn = terminal.onInterrupt(() => {
    progress.clear();
    removeScratch();
    terminal.err('Stopped. Nothing of this run is visible; run the same command again to go on.\n');
    process.exit(INTERRUPTED);
  });
  const records: RunRecord[] = [];
  try {
    for (const uri of objects) {
      const record = await runObject(world, pipeline, { uri, again });
      progress.clear();
      records.push(record);
      const several = objects.length > 1;
      if (json) terminal.out(`${JSON.stringify(runResultSchema.parse(record))}\n`);
      else terminal.out(renderRun(record, { cwd, paint, file: several }));
    }
  } finally {
    progress.clear();
    keepOn();
    removeScratch();
  }
  if (records.length > 1) {
    if (json) terminal.err(renderSummary(records, { cwd, paint: plain }));
    else terminal.out(renderSummary(records, { cwd, paint }));
  }
  return Math.max(0, ...records.map(({ status }) => exitCodes[status]));
}
