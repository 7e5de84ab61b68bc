/** Checkpoints: a table is the same read from one as from its whole log, by us and by an independent reader. */

import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { checkpointUri } from '../../../runtime/delta/paths.ts';
import { emptyState, stateOfCheckpoint } from '../../../runtime/delta/state.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { withEngine, type Engine } from '../../../runtime/engine.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { Files, TableChange } from '../../../runtime/ports.ts';
import { change, dataFile, field, schema, tablesConformance } from '../../support/conformance/tables.ts';
import { ids, writeDataFile } from '../../support/data-files.ts';
import { actionsOf, entryPath, rewrite } from '../../support/delta-log.ts';
import { independentReader, type IndependentReader } from '../../support/deltalake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const files = localFiles();
let engine: OpenEngine;
let reader: IndependentReader;
let scratch: string;
beforeAll(async () => {
  [engine, reader] = await Promise.all([openEngine(), independentReader()]);
  scratch = join(engine.folder, 'scratch');
}, 300_000);
afterAll(() => engine.close());

const inEngine = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
  withEngine({ scratch, memoryMb: 512, threads: 1 }, work);
/** As a new process opens them. */
const open = (on: Files = files) => deltaTables(on, { inEngine });
const newTable = async (): Promise<string> => join(await temporaryFolder(), 'lake', 'things');

/** Removes the entries of the first versions, as a log clean-up does. */
async function forget(uri: string, upTo: number): Promise<void> {
  for (let version = 0; version <= upTo; version++) await rm(entryPath(uri, version));
}

/** A table with versions 0 to `last`, of runs `r0` and so on. */
async function aTable(last: number, more: (i: number) => Partial<TableChange> = () => ({})): Promise<string> {
  const uri = await newTable();
  const tables = open();
  for (let i = 0; i <= last; i++) {
    await tables.commit(uri, change(`r${i}`, [dataFile(`r${i}/f.parquet`, i + 1)], more(i)));
  }
  return uri;
}

tablesConformance(async () => ({ tables: open(), other: open(localFiles()), uri: await newTable() }));

test('every tenth version has one, and without the entries before it nothing is lost', async () => {
  const odd: TableChange['add'][number] = dataFile('odd/%C3%BC%20x.parquet', 1, {
    tags: { 'sluice.runs': 'a,b', nothing: null },
    stats: { minValues: { name: '\u{FEFF}a\u0000' }, maxValues: { name: 'ü\u{10FFFF}' }, nullCount: {} },
  });
  const uri = await aTable(12, (i) =>
    i === 4 ? { supersedes: ['r1', 'r2'] } : i === 5 ? { add: [odd] } : {},
  );
  for (let version = 0; version <= 12; version++) {
    expect(existsSync(checkpointUri(uri, version)), `version ${version}`).toBe(version === 10);
  }
  expect(JSON.parse(await readFile(join(uri, '_delta_log/_last_checkpoint'), 'utf8'))).toMatchObject({
    version: 10,
    numOfAddFiles: 9,
  });
  const whole = await deltaTables(files).snapshot(uri);
  expect(whole?.files).toHaveLength(11);
  expect(await open().snapshot(uri)).toEqual(whole);

  // A repeat is known by the checkpoint, and what it did by its entry, as long as that is there.
  const repeat = change('r4', [], { supersedes: ['r1', 'r2'] });
  expect(await open().commit(uri, repeat)).toMatchObject({ version: 4, repeated: true, deleted: 5 });
  await forget(uri, 9);
  expect(await open().snapshot(uri)).toEqual(whole);
  expect(await open().commit(uri, repeat)).toEqual({ version: 10, repeated: true, deleted: 0 });
  expect(await open().commit(uri, change('r12', []))).toMatchObject({ version: 12, repeated: true });
  expect(await open().commit(uri, change('new', []))).toMatchObject({ version: 13, repeated: false });
  await expect(open().snapshot(uri, 9)).rejects.toThrow(/Version 9 of .* is gone.*can be read is 10/);
  expect((await open().snapshot(uri, 11))?.version).toBe(11);
  await expect(open().snapshot(uri, 14)).rejects.toThrow('has no version 14; its newest is 13');
  // Without an engine such a log is refused, and no checkpoint is ever written.
  await expect(deltaTables(files).snapshot(uri)).rejects.toThrow('which Sluice cannot read yet');
});

