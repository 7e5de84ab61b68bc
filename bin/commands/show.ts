/** `sluice show`: everything that is known of one run. */

import { stateOf } from '../../runtime/doctor/attempts.ts';
import { findRun } from '../find-run.ts';
import { openEnvironment } from '../open-environment.ts';
import { attemptJson } from '../render-runs.ts';
import { renderShown, renderUnsettled } from '../render-shown.ts';
import type { Terminal } from '../terminal.ts';

export interface ShowCommandOptions {
  readonly out: string;
  readonly json: boolean;
}

export async function show(
  terminal: Terminal,
  run: string,
  { out, json }: ShowCommandOptions,
): Promise<number> {
  const { cwd, paint } = terminal;
  const world = openEnvironment(cwd, out);
  const found = await findRun(world, run);
  if (found.record !== undefined) {
    terminal.out(json ? `${JSON.stringify(found.record)}\n` : renderShown(found.record, { cwd, paint }));
    return 0;
  }
  const { attempt } = found;
  const unsettled = { attempt, state: await stateOf(attempt, world.executions.isGone) };
  terminal.out(
    json ? `${JSON.stringify(attemptJson(unsettled))}\n` : renderUnsettled(unsettled, { cwd, paint }),
  );
  return 0;
}
