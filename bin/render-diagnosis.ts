/** What the doctor found, as a person reads it: each finding with its place and the next step, then the sum. */

import type { Diagnosis } from '../runtime/doctor.ts';
import { plain, type Paint } from './terminal.ts';
import { bytes, counted, shownPath, visible, visibleLines } from './text.ts';

export interface DiagnosisOptions {
  readonly cwd: string;
  /** The command that removes leftovers. */
  readonly clean: string;
  readonly paint?: Paint;
}

export function renderDiagnosis(diagnosis: Diagnosis, options: DiagnosisOptions): string {
  const { findings, notes, runs, tables, rows, leftovers } = diagnosis;
  const { cwd, clean, paint = plain } = options;
  const lines = findings.flatMap(({ check, what, where, next }) => [
    `${paint('red', '✗')} ${paint('bold', check)}  ${indented(what)}`,
    `  ${paint('dim', 'where')}  ${shownPath(where, cwd)}`,
    `  ${paint('dim', 'next')}   ${visible(next)}`,
    '',
  ]);
  lines.push(...notes.map((note) => `${paint('cyan', '·')} ${visible(note)}`));
  if (leftovers.count > 0) {
    lines.push(
      `${paint('cyan', '·')} ${counted(leftovers.count, 'leftover')} (${bytes(leftovers.bytes)}) can be removed: ${visible(clean)}`,
    );
  }
  const seen = `${counted(runs, 'run')}, ${counted(tables, 'table')}, ${counted(rows, 'row')}`;
  lines.push(
    findings.length === 0
      ? `${paint('green', 'Everything agrees')}: ${seen}.`
      : `${paint('red', counted(findings.length, 'finding'))} in ${seen}.`,
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

const indented = (text: string): string => visibleLines(text).replaceAll('\n', '\n  ');
