/** DuckDB with nothing of ours around it: what it would have made of the same input. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type JS } from '@duckdb/node-api';

export interface EngineAlone {
  readonly folder: string;
  /** Puts a file in its folder and returns its path. */
  put(name: string, content: string | Uint8Array): Promise<string>;
  /** The rows that it answers, each as a list with whole numbers as numbers, or what it says when it fails: the first line of its message. */
  ask(sql: string): Promise<JS[][] | string>;
  /** The bytes of a Parquet file that it writes: the rows of a query. */
  parquet(query: string, options?: string): Promise<Buffer>;
  /** The one value of a query with one row and one column, or its message. */
  value(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function openAlone(): Promise<EngineAlone> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-alone-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' });
  const connection = await instance.connect();
  let files = 0;
  await connection.run(`SET TimeZone = 'UTC'`);
  const ask = async (sql: string): Promise<JS[][] | string> => {
    try {
      const rows = (await connection.runAndReadAll(sql)).getRowsJS() as JS[][];
      return rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)));
    } catch (error) {
      return (error as Error).message.split('\n')[0]!.replaceAll(`${folder}/`, '');
    }
  };
  return {
    folder,
    async put(name, content) {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
    ask,
    async parquet(query, options = '') {
      const path = join(folder, `${files++}.parquet`);
      const said = await ask(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
      if (typeof said === 'string') throw new Error(said);
      return readFile(path);
    },
    async value(sql) {
      const rows = await ask(sql);
      return typeof rows === 'string' ? rows : rows[0]?.[0];
    },
    async close() {
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
