/** `sluice show`: everything that is known of one run. */

import { stateOf } from '../../runtime/doctor/attempts.ts';
import { openAnywhere, type Where } from '../environment.ts';
import { findRun } from '../find-run.ts';
import { attemptJson } from '../render-runs.ts';
import { renderShown, renderUnsettled } from '../render-shown.ts';
import type { Terminal } from '../terminal.ts';

export interface ShowCommandOptions extends Where {
  readonly json: boolean;
}

export async function show(terminal: Terminal, run: string, options: ShowCommandOptions): Promise<number> {
  const { cwd, paint } = terminal;
  const { json } = options;
  const environment = await openAnywhere(cwd, options);
  const found = await findRun(environment, run);
  if (found.record !== undefined) {
    terminal.out(json ? `${JSON.stringify(found.record)}\n` : renderShown(found.record, { cwd, paint }));
    return 0;
  }
  const { attempt } = found;
  const unsettled = { attempt, state: await stateOf(attempt, environment.isGone) };
  terminal.out(
    json ? `${JSON.stringify(attemptJson(unsettled))}\n` : renderUnsettled(unsettled, { cwd, paint }),
  );
  return 0;
}
