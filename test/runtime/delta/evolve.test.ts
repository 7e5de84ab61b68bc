/** A definition whose columns changed, on a table that is there: what the table becomes, and what is refused. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommitConflictError, DefinitionError } from '../../../core/errors.ts';
import type { DeltaField, DeltaType } from '../../../core/row.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { withEngine, type Engine } from '../../../runtime/engine.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import type { DataFile, Files, TableSchema } from '../../../runtime/ports.ts';
import { change, dataFile, field } from '../../support/conformance/tables.ts';
import { writeDataFile } from '../../support/data-files.ts';
import { actionsOf, rewrite, withAction } from '../../support/delta-log.ts';
import { independentReader, type IndependentReader } from '../../support/deltalake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const files = localFiles();
let engine: OpenEngine;
let reader: IndependentReader;
beforeAll(async () => {
  [engine, reader] = await Promise.all([openEngine(), independentReader()]);
}, 330_000);
afterAll(() => engine.close());

const inEngine = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
  withEngine({ scratch: join(engine.folder, 'scratch'), memoryMb: 512, threads: 1 }, work);
/** As a new process opens them. */
const open = (on: Files = files) => deltaTables(on, { inEngine });
const newTable = async (): Promise<string> => join(await temporaryFolder(), 'lake', 'things');

const struct = (...fields: DeltaField[]): DeltaType => ({ type: 'struct', fields });
const array = (elementType: DeltaType, containsNull = false): DeltaType => ({
  type: 'array',
  elementType,
  containsNull,
});
const marked = (of: DeltaField, metadata: DeltaField['metadata']): DeltaField => ({ ...of, metadata });

const id = field('id', 'long', false);
const name = marked(field('name', 'string'), { comment: 'Its name', pii: true });
const place = field('place', struct(field('city', 'string', false), field('floor', 'long')));
const parts = field('parts', array(struct(field('n', 'long'))));
const price = field('price', 'decimal(10,2)');
const base: TableSchema = {
  fields: [id, name, place, parts, price],
  partitionBy: [],
  description: 'Things.',
};
const withField = (changed: DeltaField): TableSchema => ({
  ...base,
  fields: base.fields.map((one) => (one.name === changed.name ? changed : one)),
});
const without = (gone: string): TableSchema => ({
  ...base,
  fields: base.fields.filter((one) => one.name !== gone),
});
const plus = (...more: DeltaField[]): TableSchema => ({ ...base, fields: [...more, ...base.fields] });

async function aTable(schema = base, add: readonly DataFile[] = [dataFile('a')]): Promise<string> {
  const uri = await newTable();
  await open().commit(uri, change('r1', add, { schema }));
  return uri;
}

const metaDataOf = async (uri: string, version: number): Promise<Record<string, any> | undefined> =>
  (await actionsOf(uri, version)).find((action) => 'metaData' in action)?.['metaData'];

