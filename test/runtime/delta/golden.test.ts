/** Tables that Spark wrote (test/corpus/golden): read right, written to, or refused by the name of what they need. */

import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { localWorld, type LocalWorld } from '../../../runtime/local/world.ts';
import { compactTable } from '../../../runtime/table/compact.ts';
import { restoreTable } from '../../../runtime/table/restore.ts';
import { queriedRows, sortedRows } from '../../support/comparable-rows.ts';
import { change, field } from '../../support/conformance/tables.ts';
import { writeDataFile } from '../../support/data-files.ts';
import { independentReader, type IndependentReader, type Neighbour } from '../../support/deltalake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const golden = new URL('../../corpus/golden/', import.meta.url);
let engine: OpenEngine;
let reader: IndependentReader;
let neighbour: Neighbour | undefined;
beforeAll(async () => {
  [engine, reader] = await Promise.all([openEngine(), independentReader()]);
  neighbour = reader.missing === undefined ? reader.open() : undefined;
}, 330_000);
afterAll(async () => {
  neighbour?.close();
  await engine.close();
});

/** An environment with a copy of the table. */
async function copied(name: string): Promise<{ world: LocalWorld; uri: string }> {
  const world = localWorld({ out: await temporaryFolder(), threads: 1, memoryMb: 512 });
  const uri = world.layout.table(name);
  await cp(new URL(name, golden), uri, { recursive: true });
  return { world, uri };
}

/** What the independent reader finds; `ours` where it cannot be had. */
async function theirs(uri: string, ours: readonly string[], version?: number): Promise<readonly string[]> {
  if (neighbour === undefined) return ours;
  const read = await neighbour.ask(uri, version === undefined ? {} : { versions: [version] });
  return sortedRows(version === undefined ? read.rows : read.versions[version]!);
}

describe('tables that reader version 1 covers', () => {
  test.for<[table: string, rows: number, sql: string, value: string, version?: number]>([
    ['124-decimal-decode-bug', 1, 'max(large_decimal)', '1000000'],
    ['basic-decimal-table', 4, 'sum(col3)', '-6666666663.6666666666'],
    ['basic-with-inserts-merge', 140, 'sum(id)', '11130'],
    ['basic-with-inserts-updates', 100, `count(*) FILTER (str = 'N/A')`, '50'],
    ['basic-with-inserts-overwrite-restore', 200, 'sum(id)', '19900'],
    ['basic-with-inserts-overwrite-restore', 200, 'sum(id)', '19900', 1],
    ['collations-table', 0, 'count(id)', '0'],
    ['commit-info-containing-arbitrary-operationParams-types', 2, 'sum(id)', '3'],
    ['data-reader-array-primitives', 10, 'sum(as_array_long[1])', '45'],
    ['data-reader-date-types-JST', 1, `max("timestamp")`, '2019-12-31T23:09:10Z'],
    ['data-reader-escaped-chars', 3, `string_agg(_2, ' ' ORDER BY _2)`, 'bar+%21 bar+%22 bar+%23'],
    ['data-reader-nested-struct', 10, 'sum(a.ac.acb)', '45'],
    ['data-reader-nullable-field-invalid-schema-key', 1, 'max(len(array_can_contain_null))', '3'],
    ['data-reader-primitives', 11, 'sum(as_byte)', '45'],
    ['data-skipping-change-stats-collected-across-versions', 3, 'sum(col2)', '0'],
    ['decimal-various-scale-precision', 3, 'max(decimal_38_18)', '0.000000012783803'],
    ['kernel-timestamp-INT96', 5, 'max(part)', '2021-10-01T08:09:20Z'],
    ['kernel-timestamp-partition-col-ISO8601', 2, 'max(ts)', '2024-01-02T12:30:00Z'],
    ['log-replay-latest-metadata-protocol', 40, 'count(col2)', '20'],
    ['only-checkpoint-files', 25, 'sum(id)', '225'],
    ['time-travel-partition-changes-b', 10, 'sum(id)', '145'],
    ['time-travel-partition-changes-b', 10, 'sum(id)', '45', 0],
    ['time-travel-schema-changes-b', 20, 'count(part)', '10'],
    ['time-travel-schema-changes-b', 10, 'sum(id)', '45', 0],
  ])('%s has %i rows, and %s is %s', async ([name, rows, sql, value, version]) => {
    const { world, uri } = await copied(name);
    const found = await queriedRows(world, `FROM "${name}"`, version);
    expect(found).toHaveLength(rows);
    const told = await queriedRows(world, `SELECT (${sql}) AS x FROM "${name}"`, version);
    expect(told).toEqual([JSON.stringify({ x: value })]);
    expect(await theirs(uri, found, version)).toEqual(found);
  });

  test('without the entries before a checkpoint that Spark wrote, it is the same table', async () => {
    const { world, uri } = await copied('only-checkpoint-files');
    const before = await queriedRows(world, 'FROM "only-checkpoint-files"');
    for (const version of [0, 1, 2]) await rm(join(uri, '_delta_log', `0000000000000000000${version}.json`));
    expect(await queriedRows(world, 'FROM "only-checkpoint-files"')).toEqual(before);
  });

  test('Spark’s rows and ours lie side by side: new columns, compacted, restored', async () => {
    const name = 'basic-with-inserts-merge';
    const { world, uri } = await copied(name);
    const ids = (sql = `FROM "${name}"`) => queriedRows(world, sql);
    const before = await ids();
    const { schema, version } = (await world.tables.snapshot(uri))!;
    const fields = [...schema.fields, field('note', 'string')];
    const add = await writeDataFile(
      engine,
      uri,
      'r1/a.parquet',
      fields,
      `SELECT 1000::${schema.fields[0]!.type === 'long' ? 'BIGINT' : 'INTEGER'} AS id, 'ours' AS str, 'new' AS note`,
    );
    await world.tables.commit(uri, change('r1', [add], { schema: { ...schema, fields } }));
    expect(await ids(`SELECT count(*) AS n FROM "${name}" WHERE note IS NULL`)).toEqual(['{"n":"140"}']);
    const { before: small, after } = await compactTable(world, uri);
    expect([small.length > 1, after.length]).toEqual([true, 1]);
    const all = await ids();
    expect(all).toHaveLength(141);
    expect(await theirs(uri, all)).toEqual(all);
    await restoreTable(world, uri, version);
    expect(await ids()).toEqual(before);
    expect(await theirs(uri, before)).toEqual(before);
  });
});

