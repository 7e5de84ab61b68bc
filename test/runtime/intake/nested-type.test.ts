/** Types of the engine read from their names: every bracket, quote and comma where it belongs. */

import { expect, test } from 'vitest';
import { nestedType } from '../../../runtime/intake/nested-type.ts';

const leaf = (name: string) => ({ kind: 'leaf', name });

test.each([
  ['BIGINT', leaf('BIGINT')],
  ['STRUCT()[]', { kind: 'list', of: { kind: 'struct', fields: [] } }],
  ['STRUCT(a STRUCT(), b DATE)', { kind: 'struct', fields: [{ name: 'a', type: { kind: 'struct', fields: [] } }, { name: 'b', type: leaf('DATE') }] }],
  ['TIMESTAMP WITH TIME ZONE[][]', { kind: 'list', of: { kind: 'list', of: leaf('TIMESTAMP WITH TIME ZONE') } }],
  [
    `STRUCT(a DECIMAL(9,2), "b, ""c"")" ENUM('x, y)', 'it''s'), d STRUCT(e DATE[])[])`,
    {
      kind: 'struct',
      fields: [
        { name: 'a', type: leaf('DECIMAL(9,2)') },
        { name: 'b, "c")', type: leaf(`ENUM('x, y)', 'it''s')`) },
        { name: 'd', type: { kind: 'list', of: { kind: 'struct', fields: [{ name: 'e', type: { kind: 'list', of: leaf('DATE') } }] } } },
      ],
    },
  ],
  [
    'MAP(VARCHAR, MAP(INTEGER, STRUCT(x FLOAT)))',
    {
      kind: 'map',
      key: leaf('VARCHAR'),
      value: { kind: 'map', key: leaf('INTEGER'), value: { kind: 'struct', fields: [{ name: 'x', type: leaf('FLOAT') }] } },
    },
  ],
])('%s', (name, type) => {
  expect(nestedType(name)).toEqual(type);
}); // prettier-ignore