test('a checkpoint that cannot be written or read harms neither the commit nor the table', async () => {
  const failing: Files = { ...files, upload: () => Promise.reject(new Error('The disk is full.')) };
  const uri = await newTable();
  for (let i = 0; i <= 10; i++) {
    expect(await open(failing).commit(uri, change(`r${i}`, [dataFile(`${i}`)]))).toMatchObject({
      version: i,
    });
  }
  expect(existsSync(checkpointUri(uri, 10))).toBe(false);

  const damaged = await aTable(20);
  await writeFile(checkpointUri(damaged, 20), 'PAR1');
  expect((await open().snapshot(damaged))?.files).toHaveLength(21);
  await forget(damaged, 9);
  expect((await open().snapshot(damaged))?.files).toHaveLength(21);
  await writeFile(checkpointUri(damaged, 10), 'PAR1');
  await expect(open().snapshot(damaged)).rejects.toThrow('checkpoint.parquet');
});

test('what a checkpoint takes over of an old entry is what the entry said, and nothing is made up', async () => {
  const uri = await aTable(10);
  const [info, protocol, metaData, txn, add] = await actionsOf(uri, 0);
  const rows = await engineRows(uri);
  const of = (name: string) => rows.flatMap((row) => row[name] ?? []);
  expect(of('protocol')).toEqual([protocol!['protocol']]);
  expect(of('metaData')).toEqual([{ ...metaData!['metaData'], name: null }]);
  expect(of('txn')[0]).toEqual(txn!['txn']);
  expect(of('txn')).toHaveLength(11);
  expect(of('add')[0]).toEqual({ ...add!['add'], dataChange: false, tags: null });
  expect(info!['commitInfo']).toBeDefined();
  expect(rows.some((row) => 'commitInfo' in row)).toBe(false);
});

test('a checkpoint that does not read back the same is not put in place', async () => {
  const uri = await aTable(9);
  const forgetful = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
    inEngine((own) =>
      work({
        ...own,
        run: (text) => own.run(text.replace('COPY (SELECT *', 'COPY (SELECT DISTINCT ON (txn) *')),
      }),
    );
  const tables = deltaTables(files, { inEngine: forgetful });
  expect(await tables.commit(uri, change('r10', [dataFile('r10/f.parquet')]))).toMatchObject({ version: 10 });
  expect(existsSync(checkpointUri(uri, 10))).toBe(false);
  expect((await open().snapshot(uri))?.files).toHaveLength(11);
});

test('a checkpoint without a protocol or a schema is none', () => {
  const protocol = { minReaderVersion: 1, minWriterVersion: 2 };
  expect(() => stateOfCheckpoint('t', 3, [])).toThrow('The checkpoint of version 3 of t holds no protocol');
  const metaData = { ...emptyState().metaData, format: { provider: 'parquet' } };
  for (const half of [{ protocol }, { metaData }]) {
    expect(() => stateOfCheckpoint('t', 3, [half])).toThrow(UsageError);
    expect(() => stateOfCheckpoint('t', 3, [half])).toThrow('holds no protocol or no metadata');
  }
});

async function engineRows(uri: string): Promise<Record<string, any>[]> {
  return inEngine(async (own) => {
    const path = join(own.folder, 'c.parquet');
    await files.download(checkpointUri(uri, 10), path);
    const rows = await own.rows(`SELECT to_json(c)::VARCHAR AS j FROM read_parquet('${path}') c`);
    return rows.map(({ j }) => JSON.parse(String(j)) as Record<string, unknown>);
  });
}

