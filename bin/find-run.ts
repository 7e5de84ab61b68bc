/** From the name of a run to what is known of it: its attempt in the ledger, the history, or its report alone. */

import { UsageError } from '../core/errors.ts';
import { readReport } from '../runtime/conclude.ts';
import { messageOf } from '../runtime/ledger-view.ts';
import type { Attempt } from '../runtime/ports.ts';
import type { RunRecord } from '../runtime/result.ts';
import type { Environment } from './environment.ts';

export type FoundRun =
  { readonly record: RunRecord } | { readonly record?: undefined; readonly attempt: Attempt };

/** More runs than a history has. */
const ALL = 1_000_000;

/** Names that are offered instead of one that nobody has. */
const MOST_NEAR = 3;

/**
 * What the ledger says stands; a run that it does not know is told by its report, if it has one.
 * @throws UsageError if there is none of that name; it names those that are near.
 */
export async function findRun(
  { world, known: pipelines }: Pick<Environment, 'world' | 'known'>,
  run: string,
): Promise<FoundRun> {
  const names: string[] = [];
  const unread: string[] = [];
  const reading = async <T>(work: Promise<T>, otherwise: T): Promise<T> =>
    work.catch((error: unknown) => (unread.push(messageOf(error)), otherwise));
  const known = await pipelines();
  for (const [pipeline, contents] of known) {
    for (const sha256 of contents) {
      // The name of a run holds the start of its content's hash; all others are read only to name near ones.
      if (!run.includes(sha256.slice(0, 8))) continue;
      const attempts = await reading(world.ledger.attempts(pipeline, sha256), []);
      const attempt = attempts.find((one) => one.run === run);
      if (attempt) return attempt.record === undefined ? { attempt } : { record: attempt.record };
    }
    const history = await reading(world.ledger.history(pipeline, ALL), []);
    const record = history.find((one) => one.run === run);
    if (record) return { record };
    const open = await reading(Array.fromAsync(world.ledger.unsettled(pipeline)), []);
    const attempt = open.find((one) => one.run === run);
    if (attempt) return { attempt };
    names.push(...history.map((one) => one.run));
  }
  for (const pipeline of known.keys()) {
    if (/[/\\]/.test(run) || (await world.files.stat(world.layout.report(pipeline, run))) === undefined)
      continue;
    return { record: await readReport(world, pipeline, run) };
  }
  throw new UsageError(
    `There is no run ${run}.${near(run, names)}${unread.map((why) => `\n${why}`).join('')}`,
  );
}

function near(wanted: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const nearest = [...new Set(names)]
    .map((name) => ({ name, close: closeness(wanted, name) }))
    .toSorted((a, b) => b.close - a.close)
    .slice(0, MOST_NEAR);
  return ` Near are: ${nearest.map(({ name }) => name).join(', ')}. All: sluice runs`;
}

/** How many characters two texts have in common at their starts and ends. */
function closeness(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return start + end + (b.includes(a) ? a.length : 0);
}
