/** The engine of a query: made ready with everything in reach, then sealed to the files that it was given. */

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { literal } from '../../core/sql.ts';

export interface QueryEngineOptions {
  /** Where the engine keeps what does not fit into its memory. */
  readonly spill: string;
  readonly memoryMb: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds between interrupts: one that comes just before a statement starts is lost. */
const AGAIN = 20;

/** Opens an engine in memory, hands it over, and closes it whatever happens. */
export async function withQueryEngine<T>(
  { spill, memoryMb, threads, signal }: QueryEngineOptions,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memoryMb}MB`,
  });
  try {
    const connection = await instance.connect();
    let again: NodeJS.Timeout | undefined;
    const stop = (): void => void (again = setInterval(() => connection.interrupt(), AGAIN));
    signal?.addEventListener('abort', stop);
    try {
      for (const setting of [
        `SET temp_directory = ${literal(spill)}`,
        `SET TimeZone = 'UTC'`,
        'SET autoinstall_known_extensions = false',
        'SET autoload_known_extensions = false',
      ]) {
        await connection.run(setting);
      }
      return await work(connection);
    } finally {
      signal?.removeEventListener('abort', stop);
      clearInterval(again);
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/**
 * From here on the engine opens these files and no others. It does not tell reading from writing: that nothing writes
 * to them is for `parseQuery` to see to.
 */
export async function seal(connection: DuckDBConnection, paths: readonly string[]): Promise<void> {
  for (const setting of [
    `SET allowed_paths = [${paths.map(literal).join(', ')}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ]) {
    await connection.run(setting);
  }
}
