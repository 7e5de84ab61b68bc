/** `sluice runs`: what is being worked on, and the settled runs of an environment, the newest first. */

import { UsageError } from '../../core/errors.ts';
import { stateOf } from '../../runtime/doctor/attempts.ts';
import { messageOf } from '../../runtime/ledger-view.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { openAnywhere, type Where } from '../environment.ts';
import { attemptJson, renderRuns, type UnsettledRun } from '../render-runs.ts';
import type { Terminal } from '../terminal.ts';
import { visibleLines } from '../text.ts';

export interface RunsCommandOptions extends Where {
  readonly limit: string;
  readonly json: boolean;
}

/** What cannot be read is said on stderr; the rest is listed. */
export async function runs(
  terminal: Terminal,
  pipeline: string | undefined,
  options: RunsCommandOptions,
): Promise<number> {
  const { limit, json } = options;
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw new UsageError(`--limit takes a number from 1 on, not ${limit}.`);
  const { world, name: place, known: pipelines, isGone } = await openAnywhere(terminal.cwd, options);
  const known = [...(await pipelines()).keys()];
  if (pipeline !== undefined && !known.includes(pipeline)) {
    throw new UsageError(
      `No run of pipeline ${JSON.stringify(pipeline)} was registered in ${place}. There are runs of: ${known.join(', ')}.`,
    );
  }
  const unsettled: UnsettledRun[] = [];
  const settled: RunRecord[] = [];
  const reading = async (work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => {
      terminal.err(`sluice: ${visibleLines(messageOf(error))} See: sluice doctor\n`);
    });
  for (const name of pipeline === undefined ? known : [pipeline]) {
    await reading(async () => {
      for await (const attempt of world.ledger.unsettled(name)) {
        unsettled.push({ attempt, state: await stateOf(attempt, isGone) });
      }
    });
    await reading(async () => void settled.push(...(await world.ledger.history(name, Number(limit)))));
  }
  unsettled.sort((a, b) => (a.attempt.registeredAt < b.attempt.registeredAt ? 1 : -1));
  // A sort that keeps equal ones in their order: a pipeline's history is in order already.
  const newest = settled
    .sort((a, b) => (a.settledAt < b.settledAt ? 1 : a.settledAt > b.settledAt ? -1 : 0))
    .slice(0, Number(limit));
  if (json) {
    for (const line of [...unsettled.map(attemptJson), ...newest]) terminal.out(`${JSON.stringify(line)}\n`);
  } else {
    terminal.out(renderRuns(newest, unsettled, { now: world.now(), paint: terminal.paint }));
  }
  return 0;
}
