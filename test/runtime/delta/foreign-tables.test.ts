import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { Tables } from '../../../runtime/ports.ts';
import { change, dataFile, field, pathsOf, schema } from '../../support/conformance/tables.ts';
import { actionsOf, entryPath, rewrite, withAction } from '../../support/delta-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Each call as a new process makes it: nothing is known of the table. */
const tables: Tables = {
  snapshot: (uri) => deltaTables(localFiles()).snapshot(uri),
  commit: (uri, change) => deltaTables(localFiles()).commit(uri, change),
  check: (uri, change) => deltaTables(localFiles()).check(uri, change),
  cleanLog: (uri, how) => deltaTables(localFiles()).cleanLog(uri, how),
};
const newTable = async (): Promise<string> => join(await temporaryFolder(), 'lake', 'things');

describe('Delta tables that others wrote, or damaged', () => {
  test('a table that needs more than we know is refused by name', async () => {
    const uri = await newTable();
    await tables.commit(uri, change('r1', [dataFile('a')]));
    const original = await actionsOf(uri, 0);
    const refused = async (name: string, more: object): Promise<Error> => {
      await rewrite(uri, 0, original);
      await withAction(uri, name, more);
      const error = (await tables.commit(uri, change('r2', [])).catch((error: unknown) => error)) as Error;
      await rewrite(uri, 0, original);
      return error;
    };
    const features = { minReaderVersion: 3, minWriterVersion: 7 };
    const cases: [string, object, string][] = [
      [
        'protocol',
        { minReaderVersion: 2, minWriterVersion: 5 },
        'needs a Delta reader of version 2 with columnMapping; Sluice reads',
      ],
      [
        'protocol',
        { ...features, readerFeatures: ['deletionVectors', 'v2Checkpoint'], writerFeatures: [] },
        'needs a Delta reader of version 3 with deletionVectors, v2Checkpoint',
      ],
      [
        'protocol',
        { minWriterVersion: 7, writerFeatures: ['appendOnly', 'rowTracking'] },
        'needs a Delta writer of version 7 with rowTracking',
      ],
      ['protocol', { minWriterVersion: 4 }, 'needs a Delta writer of version 4;'],
      ['metaData', { format: { provider: 'orc', options: {} } }, 'keeps its data as "orc"'],
      [
        'metaData',
        { schemaString: '{"type":"struct","fields":[{"name":"m","type":{"type":"map"}}]}' },
        'columns of the type map, which Sluice does not know',
      ],
      ['metaData', { schemaString: 'struct' }, 'The schema in the log of'],
      ['metaData', { schemaString: '{"type":"struct","fields":null}' }, 'is none of Delta: '],
      ['add', { deletionVector: { storageType: 'u' } }, 'has a deletion vector'],
      ['add', { path: 's3://elsewhere/x.parquet' }, 'not a path inside a table'],
      ['add', { path: '../x.parquet' }, 'not a URL-encoded path inside a table'],
    ];
    for (const [name, more, message] of cases) {
      const error = await refused(name, more);
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toContain(message);
    }
    await withAction(uri, 'protocol', {
      ...features,
      readerFeatures: [],
      writerFeatures: ['appendOnly', 'invariants'],
    });
    expect(await tables.commit(uri, change('r2', []))).toMatchObject({ version: 1 });
  });

  test('an invariant, an append-only table and a file without a row count are respected', async () => {
    const uri = await newTable();
    await tables.commit(uri, change('r1', [dataFile('a')]));
    const original = await actionsOf(uri, 0);
    await withAction(uri, 'metaData', { configuration: { 'delta.appendOnly': 'true' } });
    await expect(tables.commit(uri, change('r2', [], { write: 'replace' }))).rejects.toThrow(
      'is append-only',
    );
    await rewrite(uri, 0, original);
    const bound = { ...field('id', 'long'), metadata: { 'delta.invariants': '{}' } };
    await withAction(uri, 'metaData', {
      schemaString: JSON.stringify({ type: 'struct', fields: [bound, schema.fields[1]] }),
    });
    await expect(tables.commit(uri, change('r2', []))).rejects.toThrow('The column id of');
    await rewrite(uri, 0, original);
    await withAction(uri, 'add', { stats: null });
    await expect(tables.snapshot(uri)).rejects.toThrow('does not say how many rows a has');
    await expect(tables.commit(uri, change('r2', [], { write: 'replace' }))).rejects.toThrow(UsageError);
    expect(await tables.commit(uri, change('r2', [dataFile('b')]))).toMatchObject({ version: 1 });
  });

  test('a log without its start, with a gap or a damaged entry is refused, and where', async () => {
    const uri = await newTable();
    for (let i = 0; i < 4; i++) await tables.commit(uri, change(`r${i}`, [dataFile(`${i}`)]));
    const second = await actionsOf(uri, 1);

    await writeFile(entryPath(uri, 1), '{"add":{"path":"x"}}\n');
    await expect(tables.snapshot(uri)).rejects.toThrow(
      /^Line 1 of the log entry .*1\.json is no Delta action/,
    );
    await writeFile(entryPath(uri, 1), '{"commitInfo":{}}\n{"add":{"pa');
    await expect(tables.snapshot(uri)).rejects.toThrow(/^Line 2 of the log entry .*1\.json is not JSON/);
    await writeFile(entryPath(uri, 1), '');
    await expect(tables.snapshot(uri)).rejects.toThrow('is empty');
    await rm(entryPath(uri, 1));
    await expect(tables.snapshot(uri)).rejects.toThrow(/has version 3 but not version 1/);
    await expect(tables.commit(uri, change('r9', []))).rejects.toThrow(UsageError);
    await rewrite(uri, 1, second);
    expect(await pathsOf(tables, uri)).toEqual(['0', '1', '2', '3']);

    await rewrite(uri, 0, [{ commitInfo: {} }]);
    await expect(tables.snapshot(uri)).rejects.toThrow('holds neither protocol nor metadata');
    await rm(entryPath(uri, 0));
    await expect(tables.snapshot(uri)).rejects.toThrow('but not version 0');
    await writeFile(join(uri, '_delta_log', '00000000000000000002.checkpoint.parquet'), 'PAR1');
    await expect(tables.snapshot(uri)).rejects.toThrow(
      'starts with a checkpoint (00000000000000000002.checkpoint.parquet), which Sluice cannot read yet',
    );
  });

  test('a checkpoint beside a whole log is no obstacle; nor are files that the protocol lets us ignore', async () => {
    const uri = await newTable();
    for (let i = 0; i < 3; i++) await tables.commit(uri, change(`r${i}`, [dataFile(`${i}`)]));
    for (const name of [
      '_last_checkpoint',
      '00000000000000000001.checkpoint.parquet',
      '00000000000000000002.crc',
    ]) {
      await writeFile(join(uri, '_delta_log', name), '');
    }
    await rewrite(uri, 3, [
      { commitInfo: {} },
      { newAction: { a: 1 } },
      { add: { ...(await added(uri)), later: 1 } },
    ]);
    expect(await pathsOf(tables, uri)).toEqual(['0', '1', '2', 'x']);
    await rm(entryPath(uri, 3));
    expect(await tables.commit(uri, change('r3', []))).toMatchObject({ version: 3 });
  });
});

async function added(uri: string): Promise<object> {
  const { add } = (await actionsOf(uri, 0)).find((action) => 'add' in action)!;
  return { ...add, path: 'x' };
}
