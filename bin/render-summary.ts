/** Several runs in one table, with their sum: what stands below the last of them. */

import { statusStyle, statusWords } from './render.ts';
import { plain, type Paint } from './terminal.ts';
import type { RunRecord } from '../runtime/result.ts';
import { aligned, count, counted, duration, shownPath } from './text.ts';

export function renderSummary(
  records: readonly RunRecord[],
  options: { readonly cwd: string; readonly paint?: Paint },
): string {
  const { cwd, paint = plain } = options;
  const sum = (of: (record: RunRecord) => number): number => records.reduce((total, r) => total + of(r), 0);
  const rows = records.map((record) => [
    record.objects.map(({ uri }) => shownPath(uri, cwd)).join(', '),
    statusWords(record.status),
    record.records.read === null ? '-' : count(record.records.read),
    count(record.records.loaded),
    count(record.records.quarantined),
    count(record.records.held),
    duration(record.durationMs),
  ]);
  const total = [
    counted(records.length, 'run'),
    '',
    count(sum((r) => r.records.read ?? 0)),
    count(sum((r) => r.records.loaded)),
    count(sum((r) => r.records.quarantined)),
    count(sum((r) => r.records.held)),
    duration(sum((r) => r.durationMs)),
  ];
  const head = ['file', 'status', 'read', 'loaded', 'quarantined', 'held', 'time'];
  const [first = '', ...lines] = aligned([head, ...rows, total], { right: [2, 3, 4, 5, 6] });
  const last = lines.pop() ?? '';
  const painted = lines.map((line, i) => {
    const words = statusWords(records[i]!.status);
    const at = line.indexOf(words, (rows[i]?.[0] ?? '').length);
    return line.slice(0, at) + paint(statusStyle(records[i]!.status), words) + line.slice(at + words.length);
  });
  return ['', paint('dim', first), ...painted, paint('bold', last)].map((line) => `${line}\n`).join('');
}
