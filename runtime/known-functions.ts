/** What the engine says of its own functions. It takes long to tell of all: it is asked once in a process. */

import type { Engine } from './engine.ts';

export interface KnownFunction {
  readonly name: string;
  /** `scalar`, `macro`, `aggregate`, `table`, `table_macro`, `pragma`. */
  readonly type: string;
  /** Whether it gives the same answer each time: `CONSISTENT`, `CONSISTENT_WITHIN_QUERY`, `VOLATILE`. */
  readonly stability: string | null;
}

let all: Promise<readonly KnownFunction[]> | undefined;

/** The functions of these names, each in all its forms. */
export async function knownFunctions(
  engine: Engine,
  names: readonly string[],
): Promise<readonly KnownFunction[]> {
  if (names.length === 0) return [];
  all ??= engine
    .rows('SELECT DISTINCT function_name AS name, function_type AS type, stability FROM duckdb_functions()')
    .then((rows) => rows as unknown as readonly KnownFunction[])
    .catch((error: unknown) => {
      // The next one asks again.
      all = undefined;
      throw error;
    });
  const wanted = new Set(names);
  return (await all).filter(({ name }) => wanted.has(name));
}
