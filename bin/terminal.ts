/** What a command may touch of the process that it runs in, as one value that a test can make. */

import { styleText } from 'node:util';

/** A style of `util.styleText`, such as `green`. */
export type Style = 'green' | 'yellow' | 'red' | 'cyan' | 'bold' | 'dim';
export type Paint = (style: Style, text: string) => string;

export interface Terminal {
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Results, and nothing else. */
  out(text: string): void;
  /** Everything that is said beside the results. */
  err(text: string): void;
  /** Colours for `out`: only where a person looks on, and `NO_COLOR` is not set. */
  readonly paint: Paint;
  /** The width of the terminal behind `err`, or undefined if there is none. */
  readonly width: number | undefined;
  /** Calls back when the person wants the process to stop; returns how to call that off. */
  onInterrupt(stop: () => void): () => void;
}

export function terminalOf(from: NodeJS.Process): Terminal {
  return {
    cwd: from.cwd(),
    out: (text) => void from.stdout.write(text),
    err: (text) => void from.stderr.write(text),
    paint: (style, text) => styleText(style, text, { stream: from.stdout }),
    width: from.stderr.isTTY ? from.stderr.columns : undefined,
    onInterrupt(stop) {
      from.once('SIGINT', stop);
      return () => void from.off('SIGINT', stop);
    },
  };
}

/** No colours. */
export const plain: Paint = (_style, text) => text;
