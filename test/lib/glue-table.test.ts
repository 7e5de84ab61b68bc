/** The catalogue's words for types of Delta Lake. */

import { expect, test } from 'vitest';
import type { DeltaType } from '../../core/delta-type.ts';
import { glueType } from '../../lib/glue-table.ts';

const field = (name: string, type: DeltaType) => ({ name, type, nullable: true, metadata: {} });

test.each<[DeltaType, string]>([
  ['string', 'string'],
  ['long', 'bigint'],
  ['double', 'double'],
  ['boolean', 'boolean'],
  ['date', 'date'],
  ['timestamp', 'timestamp'],
  ['decimal(12,2)', 'decimal(12,2)'],
  [{ type: 'array', elementType: 'long', containsNull: true }, 'array<bigint>'],
  [
    {
      type: 'struct',
      fields: [field('a', 'long'), field('b', { type: 'array', elementType: 'string', containsNull: true })],
    },
    'struct<a:bigint,b:array<string>>',
  ],
])('%j is %s', (type, word) => {
  expect(glueType(type)).toBe(word);
});