describe('an append with other columns', () => {
  const note = field('note', 'string');
  const floor = field('floor', 'long');
  test.each<[string, TableSchema, TableSchema]>([
    ['a new column comes last', plus(note), { ...base, fields: [...base.fields, note] }],
    [
      'a column may be null from now on',
      withField({ ...id, nullable: true }),
      withField({ ...id, nullable: true }),
    ],
    [
      'a column that must not be null any more still holds nulls',
      withField({ ...name, nullable: false }),
      base,
    ],
    ['a column that the definition lacks stays', without('price'), base],
    ['the order of columns is the table’s', { ...base, fields: base.fields.toReversed() }, base],
    [
      'a description and a mark that changed, and one that is gone',
      withField(marked(name, { comment: 'Told anew' })),
      withField(marked(name, { comment: 'Told anew' })),
    ],
    [
      'the table’s description',
      { ...base, description: 'Told differently.' },
      { ...base, description: 'Told differently.' },
    ],
    [
      'new fields of a struct, one that is gone, and one that may be null',
      withField(field('place', struct(field('city', 'string'), field('zip', 'string')))),
      withField(field('place', struct(field('city', 'string'), floor, field('zip', 'string')))),
    ],
    [
      'new fields of the elements of an array, which may be null too',
      withField(field('parts', array(struct(field('n', 'long'), note), true))),
      withField(field('parts', array(struct(field('n', 'long'), note), true))),
    ],
    [
      'what Sluice keeps in the table',
      { ...base, configuration: { 'sluice.key': '["id"]' } },
      { ...base, configuration: { 'sluice.key': '["id"]' } },
    ],
  ])('%s', async (_what, wanted, becomes) => {
    const uri = await aTable();
    const first = await metaDataOf(uri, 0);
    expect(await open().commit(uri, change('r2', [dataFile('b')], { schema: wanted }))).toMatchObject({
      version: 1,
    });
    const snapshot = await open().snapshot(uri);
    expect(snapshot?.schema).toEqual(becomes);
    expect(snapshot?.files.map(({ path }) => path)).toEqual(['a', 'b']);
    expect((await open().snapshot(uri, 0))?.schema).toEqual(base);
    // A table that stays as it is gets no new metadata, and new metadata is the table's own in all else.
    const second = await metaDataOf(uri, 1);
    expect(second === undefined).toBe(JSON.stringify(becomes) === JSON.stringify(base));
    const { id: itsId, createdTime } = second ?? first!;
    expect({ id: itsId, createdTime }).toEqual({ id: first!['id'], createdTime: first!['createdTime'] });
    // The same definition once more changes nothing more.
    await open().commit(uri, change('r3', [dataFile('c')], { schema: wanted }));
    expect(await metaDataOf(uri, 2)).toBeUndefined();
  });

  const refused: [string, TableSchema, string][] = [
    [
      'another type',
      withField(field('id', 'string')),
      'id is long in the table and string in the definition',
    ],
    [
      'more digits',
      withField(field('price', 'decimal(12,2)')),
      'price is decimal(10,2) in the table and decimal(12,2)',
    ],
    [
      'a struct for an array',
      withField(field('parts', struct(field('n', 'long')))),
      'parts is array in the table and struct in the definition',
    ],
    [
      'another type within',
      withField(field('parts', array(struct(field('n', 'double'))))),
      'parts[].n is long in the table and double in the definition',
    ],
    [
      'a new column that may not be null',
      plus(field('note', 'string', false)),
      'the table has rows without the new column note (let it be .optional() or .nullable())',
    ],
    [
      'such a field of a struct',
      withField(field('place', struct(field('city', 'string', false), field('zip', 'string', false)))),
      'without the new column place.zip',
    ],
    [
      'a column that is gone and may not be null',
      without('id'),
      'the definition has no column id, which may not be null',
    ],
    [
      'other partitions',
      { ...base, partitionBy: ['name'] },
      'the table is partitioned by nothing, the definition by name',
    ],
  ];

  test.each(refused)(
    '%s is refused, and taken by a replace and by a table without rows',
    async (_what, schema, message) => {
      const add = [dataFile('b', 1, { partitionValues: schema.partitionBy.length > 0 ? { name: 'x' } : {} })];
      const uri = await aTable();
      const append = change('r2', add, { schema });
      await expect(open().check(uri, append)).rejects.toThrow(message);
      const committing = open().commit(uri, append);
      await expect(committing).rejects.toThrow(DefinitionError);
      await expect(committing).rejects.toThrow(/load the whole table anew by `write: 'replace'`/);
      expect(await open().snapshot(uri)).toMatchObject({ version: 0, schema: base });

      for (const [at, taken] of [
        [uri, { ...append, write: 'replace' }],
        [await aTable(base, []), append],
      ] as const) {
        await open().commit(at, taken);
        const { schema: becomes, files: live } = (await open().snapshot(at))!;
        expect([becomes, live.map(({ path }) => path)]).toEqual([schema, ['b']]);
      }
    },
  );

  test('names that differ in case only are in no table, not even after a replace', async () => {
    const uri = await aTable();
    const append = change('r2', [], { schema: plus(field('NAME', 'string')) });
    await expect(open().commit(uri, append)).rejects.toThrow(
      'the new column NAME differs from name of the table in case only',
    );
    await expect(open().commit(uri, { ...append, write: 'replace' })).rejects.toThrow(
      'the columns NAME and name differ in case at most',
    );
  });

  test('every difference is told at once', async () => {
    const uri = await aTable();
    const schema = { ...base, fields: [field('email', 'string', false), field('name', 'long')] };
    await expect(open().commit(uri, change('r2', [], { schema }))).rejects.toThrow(
      'differ in what a table with rows cannot change: the definition has no column id, which may not be null in the table ' +
        '(let it be .optional() for one run, and leave it out then); name is string in the table and long in the definition; ' +
        'the table has rows without the new column email (let it be .optional() or .nullable()). Make the definition fit',
    );
  });
});

