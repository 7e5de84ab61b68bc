/** Runs of an environment in one table: those that are not settled first. */

import type { AttemptState } from '../runtime/doctor/attempts.ts';
import type { Attempt } from '../runtime/ports.ts';
import type { RunRecord } from '../runtime/result.ts';
import { statusStyle, statusWords } from './render.ts';
import { plain, type Paint, type Style } from './terminal.ts';
import { aligned, count, duration, visible } from './text.ts';

export interface UnsettledRun {
  readonly attempt: Attempt;
  readonly state: AttemptState;
}

export const stateStyles: Readonly<Record<AttemptState, Style>> = {
  'at work': 'cyan',
  decided: 'yellow',
  abandoned: 'red',
};

/** `DECIDED (publish)`. */
export const stateWords = ({ attempt, state }: UnsettledRun): string =>
  state.toUpperCase() + (attempt.decision === undefined ? '' : ` (${attempt.decision.outcome})`);

/** An unsettled run as JSON: its `status` is none that a settled run has. */
export const attemptJson = ({ attempt, state }: UnsettledRun) => ({
  status: state.replaceAll(' ', '-'),
  ...attempt,
});

export function renderRuns(
  settled: readonly RunRecord[],
  unsettled: readonly UnsettledRun[],
  options: { readonly now: Date; readonly paint?: Paint },
): string {
  const { now, paint = plain } = options;
  if (settled.length + unsettled.length === 0) return 'No run was registered yet.\n';
  const rows = [
    ...unsettled.map((one) => {
      const { run, attempt, registeredAt } = one.attempt;
      const age = Math.max(0, now.getTime() - Date.parse(registeredAt));
      return {
        words: stateWords(one),
        style: stateStyles[one.state],
        cells: ['-', visible(run), stateWords(one), '-', '-', '-', '-', duration(age), count(attempt)],
      };
    }),
    ...settled.map(({ run, status, records, settledAt, durationMs, attempt }) => ({
      words: statusWords(status),
      style: statusStyle(status),
      cells: [
        second(settledAt),
        visible(run),
        statusWords(status),
        records.read === null ? '-' : count(records.read),
        count(records.loaded),
        count(records.quarantined),
        count(records.held),
        duration(durationMs),
        count(attempt),
      ],
    })),
  ];
  const head = ['settled at', 'run', 'status', 'read', 'loaded', 'quarantined', 'held', 'time', 'attempt'];
  const [first = '', ...lines] = aligned([head, ...rows.map(({ cells }) => cells)], {
    right: [3, 4, 5, 6, 7, 8],
  });
  const painted = lines.map((line, i) => {
    const { words, style, cells } = rows[i]!;
    const at = line.indexOf(words, line.indexOf(cells[1]!) + cells[1]!.length);
    return line.slice(0, at) + paint(style, words) + line.slice(at + words.length);
  });
  return [paint('dim', first), ...painted].map((line) => `${line}\n`).join('');
}

/** An instant to the second, in UTC. */
export const second = (instant: string): string => `${instant.slice(0, 19).replace('T', ' ')}Z`;
