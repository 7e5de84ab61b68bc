/** How the pipelines of an environment are doing, in one table. */

import type { Status } from '../runtime/result.ts';
import { statusStyle, statusWords } from './render.ts';
import { plain, type Paint } from './terminal.ts';
import { aligned, count, duration } from './text.ts';

export interface PipelineStatus {
  readonly pipeline: string;
  readonly last: { readonly run: string; readonly status: Status; readonly settledAt: string } | null;
  readonly atWork: number;
  /** Attempts that were left by who is gone: the next run ends them. */
  readonly left: number;
  /** Of the last 24 hours, as far as the newest hundred runs tell. */
  readonly day: {
    readonly runs: number;
    readonly read: number;
    readonly quarantined: number;
    /** Held, rejected and failed runs. */
    readonly notPublished: number;
  };
}

export function renderStatus(
  lines: readonly PipelineStatus[],
  { now, paint = plain }: { readonly now: Date; readonly paint?: Paint },
): string {
  if (lines.length === 0) return 'No run was registered yet.\n';
  const rows = lines.map(({ pipeline, last, atWork, left, day }) => [
    pipeline,
    last === null ? '-' : statusWords(last.status),
    last === null ? '-' : `${duration(Math.max(0, now.getTime() - Date.parse(last.settledAt)))} ago`,
    count(atWork),
    count(left),
    count(day.runs),
    count(day.notPublished),
    count(day.read),
    count(day.quarantined),
  ]);
  const head = [
    'pipeline',
    'last run',
    'when',
    'at work',
    'left over',
    'runs in 24 h',
    'not published',
    'read',
    'quarantined',
  ];
  const [first = '', ...texts] = aligned([head, ...rows], { right: [3, 4, 5, 6, 7, 8] });
  const painted = texts.map((text, i) => {
    const { last } = lines[i]!;
    if (last === null) return text;
    const words = statusWords(last.status);
    const at = text.indexOf(words, lines[i]!.pipeline.length);
    return text.slice(0, at) + paint(statusStyle(last.status), words) + text.slice(at + words.length);
  });
  return [paint('dim', first), ...painted].map((line) => `${line}\n`).join('');
}
