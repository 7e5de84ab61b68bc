/** By which columns the rows of a round are parted, of deeds that only say what they meet and make. */

import { expect, test } from 'vitest';
import { z } from 'zod';
import { roundsOf, type Deed } from '../../../core/plan/rounds.ts';
import { columnsOf } from '../../../core/row.ts';
import { impute } from '../../../core/transforms/impute.ts';

const columns = columnsOf({ n: z.int(), u: z.string(), k: z.string(), l: z.string() }, 'test');
const meets = (by: Deed['meets'], makes: Deed['makes'] = []): Deed => ({
  meets: by,
  makes,
  says: '',
  apply: (below) => below,
});
/** Of each round: the columns that part its rows, and how many deeds it has. */
const rounds = (...deeds: readonly Deed[]) =>
  roundsOf(columns, deeds).map(({ by, deeds: own }) => [by, own.length]);

test.each<[string, readonly Deed[], readonly unknown[]]>([
  ['nobody meets anybody', [meets('record'), meets('record')], [[[], 2]]],
  ['rows that meet by fewer columns each time', [meets(['k', 'l']), meets(['k', 'u']), meets(['k'])], [[['k'], 3]]],
  ['rows that meet by others', [meets(['k']), meets(['l'])], [[['k'], 1], [['l'], 1]]],
  ['all meet, after some', [meets(['k']), meets('run'), meets('record')], [[['k'], 1], [null, 2]]],
  ['all meet, before some that are equal in a column whose name is in that word', [meets('run'), meets(['n'])], [[null, 1], [['n'], 1]]],
  ['the same, several times', [meets('run'), meets('run'), meets(['u'])], [[null, 2], [['u'], 1]]],
  ['a column that is made anew before rows meet by it', [meets('record', ['k']), meets(['k'])], [[[], 1], [['k'], 1]]],
  ['one of two that is made anew', [meets('record', ['k']), meets(['k', 'l'])], [[['l'], 2]]],
  ['all columns made anew', [meets('record', null), meets(['k'])], [[[], 1], [['k'], 1]]],
  ['a column that is made anew behind', [meets(['k'], ['k']), meets(['k'])], [[['k'], 1], [['k'], 1]]],
])('%s', (_, deeds, expected) => {
  expect(rounds(...deeds)).toEqual(expected);
}); // prettier-ignore

test.each<[string, Parameters<typeof impute>[0], readonly string[] | undefined]>([
  ['a key', { n: previous('k') }, ['k']],
  ['two keys, of which one is shared', { n: previous('k', 'l'), u: previous('l') }, ['l']],
  ['no key that is shared', { n: previous('k'), u: previous('l') }, undefined],
  ['no key', { n: previous() }, undefined],
  ['a key that a constant makes equal before', { n: previous('k'), k: 'none' }, undefined],
])('the value before is looked for among the rows of %s', (_, given, expected) => {
  expect(impute(given).meets).toEqual(expected);
}); // prettier-ignore

function previous(...per: readonly string[]) {
  return { from: 'previous', per: per.map((column) => ({ column })) } as const;
}