test('what others keep in the table stays, and what Sluice kept goes when the definition has it no more', async () => {
  const uri = await aTable({ ...base, configuration: { 'sluice.key': '["id"]' } });
  const theirs = { 'delta.logRetentionDuration': 'interval 60 days', 'their.own': 'x' };
  const fields = base.fields.map((one) =>
    one.name === 'name' ? marked(one, { ...one.metadata, theirs: 1 }) : one,
  );
  await withAction(uri, 'metaData', {
    configuration: { ...theirs, 'sluice.key': '["id"]' },
    schemaString: JSON.stringify({ type: 'struct', fields }),
    name: 'things',
  });
  const schema = { ...plus(field('note', 'string')), configuration: { 'sluice.key': '["name"]' } };
  await open().commit(uri, change('r2', [], { schema }));
  expect(await metaDataOf(uri, 1)).toMatchObject({
    name: 'things',
    configuration: { ...theirs, 'sluice.key': '["name"]' },
    schemaString: expect.stringContaining('"metadata":{"comment":"Its name","pii":true,"theirs":1}'),
  });
  await open().commit(uri, change('r3', [], { schema: base }));
  expect((await metaDataOf(uri, 2))?.['configuration']).toEqual(theirs);
  expect((await open().snapshot(uri))?.schema.configuration).toBeUndefined();
  await open().commit(uri, change('r4', [], { schema: base, write: 'replace' }));
  expect(await metaDataOf(uri, 3)).toMatchObject({ name: 'things', configuration: theirs });
});

test('a commit that changes no row leaves the schema to others; one that brings an old one back relies on it', async () => {
  const uri = await aTable();
  await open().commit(uri, change('r2', [], { schema: { ...base, description: 'By another.' } }));
  const compaction = { remove: ['a'], dataChange: false };
  await open().commit(uri, change('compaction', [dataFile('b')], { schema: base, ...compaction }));
  expect((await open().snapshot(uri))?.schema.description).toBe('By another.');
  const restore = change('restore', [], { schema: base, wholeSchema: true, readVersion: 0 });
  await expect(open().commit(uri, restore)).rejects.toThrow(CommitConflictError);
  await open().commit(uri, { ...restore, readVersion: 2 });
  expect((await open().snapshot(uri))?.schema).toEqual(base);
});