describe('tables that need what Sluice lacks', () => {
  test.for<[table: string, words: string]>([
    ['basic-with-vacuum-protocol-check-feature', 'reader of version 3 with vacuumProtocolCheck'],
    ['data-reader-map', 'has columns of the type map, which Sluice does not know'],
    ['data-reader-timestamp_ntz', 'reader of version 3 with timestampNtz'],
    ['deltalog-invalid-protocol-version', 'reader of version 99'],
    ['deltalog-state-reconstruction-without-metadata', 'begins without metadata'],
    ['deltalog-state-reconstruction-without-protocol', 'begins without a protocol'],
    ['log-replay-dv-key-cases', 'reader of version 3 with deletionVectors'],
    ['spark-variant-checkpoint', 'reader of version 3 with variantType-preview'],
    ['table-with-columnmapping-mode-name', 'reader of version 2 with columnMapping'],
    ['type-widening-nested', 'reader of version 3 with typeWidening-preview'],
    ['v2-checkpoint-json', 'reader of version 3 with v2Checkpoint'],
  ])('%s: %s', async ([name, words]) => {
    const { world, uri } = await copied(name);
    await expect(world.tables.snapshot(uri)).rejects.toThrow(words);
    await expect(queriedRows(world, `FROM "${name}"`)).rejects.toThrow(UsageError);
  });

  test('a checkpoint in several parts, where it alone is left', async () => {
    const { world, uri } = await copied('multi-part-checkpoint');
    for (const version of [0, 1]) await rm(join(uri, '_delta_log', `0000000000000000000${version}.json`));
    await expect(world.tables.snapshot(uri)).rejects.toThrow('which is in several parts');
  });

  test('a table that a newer writer must write is read, and not written to', async () => {
    const { world, uri } = await copied('collations-table');
    const { schema } = (await world.tables.snapshot(uri))!;
    await expect(world.tables.commit(uri, change('r1', [], { schema }))).rejects.toThrow(
      'needs a Delta writer of version 7 with domainMetadata, collations',
    );
  });
});
