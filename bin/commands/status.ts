/** `sluice status`: how each pipeline of an environment is doing, one line each. */

import { stateOf } from '../../runtime/doctor/attempts.ts';
import { openAnywhere, type Where } from '../environment.ts';
import { renderStatus, type PipelineStatus } from '../render-status.ts';
import type { Terminal } from '../terminal.ts';

/** Runs that are looked at. */
const RECENT = 100;
const DAY_MS = 24 * 3_600_000;

export async function status(terminal: Terminal, where: Where & { readonly json: boolean }): Promise<number> {
  const { world, known, isGone } = await openAnywhere(terminal.cwd, where);
  const now = world.now();
  const lines: PipelineStatus[] = [];
  for (const pipeline of (await known()).keys()) {
    const runs = await world.ledger.history(pipeline, RECENT);
    const open = await Promise.all(
      (await Array.fromAsync(world.ledger.unsettled(pipeline))).map((attempt) => stateOf(attempt, isGone)),
    );
    const recent = runs.filter(({ settledAt }) => now.getTime() - Date.parse(settledAt) <= DAY_MS);
    const [last] = runs;
    lines.push({
      pipeline,
      last: last === undefined ? null : { run: last.run, status: last.status, settledAt: last.settledAt },
      atWork: open.filter((state) => state === 'at work').length,
      left: open.filter((state) => state !== 'at work').length,
      day: {
        runs: recent.length,
        read: recent.reduce((sum, { records }) => sum + (records.read ?? 0), 0),
        quarantined: recent.reduce((sum, { records }) => sum + records.quarantined, 0),
        notPublished: recent.filter((one) => ['held', 'rejected', 'failed'].includes(one.status)).length,
      },
    });
  }
  terminal.out(
    where.json
      ? lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      : renderStatus(lines, { now, paint: terminal.paint }),
  );
  return 0;
}
