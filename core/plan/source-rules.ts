/** The decode rules of a source for each column: what is said for the source holds where a column says nothing else. */

import type { DecodeOptions } from '../decode-rule.ts';
import type { Column } from '../row.ts';
import { partsOf } from '../schema.ts';
import { typeOf } from '../types/index.ts';

export interface RuledSource {
  readonly decode: Readonly<Record<string, DecodeOptions>>;
  /** The decimal mark of its numbers. */
  readonly decimal?: DecodeOptions['decimal'];
}

export function sourceRules(
  { decode, decimal }: RuledSource,
  columns: readonly Column[],
): RuledSource['decode'] {
  if (decimal === undefined) return decode;
  const numbers = columns.filter(({ name, schema }) =>
    typeOf(partsOf(schema, name), name).rules.includes('decimal'),
  );
  return {
    ...decode,
    ...Object.fromEntries(numbers.map(({ name }) => [name, { decimal, ...decode[name] }])),
  };
}
