/** What a source is: plain data that says which objects belong to it and how their fields become columns. */

import type { DecodeOptions } from '../decode-rule.ts';
import type { Format } from '../formats/format.ts';

export interface Source {
  readonly kind: string;
  /** Keys that belong to this source start with it. Ignored on a laptop. */
  readonly prefix: string;
  /** A pattern over file names, `*` and `?`; an ending that says how it is compressed is not looked at. */
  readonly match: string;
  readonly format: Format;
  /** The decimal mark of numbers whose column says none. */
  readonly decimal?: '.' | ',';
  /** One rule for each column that has one, by the column's name. */
  readonly decode: Readonly<Record<string, DecodeOptions>>;
}
