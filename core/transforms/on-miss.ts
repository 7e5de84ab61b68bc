/** What becomes of a row whose key is not found: it is rejected, or kept without a value. */

import { DefinitionError } from '../errors.ts';

export type OnMiss = 'reject' | 'keep';

/** @throws DefinitionError for anything else: it would be taken for one of them without a word. */
export function checkOnMiss(given: unknown, where: string): asserts given is OnMiss {
  if (given === 'reject' || given === 'keep') return;
  throw new DefinitionError(`${where}: onMiss is ${JSON.stringify(given)}; write "reject" or "keep".`);
}
