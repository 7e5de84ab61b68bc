/** A fresh environment in a temporary folder, in which pipelines run on contents given by a test. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defaultLimits, type Limits } from '../../core/limits.ts';
import type { Pipeline } from '../../core/pipeline.ts';
import { literal } from '../../core/sql.ts';
import { runObject } from '../../runtime/local/run.ts';
import { localWorld, type LocalWorld } from '../../runtime/local/world.ts';
import type { RunRecord } from '../../runtime/result.ts';
import type { World } from '../../runtime/world.ts';
import { openEngine, type OpenEngine } from './engine.ts';

export interface Sandbox {
  readonly world: LocalWorld;
  readonly folder: string;
  /** Writes a file and runs a pipeline on it. */
  run(pipeline: Pipeline, name: string, content: string | Uint8Array, again?: boolean): Promise<RunRecord>;
  /** The rows of a lake table, in no order that means anything; null where there is no table. */
  table(name: string, order?: string): Promise<Record<string, unknown>[] | null>;
  /** The quarantined records, by their numbers. */
  quarantine(): Promise<Quarantined[]>;
  close(): Promise<void>;
}

export interface Quarantined {
  readonly run: string;
  readonly record: number;
  readonly byte_offset: number;
  readonly raw: Buffer;
  readonly text: string;
  readonly reasons: readonly { column: string | null; code: string; message: string; value: string | null }[];
}

export async function openSandbox(limits: Partial<Limits> = {}): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-sandbox-'));
  const world = localWorld({
    out: join(folder, 'out'),
    limits: { ...defaultLimits, ...limits },
    threads: 2,
    memoryMb: 1024,
  });
  const engine = await openEngine();
  return {
    world,
    folder,
    async run(pipeline, name, content, again = false) {
      const uri = join(folder, 'in', name);
      await mkdir(dirname(uri), { recursive: true });
      await writeFile(uri, content);
      return runObject(world, pipeline, { uri, again });
    },
    table: (name, order = '1') =>
      read(engine, world, world.layout.table(name), `SELECT * FROM t ORDER BY ${order}`),
    async quarantine() {
      const wanted = `SELECT run, record, byte_offset, base64(raw) AS raw, text, to_json(reasons)::VARCHAR AS reasons FROM t ORDER BY run, record`;
      const rows = (await read(engine, world, world.layout.quarantinedRecords, wanted)) ?? [];
      return rows.map((row) => ({
        ...row,
        raw: Buffer.from(String(row['raw']), 'base64'),
        reasons: JSON.parse(String(row['reasons'])),
      })) as unknown as Quarantined[];
    },
    async close() {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Reads what the table's log says is visible, and nothing else that lies in its folder. */
async function read(engine: OpenEngine, world: World, uri: string, query: string) {
  const snapshot = await world.tables.snapshot(uri);
  if (snapshot === undefined) return null;
  const paths: string[] = [];
  for (const [i, file] of snapshot.files.entries()) {
    const path = join(engine.folder, `${Date.now()}-${i}.parquet`);
    await world.files.download(`${uri}/${decodeURIComponent(file.path)}`, path);
    paths.push(path);
  }
  if (paths.length === 0) return [];
  return engine.rows(query.replace(' FROM t', ` FROM read_parquet([${paths.map(literal).join(', ')}])`));
}
