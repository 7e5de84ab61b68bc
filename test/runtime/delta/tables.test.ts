import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CommitConflictError, DefinitionError, TransientError, UsageError } from '../../../core/errors.ts';
import { encodePath } from '../../../runtime/delta/paths.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { Files, Tables } from '../../../runtime/ports.ts';
import {
  change,
  dataFile,
  field,
  pathsOf,
  schema,
  tablesConformance,
} from '../../support/conformance/tables.ts';
import { actionsOf, rewrite } from '../../support/delta-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const files = localFiles();
/** Each call as a new process makes it: nothing is known of the table. */
const tables: Tables = {
  snapshot: (uri) => deltaTables(files).snapshot(uri),
  commit: (uri, change) => deltaTables(files).commit(uri, change),
  check: (uri, change) => deltaTables(files).check(uri, change),
  cleanLog: (uri, how) => deltaTables(files).cleanLog(uri, how),
};

const newTable = async (): Promise<string> => join(await temporaryFolder(), 'lake', 'things');
describe('Delta tables', () => {
  tablesConformance(async () => ({
    tables: deltaTables(files),
    other: deltaTables(localFiles()),
    uri: await newTable(),
  }));

  test('the log is what the protocol says: the actions of a first commit and of a replace', async () => {
    const uri = await newTable();
    const partitioned = { ...schema, fields: [...schema.fields, field('day', 'date')], partitionBy: ['day'] };
    const add = [dataFile('r1-0.parquet', 3, { partitionValues: { day: '2026-11-21' } })];
    await tables.commit(uri, change('r1', add, { schema: partitioned }));
    await tables.commit(
      uri,
      change('r2', [], { schema: partitioned, write: 'replace', operation: 'REPLACE r2' }),
    );
    const at = Date.parse('2026-11-21T10:00:00Z');
    expect(await readdir(join(uri, '_delta_log'))).toEqual([
      '00000000000000000000.json',
      '00000000000000000001.json',
    ]);
    const [info, protocol, metaData, txn, added] = await actionsOf(uri, 0);
    expect(info).toEqual({
      commitInfo: {
        timestamp: at,
        operation: 'APPEND r1',
        operationParameters: { mode: 'Append', partitionBy: '["day"]' },
        operationMetrics: {
          numAddedFiles: '1',
          numOutputRows: '3',
          numRemovedFiles: '0',
          numDeletedRows: '0',
        },
        isBlindAppend: true,
        engineInfo: 'sluice',
        run: 'r1',
      },
    });
    expect(protocol).toEqual({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
    expect(metaData).toEqual({
      metaData: {
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        description: 'Things, for tests.',
        format: { provider: 'parquet', options: {} },
        schemaString:
          '{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},' +
          '{"name":"name","type":"string","nullable":true,"metadata":{"comment":"What it is called","pii":true}},' +
          '{"name":"day","type":"date","nullable":true,"metadata":{}}]}',
        partitionColumns: ['day'],
        configuration: {},
        createdTime: at,
      },
    });
    expect(txn).toEqual({ txn: { appId: 'r1', version: 1, lastUpdated: at } });
    expect(added).toEqual({
      add: {
        path: 'r1-0.parquet',
        partitionValues: { day: '2026-11-21' },
        size: 103,
        modificationTime: at,
        dataChange: true,
        stats: '{"numRecords":3,"minValues":{"id":1},"maxValues":{"id":3},"nullCount":{"id":0,"name":0}}',
      },
    });
    expect((await actionsOf(uri, 1)).slice(2)).toEqual([
      {
        remove: {
          path: 'r1-0.parquet',
          deletionTimestamp: at,
          dataChange: true,
          extendedFileMetadata: true,
          partitionValues: { day: '2026-11-21' },
          size: 103,
        },
      },
    ]);
  });

  test('without put-if-absent, commits of others are lost and each writer believes that it succeeded', async () => {
    const uri = await newTable();
    const careless: Files = { ...files, write: (uri, content) => files.write(uri, content) };
    const many = (on: Files) =>
      Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          deltaTables(on).commit(uri, change(`r${i}`, [dataFile(`${i}`)])),
        ),
      );
    expect((await many(careless)).every(({ repeated }) => !repeated)).toBe(true);
    expect((await pathsOf(tables, uri)).length).toBeLessThan(10);
    await rm(uri, { recursive: true });
    await many(files);
    expect(await pathsOf(tables, uri)).toHaveLength(10);
  });

  test('a commit whose outcome was unknown is found again instead of being made twice', async () => {
    const uri = await newTable();
    let failures = 0;
    const flaky: Files = {
      ...files,
      async write(uri, content, options) {
        const written = await files.write(uri, content, options);
        if (failures++ === 0) throw new TransientError('The connection broke after the write.');
        return written;
      },
    };
    const commit = () => deltaTables(flaky).commit(uri, change('r1', [dataFile('a', 3)]));
    await expect(commit()).rejects.toThrow(TransientError);
    expect(await commit()).toMatchObject({ version: 0, repeated: true, deleted: 0 });
    expect(await pathsOf(tables, uri)).toEqual(['a']);
  });

  test('a writer that always loses the race gives up with a TransientError', async () => {
    const uri = await newTable();
    await tables.commit(uri, change('r0', []));
    let others = 0;
    const rival: Files = {
      ...files,
      async write(entry, content, options) {
        others++;
        await writeFile(entry, '{"commitInfo":{"operation":"RIVAL"}}\n');
        return files.write(entry, content, options);
      },
    };
    const committing = deltaTables(rival).commit(uri, change('r1', [dataFile('a')]));
    await expect(committing).rejects.toThrow(TransientError);
    await expect(committing).rejects.toThrow('100 commits of other writers');
    expect(others).toBe(100);
  });

  test('a change of the columns by another writer, meanwhile, is taken in where it fits, else it is a conflict', async () => {
    const other = [field('other', 'string'), ...schema.fields];
    const mine = { ...schema, fields: [...schema.fields, field('mine', 'string')] };
    const clash = [field('mine', 'long'), ...schema.fields];
    /** A table whose columns another writer changes to `theirs` right before our commit. */
    const raced = async (theirs: readonly object[]) => {
      const uri = await newTable();
      await tables.commit(uri, change('r1', [dataFile('a')]));
      const metaData = (await actionsOf(uri, 0)).find((action) => 'metaData' in action)!;
      const evolving: Files = {
        ...files,
        async write(entry, content, options) {
          const schemaString = JSON.stringify({ type: 'struct', fields: theirs });
          await rewrite(uri, 1, [{ metaData: { ...metaData['metaData'], schemaString } }]);
          return files.write(entry, content, options);
        },
      };
      const commit = (on: Files) =>
        deltaTables(on).commit(uri, change('r2', [dataFile('b')], { schema: mine }));
      return { uri, before: () => commit(evolving), after: () => commit(files) };
    };
    const fits = await raced(other);
    expect(await fits.before()).toMatchObject({ version: 2, repeated: false });
    expect((await tables.snapshot(fits.uri))?.schema.fields).toEqual([...other, field('mine', 'string')]);
    const clashes = await raced(clash);
    await expect(clashes.before()).rejects.toThrow(CommitConflictError);
    await expect(clashes.after()).rejects.toThrow(DefinitionError);
    expect(await pathsOf(tables, clashes.uri)).toEqual(['a']);
  });

  test('a table that this process knows is read on from there, and anew if it was made anew', async () => {
    const uri = await newTable();
    let reads = 0;
    const counted = deltaTables({
      ...files,
      read(entry, options) {
        reads++;
        return files.read(entry, options);
      },
    });
    for (let i = 0; i < 20; i++) await counted.commit(uri, change(`r${i}`, [dataFile(`${i}`)]));
    expect(reads).toBeLessThan(25);
    await tables.commit(uri, change('other', [dataFile('other')]));
    expect(await pathsOf(counted, uri)).toHaveLength(21);
    const snapshot = await counted.snapshot(uri);
    await counted.commit(uri, change('later', [], { write: 'replace' }));
    expect(snapshot?.files).toHaveLength(21);
    expect(await pathsOf(counted, uri)).toEqual([]);

    await rm(uri, { recursive: true });
    expect(await counted.snapshot(uri)).toBeUndefined();
    for (let i = 0; i < 30; i++) await tables.commit(uri, change(`again${i}`, [dataFile(`again-${i}`)]));
    expect(await pathsOf(counted, uri)).toEqual(await pathsOf(tables, uri));
    await rm(uri, { recursive: true });
    for (let i = 0; i < 30; i++) await tables.commit(uri, change(`anew${i}`, [dataFile(`anew-${i}`)]));
    expect(await pathsOf(counted, uri)).toEqual(await pathsOf(tables, uri));
  });

  test('an entry that the listing missed is found by its name', async () => {
    const uri = await newTable();
    for (let i = 0; i < 4; i++) await tables.commit(uri, change(`r${i}`, [dataFile(`${i}`)]));
    const late: Files = {
      ...files,
      async *list(prefix) {
        for await (const file of files.list(prefix)) if (!file.uri.endsWith('2.json')) yield file;
      },
    };
    expect(await pathsOf(deltaTables(late), uri)).toEqual(['0', '1', '2', '3']);
  });

  test('what no log entry can hold is refused before anything is written', async () => {
    const uri = await newTable();
    const day = { ...schema, fields: [...schema.fields, field('day', 'string')], partitionBy: ['day'] };
    const refused = async (files: Parameters<typeof change>[1], more: Parameters<typeof change>[2] = {}) =>
      (await tables.commit(uri, change('r1', files, more)).catch((error: unknown) => error)) as Error;
    const cases: [Error, string, unknown][] = [
      [await refused([dataFile('a b')]), 'without being URL-encoded', UsageError],
      [await refused([dataFile('ü')]), 'without being URL-encoded', UsageError],
      [await refused([dataFile('100%')]), 'not a URL-encoded path', UsageError],
      [await refused([dataFile('/a')]), 'not a path inside a table', UsageError],
      [await refused([dataFile('%2e%2e/a')]), 'not a URL-encoded path', UsageError],
      [await refused([dataFile('a'), dataFile('%61')]), 'stands twice', UsageError],
      [await refused([dataFile('a')], { schema: day }), 'the table has ["day"]', UsageError],
      [
        await refused([dataFile('a', 1, { partitionValues: { x: '1' } })]),
        'values for the partition',
        UsageError,
      ],
      [
        await refused([dataFile('a', 1, { partitionValues: { day: '' } })], { schema: day }),
        'Delta reads that back as null',
        DefinitionError,
      ],
      [
        await refused([], { schema: { ...schema, fields: [field('id', 'long'), field('ID', 'long')] } }),
        'the columns id and ID',
        DefinitionError,
      ],
      [
        await refused([], { schema: { ...schema, partitionBy: ['x'] } }),
        'partitioned by x, which',
        DefinitionError,
      ],
      [
        await refused([], { schema: { ...schema, fields: [field('id', 'long')], partitionBy: ['id'] } }),
        'a column that it is not partitioned by',
        DefinitionError,
      ],
    ];
    for (const [error, message, kind] of cases) {
      expect(error).toBeInstanceOf(kind);
      expect(error.message).toContain(message);
    }
    expect(await tables.snapshot(uri)).toBeUndefined();
    await tables.commit(uri, change('r1', [dataFile('a')]));
    await expect(tables.commit(uri, change('r2', [dataFile('%61')]))).rejects.toThrow('is in the table');
  });

  test('paths are encoded for the log and mean the same file', async () => {
    const name = "day=2026-11-21/a b+c%20d/ü's #1?.parquet";
    const path = encodePath(name);
    expect(path).toBe("day=2026-11-21/a%20b%2Bc%2520d/%C3%BC's%20%231%3F.parquet");
    expect(decodeURIComponent(path)).toBe(name);
  });
});
