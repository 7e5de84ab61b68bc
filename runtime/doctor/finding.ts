/** Something that does not agree with something else in an environment. */

export interface Finding {
  /** Which kind of check found it. */
  readonly check: 'ledger' | 'attempt' | 'table' | 'rows' | 'file' | 'object' | 'report' | 'history';
  readonly what: string;
  /** The URI of what is to be looked at. */
  readonly where: string;
  /** What to do, with the command where there is one. */
  readonly next: string;
}

/** A command line of Sluice for the environment, from the command and its arguments. */
export type Call = (...words: readonly string[]) => string;

/** `1 row`, `2 rows`. */
export const counted = (n: number, one: string): string => `${n} ${n === 1 ? one : `${one}s`}`;

/** A text as one word of a shell's command line. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
