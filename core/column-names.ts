/** What may name the columns of a table. */

import { DefinitionError } from './errors.ts';

/** @throws DefinitionError for a name that no column can have, or two that a table cannot tell apart. */
export function checkColumnNames(names: readonly string[], where: string): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || name.length > 128) {
      throw new DefinitionError(
        `${where}: ${JSON.stringify(name)} cannot name a column of a table. Use letters, digits and underscores, ` +
          'starting with a letter, and give the name in the file by `decode: { column: { from: "…" } }`.',
      );
    }
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new DefinitionError(
        `${where}: ${other} and ${name} differ in case only, which a table cannot tell; rename one.`,
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}
