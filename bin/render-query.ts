/** The rows of a query as a person reads them. */

import type { Paint } from './terminal.ts';
import { aligned, shortened, visible } from './text.ts';

/** Characters of a value that are shown. */
export const WIDEST = 80;

export interface ShownRows {
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[];
  /** Null for a null. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Columns that line up, numbers flush right; nothing of a value acts on the terminal. */
export function renderRows({ columns, rows }: ShownRows, paint: Paint): string {
  const cell = (text: string | null): string => (text === null ? 'NULL' : shortened(visible(text), WIDEST));
  const right = columns.flatMap(({ isNumber }, i) => (isNumber ? [i] : []));
  const [head = '', ...lines] = aligned(
    [columns.map(({ name }) => cell(name)), ...rows.map((row) => row.map(cell))],
    { right },
  );
  return [paint('dim', head), ...lines].map((line) => `${line}\n`).join('');
}
