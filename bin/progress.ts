/** How far a run is, as one line that is written over: only where a person looks on. */

import type { Progress } from '../runtime/ports.ts';
import type { Terminal } from './terminal.ts';
import { count, counted, shortened, visible } from './text.ts';

export interface ProgressLine {
  show(event: Progress): void;
  /** Takes the line away, before something else is written. */
  clear(): void;
}

/** Milliseconds between two lines; more often nobody can read them. */
const PAUSE = 100;

export function progressLine(
  terminal: Pick<Terminal, 'err' | 'width'>,
  clock: () => number = () => performance.now(),
): ProgressLine {
  const { width } = terminal;
  if (width === undefined) return { show: () => undefined, clear: () => undefined };
  let shownAt = -Infinity;
  let stage = '';
  return {
    show(event) {
      const now = clock();
      if (event.stage === stage && now - shownAt < PAUSE) return;
      shownAt = now;
      stage = event.stage;
      terminal.err(`\r\u001b[K${shortened(wordsOf(event), Math.max(10, width - 1))}`);
    },
    clear() {
      if (stage === '') return;
      stage = '';
      shownAt = -Infinity;
      terminal.err('\r\u001b[K');
    },
  };
}

function wordsOf({ pipeline, stage, done, total, meets }: Progress): string {
  if (meets !== undefined) {
    const groups = meets.groups === undefined ? '' : `: written anew in ${counted(meets.groups, 'group')}`;
    return `${visible(pipeline)}  ${stage}  ${count(meets.files)} of ${counted(meets.of, 'file')} can hold the keys${groups}`;
  }
  const share = total > 0 ? `${Math.floor((Math.min(done, total) / total) * 100)} %` : '';
  const amount =
    stage === 'ingest'
      ? `${count(Math.round(done / 1e6))} of ${count(Math.round(total / 1e6))} MB`
      : `${count(done)} of ${count(total)} records`;
  return `${visible(pipeline)}  ${stage}  ${share}  ${amount}`;
}
