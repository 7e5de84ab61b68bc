/** What may name a column. */

import { expect, it } from 'vitest';
import { checkColumnNames } from '../../core/column-names.ts';

it.each(['', '1a', '_a', 'a b', 'a.b', 'a-b', 'é', 'a\n', `a${'b'.repeat(128)}`])('%j does not', (name) => {
  expect(() => checkColumnNames(['x', name], 'Pipeline "p"')).toThrow(
    `Pipeline "p": ${JSON.stringify(name)} cannot name a column of a table.`,
  );
});

it('two that differ in case only do not', () => {
  expect(() => checkColumnNames(['Aa', 'b', 'aA'], 'Pipeline "p"')).toThrow(
    'Pipeline "p": Aa and aA differ in case only, which a table cannot tell; rename one.',
  );
});

it('letters, digits and underscores do, up to 128', () => {
  expect(() => checkColumnNames(['a', 'Z_9', `b${'c'.repeat(127)}`], 'Pipeline "p"')).not.toThrow();
});