describe('checkpoints of others', () => {
  test('in several parts or of version 2 they are refused by name, if the log needs them', async () => {
    const names = {
      '00000000000000000010.checkpoint.0000000001.0000000002.parquet': 'which is in several parts',
      '00000000000000000010.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet': 'which is of version 2',
      '00000000000000000010.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json': 'which is of version 2',
    };
    for (const [name, message] of Object.entries(names)) {
      const uri = await aTable(10);
      await rm(checkpointUri(uri, 10));
      await writeFile(join(uri, '_delta_log', name), '');
      expect((await open().snapshot(uri))?.files).toHaveLength(11);
      await forget(uri, 9);
      await expect(open().snapshot(uri)).rejects.toThrow(UsageError);
      await expect(open().snapshot(uri)).rejects.toThrow(message);
    }
  });

  test('one that holds sidecars is refused; statistics in columns alone still give the number of rows', async () => {
    const uri = await aTable(10);
    await forget(uri, 10);
    const rewriteAs = (sql: string) =>
      inEngine(async (own) => {
        const [from, to] = [join(own.folder, 'c.parquet'), join(own.folder, 'd.parquet')];
        await files.download(checkpointUri(uri, 10), from);
        await own.run(
          `COPY (${sql.replace('FROM c', `FROM read_parquet('${from}')`)}) TO '${to}' (FORMAT parquet)`,
        );
        await files.upload(to, checkpointUri(uri, 10));
      });
    await rewriteAs(
      `SELECT * REPLACE (CASE WHEN add IS NOT NULL THEN struct_insert(struct_update(add, stats := NULL::VARCHAR),
        stats_parsed := {numRecords: (add.stats::JSON->>'numRecords')::BIGINT}) END AS add) FROM c`,
    );
    const records = (await open().snapshot(uri))?.files.map((file) => file.records);
    expect(records).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await rewriteAs(`SELECT *, CASE WHEN protocol IS NOT NULL THEN {path: 'x'} END AS sidecar FROM c`);
    await expect(open().snapshot(uri)).rejects.toThrow('is of version 2');
    const told = 'CASE WHEN protocol IS NOT NULL THEN {version: 10} END AS checkpointMetadata';
    await rewriteAs(`SELECT * EXCLUDE (sidecar), ${told} FROM c`);
    await expect(open().snapshot(uri)).rejects.toThrow('is of version 2');
  });
});

describe('an independent reader', () => {
  const fields = [...schema.fields, field('day', 'date'), field('at', 'timestamp')];
  const wide = { ...schema, fields, partitionBy: ['day'] };

  /** Twelve versions with rows, among them a null partition and a superseded run. */
  async function realTable(): Promise<string> {
    const uri = await newTable();
    const tables = open();
    for (let i = 0; i < 12; i++) {
      const sql = `SELECT ${i}::BIGINT AS id, ${i % 2 ? 'NULL::VARCHAR' : "'it''s'"} AS name, TIMESTAMPTZ '2026-11-21 10:00:00+00' AS at`;
      const inFile = fields.filter(({ name }) => name !== 'day');
      const day = i % 3 === 0 ? null : `2026-11-0${i % 3}`;
      const file = await writeDataFile(engine, uri, `r${i}/0a1b2c-0.parquet`, inFile, sql, { day });
      const supersedes = i === 7 ? ['r1'] : [];
      await tables.commit(uri, change(`r${i}`, [file], { schema: wide, supersedes }));
    }
    return uri;
  }

  test('reads our checkpointed table after the entries before it are gone', async ({ skip }) => {
    if (reader.missing) skip(reader.missing);
    const uri = await realTable();
    const before = await reader.readTable(uri);
    expect(ids(before.rows)).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await forget(uri, 10);
    const after = await reader.readTable(uri);
    expect(after.version).toBe(11);
    const byId = (rows: typeof before.rows) => rows.toSorted((a, b) => Number(a['id']) - Number(b['id']));
    expect(byId(after.rows)).toEqual(byId(before.rows));
    expect({ ...after, rows: [] }).toEqual({ ...before, rows: [] });
  });

  test('writes checkpoints that we read: the same files, and no run is committed twice', async ({ skip }) => {
    if (reader.missing) skip(reader.missing);
    const uri = await realTable();
    const before = await deltaTables(files).snapshot(uri);
    await rm(checkpointUri(uri, 10));
    await rm(join(uri, '_delta_log/_last_checkpoint'));
    await reader.readTable(uri, { checkpoint: true, rows: false });
    expect(existsSync(checkpointUri(uri, 11))).toBe(true);
    await forget(uri, 11);
    const after = await open().snapshot(uri);
    const sorted = (snapshot: typeof before) => ({
      ...snapshot,
      files: snapshot?.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    });
    expect(sorted(after)).toEqual(sorted(before));
    expect(await open().commit(uri, change('r3', [], { schema: wide }))).toMatchObject({ repeated: true });
    expect(await open().commit(uri, change('r12', [], { schema: wide }))).toMatchObject({ version: 12 });
    await rewrite(uri, 13, [{ commitInfo: {} }]);
    expect((await open().snapshot(uri))?.version).toBe(13);
  });
});
