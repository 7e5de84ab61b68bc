/** How what is measured is started: Sluice as its command line starts it, everything else as it comes. */

export interface Started {
  readonly flags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** With what `scripts/with-node.mjs` gave to this process. */
export const asSluice: Started = { flags: process.execArgv, env: process.env };

const { MALLOC_ARENA_MAX: _, DUCKDB_JE_MALLOC_CONF: __, ...plain } = process.env;
export const asItComes: Started = { flags: [], env: plain };
