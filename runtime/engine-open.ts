/** Opens a DuckDB in memory that sees one folder and nothing else, and can no longer be told otherwise. */

import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { literal } from '../core/sql.ts';

export interface OpenEngine {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

export async function openSealed(
  { threads, memoryMb }: { readonly threads: number; readonly memoryMb: number },
  folder: string,
): Promise<OpenEngine> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memoryMb}MB`,
  });
  try {
    const connection = await instance.connect();
    await connection.run(`${seal(folder).join('; ')};`);
    return { instance, connection };
  } catch (cause) {
    instance.closeSync();
    throw cause;
  }
}

const seal = (folder: string): readonly string[] => [
  `SET temp_directory = ${literal(join(folder, 'spill'))}`,
  // Of every connection: others are opened when nothing can be set any more.
  `SET GLOBAL TimeZone = 'UTC'`,
  `SET preserve_insertion_order = true`,
  `SET autoinstall_known_extensions = false`,
  `SET autoload_known_extensions = false`,
  `SET allowed_directories = [${literal(`${folder}/`)}]`,
  `SET enable_external_access = false`,
  `SET lock_configuration = true`,
];
