/** Attempts that are not settled: at work, which is as it should be, or left by who is gone. */

import { readConclusion } from '../conclusion.ts';
import type { IsGone } from '../leftovers.ts';
import { messageOf, type LedgerView } from '../ledger-view.ts';
import type { Attempt } from '../ports.ts';
import { placesOf } from '../staging.ts';
import type { World } from '../world.ts';
import type { Call, Finding } from './finding.ts';

/** What can be said of an attempt that is not settled. */
export type AttemptState = 'at work' | 'decided' | 'abandoned';

/** Decided means that whoever decided is gone, and that what was decided is still to be carried out. */
export async function stateOf(attempt: Attempt, isGone: IsGone): Promise<AttemptState> {
  const { pipeline, owner, decision } = attempt;
  for (const execution of new Set([owner, decision?.by ?? owner])) {
    if (!(await isGone(pipeline, execution))) return 'at work';
  }
  return decision === undefined ? 'abandoned' : 'decided';
}

export async function checkAttempts(
  world: World,
  ledger: LedgerView,
  isGone: IsGone,
  call: Call,
): Promise<{ findings: Finding[]; notes: string[] }> {
  const findings: Finding[] = [];
  const notes: string[] = [];
  for (const attempt of ledger.attempts) {
    if (attempt.record !== undefined) continue;
    const { run, pipeline, sha256, object, registeredAt, decision } = attempt;
    const where = `${world.layout.ledger}/${pipeline}/contents/${sha256}/`;
    const find = (what: string, next: string): void => {
      findings.push({ check: 'attempt', what, where, next });
    };
    // Any run of the pipeline ends what has a work folder; without one, only its content leads to the attempt.
    const hasWork = (await world.files.stat(placesOf(world, pipeline, attempt.owner).subject)) !== undefined;
    const orAny = hasWork ? ` (or any other file of ${pipeline})` : '';
    const goOn = `${call('run', pipeline, object.uri)}${orAny} ends it`;
    let state: AttemptState;
    try {
      state = await stateOf(attempt, isGone);
    } catch (error) {
      find(
        `Nobody can tell whether run ${run} is at work: ${messageOf(error)}`,
        `Remove the mark that cannot be read once the process is gone; then ${goOn}.`,
      );
      continue;
    }
    if (state === 'at work') {
      const decided = decision === undefined ? '' : `, decided: ${decision.outcome}`;
      notes.push(`Run ${run} is at work (attempt ${attempt.attempt}, since ${registeredAt}${decided}).`);
    } else if (decision === undefined) {
      find(
        `Run ${run} was left by execution ${attempt.owner}, which is gone; nothing was decided.`,
        `${goOn}.`,
      );
    } else {
      const lack = await readConclusion(world.files, decision.conclusion).then(() => undefined, messageOf);
      const said = `Run ${run} is decided (${decision.outcome}) and not carried out; who was at it is gone`;
      if (lack === undefined) find(`${said}.`, `${goOn} as decided.`);
      else {
        find(
          `${said}, and its conclusion cannot be read: ${lack}`,
          `Restore ${decision.conclusion} from a backup; then ${goOn} as decided.`,
        );
      }
    }
  }
  return { findings, notes };
}
