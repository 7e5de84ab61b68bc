/**
 * What is measured of tables, each case in a process of its own: called with a case and a folder that holds the table and
 * the rows to bring to it, it does the work once and prints what it took as JSON.
 */

import { join } from 'node:path';
import type { DeltaField } from '../core/row.ts';
import { mergeInto } from '../runtime/merge/merge.ts';
import { localWorld, type LocalWorld } from '../runtime/local/world.ts';
import { withQuery } from '../runtime/query/query.ts';
import { compactTable } from '../runtime/table/compact.ts';
import { placeFiles } from '../runtime/table-files.ts';
import { inEngine } from '../runtime/world.ts';
import type { Measured } from './cases.ts';
import { parquetRows } from './table-data.ts';

const field = (name: string, type: DeltaField['type']): DeltaField => ({
  name,
  type,
  nullable: true,
  metadata: {},
});
const fields = [
  field('id', 'long'),
  field('part', 'long'),
  field('amount', 'double'),
  field('text', 'string'),
  field('at', 'timestamp'),
];
const RUN = 'bench-20261121T100000Z-0123abcd';

const changeOf = (world: LocalWorld) => ({
  id: { application: `sluice/${RUN}-${process.pid}`, version: 1 },
  schema: { fields, partitionBy: ['part'], description: '' },
  operation: 'BENCH',
  at: world.now(),
});

async function append(world: LocalWorld, uri: string, rows: string): Promise<number> {
  const records = await parquetRows(rows);
  const change = changeOf(world);
  const target = { uri, ...change.schema, run: RUN };
  const add = await inEngine(world, (engine) => placeFiles(world, engine, [{ uri: rows, records }], target));
  await world.tables.commit(uri, { ...change, write: 'append', add, supersedes: [] });
  return records;
}

async function upsert(world: LocalWorld, uri: string, rows: string): Promise<number> {
  const records = await parquetRows(rows);
  const task = {
    run: RUN,
    rows: [
      {
        uri: rows,
        records,
      },
    ],
    write: 'upsert' as const,
    key: ['id'],
    newest: null,
    deletes: false,
    compared: fields.map(({ name }) => name),
    ahead: [],
  };
  const change = await inEngine(world, (engine) => mergeInto(world, engine, uri, changeOf(world), task));
  const { merged } = await world.tables.commit(uri, change);
  return merged!.inserted + merged!.updated + merged!.unchanged;
}

async function compact(world: LocalWorld, uri: string): Promise<number> {
  const { before } = await compactTable(world, uri);
  return before.reduce((sum, { records }) => sum + records, 0);
}

async function query(world: LocalWorld): Promise<number> {
  const sql = 'SELECT count(*) AS rows, sum(amount), max(text) FROM bench WHERE part = 42';
  const [row] = await withQuery(world, sql, {}, (result) => result.rows(1, 100));
  return Number(row![0]);
}

const cases = { append, upsert, compact, query };

if (import.meta.main) {
  const [name, folder, rows = ''] = process.argv.slice(2) as [keyof typeof cases, string, string];
  const world = localWorld({ out: folder });
  const began = performance.now();
  const records = await cases[name](world, join(folder, 'lake', 'bench'), rows);
  const workMs = performance.now() - began;
  const measured: Measured = { records, workMs, peakMb: process.resourceUsage().maxRSS / 1024 };
  process.stdout.write(JSON.stringify(measured));
}
