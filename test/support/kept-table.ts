/** A world with one table of real rows, for tests of what people do with tables: each commit is of a run's own file. */

import { join } from 'node:path';
import type { DeltaField } from '../../core/row.ts';
import { deltaTables } from '../../runtime/delta/tables.ts';
import type { Engine } from '../../runtime/engine.ts';
import { localFiles } from '../../runtime/local/files.ts';
import { localWorld, type LocalWorld } from '../../runtime/local/world.ts';
import type { Files, Registration, TableChange } from '../../runtime/ports.ts';
import { inEngine } from '../../runtime/world.ts';
import { change, field } from './conformance/tables.ts';
import { writeDataFile } from './data-files.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface KeptTable {
  readonly world: LocalWorld;
  readonly uri: string;
  /** Moves the world's clock on. */
  pass(days: number): void;
  /** Commits rows of these ids as a run; odd ones lie in another partition than even ones. */
  write(run: string, ids: readonly number[], more?: Partial<TableChange>): Promise<number>;
  /** The ids of the newest version, or of another one, as the engine reads its files. */
  read(version?: number): Promise<number[]>;
}

const fields: readonly DeltaField[] = [field('id', 'long'), field('text', 'string'), field('odd', 'boolean')];
export const keptSchema = { fields, partitionBy: ['odd'], description: 'Numbers, for tests.' };
const DAY = 24 * 60 * 60 * 1000;

/** A run of the table's pipeline, as the ledger is told of it. */
export const keptRegistration = (run: string, at: Date): Registration => ({
  pipeline: 'numbers',
  sha256: 'a'.repeat(64),
  run,
  owner: 'execution',
  definition: 'd',
  at,
  again: true,
  object: { uri: '/in', version: '1', bytes: 1 },
});

export async function keptTable(engine: Engine, on: Partial<Files> = {}): Promise<KeptTable> {
  let now = Date.parse('2026-11-21T10:00:00Z');
  const files: Files = { ...localFiles(), ...on };
  const base = localWorld({
    out: join(await temporaryFolder(), 'out'),
    now: () => new Date(now),
    threads: 1,
  });
  const tables = deltaTables(files, { inEngine: (work) => inEngine(base, work) });
  const world: LocalWorld = { ...base, files, tables };
  const uri = world.layout.table('numbers');
  let n = 0;
  return {
    world,
    uri,
    pass: (days) => void (now += days * DAY),
    async write(run, ids, more = {}) {
      now += 1000;
      const add = [];
      for (const [odd, some] of Map.groupBy(ids, (id) => id % 2 === 1)) {
        const name = `${run}/0a1b2c-${n++}.parquet`;
        const rows = some.map((id) => `(${id}::BIGINT, 'it''s ${id}')`).join(', ');
        const sql = `SELECT * FROM (VALUES ${rows}) t(id, text)`;
        add.push(await writeDataFile(engine, uri, name, fields.slice(0, 2), sql, { odd: String(odd) }));
      }
      const id = { application: `sluice/${run}`, version: 1 };
      const committed = await world.tables.commit(
        uri,
        change(run, add, { id, schema: keptSchema, at: world.now(), ...more }),
      );
      return committed.version;
    },
    async read(version) {
      const snapshot = await world.tables.snapshot(uri, version);
      const paths = (snapshot?.files ?? []).map(({ path }) => `'${engine.folder}/${path}'`);
      if (paths.length === 0) return [];
      for (const { path } of snapshot!.files) {
        await localFiles().download(`${uri}/${path}`, `${engine.folder}/${path}`);
      }
      const rows = await engine.rows(`SELECT id, text FROM read_parquet([${paths.join(', ')}]) ORDER BY id`);
      if (rows.some(({ id, text }) => text !== `it's ${id}`)) throw new Error('A row lost its text.');
      return rows.map(({ id }) => id as number);
    },
  };
}
