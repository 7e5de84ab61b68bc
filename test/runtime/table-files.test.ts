/** Rows on their way into a table: which files they become, and the text of the partition that they lie in. */

import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeltaField } from '../../core/row.ts';
import { literal } from '../../core/sql.ts';
import { localWorld, type LocalWorld } from '../../runtime/local/world.ts';
import { placeFiles, placeLocal } from '../../runtime/table-files.ts';
import type { StagedFile } from '../../runtime/values.ts';
import { field } from '../support/conformance/tables.ts';
import { openEngine, type OpenEngine } from '../support/engine.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

let world: LocalWorld;
let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  world = localWorld({ out: join(folder, 'out'), threads: 1 });
});

let made = 0;
async function write(sql: string): Promise<string> {
  const path = join(engine.folder, `rows-${made++}.parquet`);
  await engine.run(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet)`);
  return path;
}
async function staged(sql: string, records: number): Promise<StagedFile> {
  const uri = join(folder, `staged-${made++}.parquet`);
  await world.files.upload(await write(sql), uri);
  return { uri, records };
}
const target = (fields: readonly DeltaField[], partitionBy: readonly string[] = []) => ({
  uri: world.layout.table('things'),
  fields,
  partitionBy,
  run: 'r1',
});

describe('staged files', () => {
  const id = [field('id', 'long')];

  test.each([
    ['small ones become one', 10, 1, 20],
    ['large ones stay', 40_000, 2, 80_000],
  ])('%s', async (_what, each, files, rows) => {
    // Values that no compression makes smaller.
    const sql = `SELECT i AS id, md5(i::VARCHAR) || md5((-i)::VARCHAR) AS text FROM range(${each}) r(i)`;
    const some = [await staged(sql, each), await staged(sql, each)];
    const placed = await placeFiles(world, engine, some, target([...id, field('text', 'string')]));
    expect(placed).toHaveLength(files);
    expect(placed.reduce((sum, { records }) => sum + records, 0)).toBe(rows);
    expect(placed.every(({ size }) => size >= 2 * 1024 * 1024 === (files === 2))).toBe(true);
  });

  test('one without a row is no file of a table', async () => {
    expect(
      await placeLocal(world, engine, [await write('SELECT 1::BIGINT AS id LIMIT 0')], target(id)),
    ).toEqual([]);
    expect(await Array.fromAsync(world.files.list(`${world.layout.table('things')}/`))).toEqual([]);
  });
});

test.each([
  ['timestamp', `TIMESTAMPTZ '2026-11-21 10:00:00.000001+02'`, '2026-11-21T08:00:00.000001Z'],
  ['date', `DATE '2026-11-21'`, '2026-11-21'],
  ['decimal(4,4)', `0.5::DECIMAL(4,4)`, '0.5000'],
  ['decimal(4,4)', `-0.5::DECIMAL(4,4)`, '-0.5000'],
  ['string', `'.5'`, '.5'],
  ['boolean', 'true', 'true'],
  ['long', 'NULL::BIGINT', null],
])('a partition of %s: %s', async (type, sql, text) => {
  const path = await write(`SELECT 1::BIGINT AS id, ${sql} AS p`);
  const fields = [field('id', 'long'), field('p', type)];
  const placed = await placeLocal(world, engine, [path], target(fields, ['p']));
  expect(placed.map(({ partitionValues }) => partitionValues)).toEqual([{ p: text }]);
});
