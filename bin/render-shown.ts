/** One run with all that is known of it: who did it, by which definition, on which bytes, and each check's verdict. */

import type { AttemptState } from '../runtime/doctor/attempts.ts';
import type { RunRecord } from '../runtime/result.ts';
import { stateStyles, stateWords, type UnsettledRun } from './render-runs.ts';
import { renderRun, type RenderOptions } from './render.ts';
import { plain, type Paint } from './terminal.ts';
import { aligned, count, counted, shownPath, visible, visibleLines } from './text.ts';

type Line = readonly [label: string, text: string];

/** As `renderRun`, and below it what only the ledger needs. */
export function renderShown(record: RunRecord, options: RenderOptions): string {
  const { cwd, paint = plain } = options;
  const { records, rows } = record;
  const facts: Line[] = [
    ['run', record.run],
    ...record.objects.flatMap(({ uri, bytes, sha256 }): Line[] => [
      ['object', `${shownPath(uri, cwd)} (${counted(bytes, 'byte')})`],
      ['sha256', sha256 ?? 'the object was not read to its end'],
    ]),
    ['definition', record.definition],
    ['attempt', count(record.attempt)],
    ['owner', record.owner],
    ...record.references.map(({ name, version }): Line => ['joined', `${name}, version ${version}`]),
    ['started', record.startedAt],
    ['settled', record.settledAt],
    ...(records.loaded === 0 && rows.deleted === 0
      ? []
      : [['rows', `${count(rows.inserted)} inserted, ${count(rows.deleted)} deleted`] as const]),
  ];
  return renderRun(record, options) + labelled(facts, paint) + checks(record, paint);
}

const meanings: Readonly<Record<AttemptState, string>> = {
  'at work': 'It is not settled yet; its execution is alive.',
  decided:
    'What becomes of it is decided and not carried out, and who was at it is gone. Run any file of the pipeline: it is carried out.',
  abandoned: 'Its execution is gone and decided nothing; nothing is visible. Run the file again.',
};

/** A run of which only its attempt is known. */
export function renderUnsettled(unsettled: UnsettledRun, options: RenderOptions): string {
  const { cwd, paint = plain } = options;
  const { attempt, state } = unsettled;
  const { run, object, sha256, definition, owner, registeredAt, decision } = attempt;
  const facts: Line[] = [
    ['', meanings[state]],
    ['run', run],
    ['object', `${shownPath(object.uri, cwd)} (${counted(object.bytes, 'byte')})`],
    ['sha256', sha256],
    ['definition', definition],
    ['attempt', count(attempt.attempt)],
    ['owner', owner],
    ['registered', registeredAt],
    ...(decision === undefined
      ? []
      : [
          ['decided', `${decision.outcome}, by ${decision.by}`] as const,
          ['by', decision.conclusion] as const,
        ]),
  ];
  const head = `${paint('bold', visible(attempt.pipeline))}  ${paint(stateStyles[state], stateWords(unsettled))}\n`;
  return head + labelled(facts, paint);
}

function labelled(facts: readonly Line[], paint: Paint): string {
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.map(([label, text]) => `  ${paint('dim', label.padEnd(width))}  ${visible(text)}\n`).join('');
}

function checks({ checks: all }: RunRecord, paint: Paint): string {
  if (all.length === 0) return '';
  const lines = aligned(
    all.map(({ name, severity, words, passed, message }) => [
      passed ? '✓' : '✗',
      visible(name),
      visible(severity),
      visible(words),
      visibleLines(message),
    ]),
  );
  const painted = lines.map(
    (line, i) => paint(all[i]!.passed ? 'green' : 'red', line.slice(0, 1)) + line.slice(1),
  );
  return `  ${paint('dim', 'checks')}\n${painted.map((line) => `    ${line}\n`).join('')}`;
}