describe('rows of before and after, read by us and by an independent reader', () => {
  const note = field('note', 'string');
  const after: TableSchema = {
    ...base,
    fields: [
      id,
      name,
      field('place', struct(field('city', 'string', false), field('floor', 'long'), field('zip', 'string'))),
      field('parts', array(struct(field('n', 'long'), field('m', 'double')))),
      price,
      note,
    ],
  };
  const old = (n: number) =>
    `SELECT ${n}::BIGINT AS id, 'n${n}' AS name, {'city': 'Ulm', 'floor': 1::BIGINT} AS place, [{'n': 7::BIGINT}] AS parts, 1.50::DECIMAL(10,2) AS price`;
  const young = (n: number) =>
    `SELECT ${n}::BIGINT AS id, 'n${n}' AS name, {'city': 'Ulm', 'floor': 1::BIGINT, 'zip': '89'} AS place, [{'n': 7::BIGINT, 'm': 0.5::DOUBLE}] AS parts, 1.50::DECIMAL(10,2) AS price, 'said' AS note`;
  const oldRow = (n: number) => ({
    id: n,
    name: `n${n}`,
    place: { city: 'Ulm', floor: 1, zip: null },
    parts: [{ n: 7, m: null }],
    price: '1.50',
    note: null,
  });
  const youngRow = (n: number) => ({
    ...oldRow(n),
    place: { city: 'Ulm', floor: 1, zip: '89' },
    parts: [{ n: 7, m: 0.5 }],
    note: 'said',
  });

  test('what an old file lacks is null, also behind a checkpoint, and no filter loses a row', async (context) => {
    if (reader.missing !== undefined) return context.skip(reader.missing);
    const uri = await newTable();
    for (let n = 0; n <= 11; n++) {
      const [schema, sql] = n < 2 ? [base, old(n)] : [after, young(n)];
      const add = [await writeDataFile(engine, uri, `r${n}/f.parquet`, schema.fields, sql)];
      await open().commit(uri, change(`r${n}`, add, { schema }));
    }
    const found = await reader.readTable(uri, {
      queries: [
        'SELECT id FROM t WHERE note IS NULL ORDER BY id',
        `SELECT count(*) AS n FROM t WHERE note = 'said'`,
      ],
      filters: [[['note', '=', 'said']], [['id', '<', 3]]],
      versions: [1],
    });
    expect(found.rows.toSorted((a, b) => Number(a['id']) - Number(b['id']))).toEqual(
      Array.from({ length: 12 }, (_, n) => (n < 2 ? oldRow(n) : youngRow(n))),
    );
    expect(found.queried).toEqual([[{ id: 0 }, { id: 1 }], [{ n: 10 }]]);
    expect(found.filtered.map((rows) => rows.length)).toEqual([10, 3]);
    for (const row of found.versions[1]!) {
      expect(Object.keys(row)).toEqual(['id', 'name', 'place', 'parts', 'price']);
    }
    expect(found.schema.fields.map((one) => one['name'])).toEqual(after.fields.map((one) => one.name));
    // The checkpoint has the new schema, for whoever has nothing else.
    for (let n = 0; n < 10; n++)
      await files.remove(join(uri, '_delta_log', `${String(n).padStart(20, '0')}.json`));
    expect((await open().snapshot(uri))?.schema).toEqual(after);
    expect((await reader.readTable(uri)).rows).toHaveLength(12);
  });

  test.for<[string, readonly DeltaField[], string]>([
    ['another type', withField(field('name', 'long')).fields, "Cannot cast string 'n1'"],
    ['fewer digits', withField(field('price', 'decimal(4,1)')).fields, '1.5'],
    [
      'a field that may not be null',
      withField(
        field(
          'place',
          struct(field('city', 'string', false), field('floor', 'long'), field('zip', 'string', false)),
        ),
      ).fields,
      'Found unmasked nulls for non-nullable',
    ],
    ['names that differ in case only', [...base.fields, field('NAME', 'string')], 'Duplicate field name'],
  ])('without the rules, %s makes it fail or tell another value', async ([, fields, told], context) => {
    if (reader.missing !== undefined) return context.skip(reader.missing);
    const uri = await newTable();
    const add = [await writeDataFile(engine, uri, 'r0/f.parquet', base.fields, old(1))];
    await open().commit(uri, change('r0', add, { schema: base }));
    const forced = {
      ...(await metaDataOf(uri, 0)),
      schemaString: JSON.stringify({ type: 'struct', fields }),
    };
    await rewrite(uri, 1, [{ metaData: forced }]);
    const found = await reader.readTable(uri).then(
      ({ rows }) => rows[0]!['price'],
      (error: unknown) => String(error),
    );
    expect(found).toContain(told);
    expect(found).not.toBe('1.50');
  });
});
