/** What a source is: plain data that says which objects belong to it and how their fields become columns. */

import type { DecodeOptions } from '../decode-rule.ts';
import type { Format } from '../formats/format.ts';

export interface Source {
  readonly kind: string;
  /** Where its objects are on AWS: in the bucket that files are dropped in, or in that of the tables. */
  readonly place: 'landing' | 'lake';
  /** Keys that belong to this source start with it. Ignored on a laptop. */
  readonly prefix: string;
  /** A pattern over file names, `*` and `?`; an ending that says how it is compressed is not looked at. */
  readonly match: string;
  /** How the paths of the folders end that its objects lie in on a laptop. Absent: any folder. */
  readonly folder?: string;
  readonly format: Format;
  /** The decimal mark of numbers whose column says none. */
  readonly decimal?: '.' | ',';
  /** One rule for each column that has one, by the column's name. */
  readonly decode: Readonly<Record<string, DecodeOptions>>;
  /** The table whose versions its objects are. Absent: they are no versions of a table. */
  readonly versions?: Versions;
}

/** A table of the lake as a source: each entry of its log is an object. */
export interface Versions {
  readonly table: string;
  /** Whether an object has the rows that a version added, or all that the table held then. */
  readonly read: 'added' | 'whole';
  readonly columns: readonly OfferedColumn[];
}

/** A column of a table that is a source. */
export interface OfferedColumn {
  readonly name: string;
  /** The engine's type of it. */
  readonly sql: string;
  readonly nullable: boolean;
  readonly pii: boolean;
}

/** What a person is told that a source takes. */
export const sourceSays = ({ versions, match, format }: Source): string =>
  versions === undefined
    ? `${match} (${format.kind})`
    : `table ${versions.table} (${versions.read === 'whole' ? 'whole' : 'rows added'})`;
