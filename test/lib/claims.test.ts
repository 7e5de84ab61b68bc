/** What belongs to one pipeline only is refused to a second one. */

import { describe, expect, test } from 'vitest';
import { DefinitionError } from '../../core/errors.ts';
import { claims } from '../../lib/claims.ts';
import { shop } from './synth.ts';

describe('pipelines that share', () => {
  test.each([
    ['a prefix', shop('b', 'a/'), 'Pipelines a and b both take objects under "a/"'],
    ['a prefix below the other', shop('b', 'a/b/'), 'Pipelines a and b overlap: "a/" and "a/b/"'],
    ['a prefix above the other', shop('b', 'a/', 'b'), 'Pipelines a and b both take objects'],
    ['a table', shop('b', 'b/', 'a'), 'Pipelines a and b both write table a'],
    ['a name', shop('a', 'b/', 'b'), 'Two pipelines are named a'],
    [
      'the table of the quarantine',
      shop('b', 'b/', 'quarantine_records'),
      'a name that Sluice keeps for itself',
    ],
  ])('%s', (_what, other, message) => {
    const claim = claims(['quarantine_records']);
    claim(shop('a', 'a/'));
    expect(() => claim(other)).toThrow(DefinitionError);
    expect(() => claim(other)).toThrow(message);
  });
});

test('names that only begin alike are apart', () => {
  const claim = claims([]);
  for (const name of ['a', 'ab', 'a-b']) expect(() => claim(shop(name))).not.toThrow();
});
