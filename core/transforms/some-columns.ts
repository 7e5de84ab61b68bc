/** What a step says that was given no column to make. */

import { DefinitionError } from '../errors.ts';

/** @throws DefinitionError if there is none. */
export function someColumns(columns: Readonly<Record<string, unknown>>, word: string, instead = ''): void {
  if (Object.keys(columns).length > 0) return;
  throw new DefinitionError(`${word}() needs at least one column to make${instead}.`);
}
