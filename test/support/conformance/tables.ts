/** What every implementation of the port Tables must do. */

import { describe, expect, test } from 'vitest';
import { DefinitionError } from '../../../core/errors.ts';
import type { DeltaField } from '../../../core/row.ts';
import type { Committed, DataFile, TableChange, Tables, TableSchema } from '../../../runtime/ports.ts';

export const field = (name: string, type: DeltaField['type'], nullable = true): DeltaField => ({
  name,
  type,
  nullable,
  metadata: {},
});

export const schema: TableSchema = {
  fields: [
    field('id', 'long'),
    { ...field('name', 'string'), metadata: { comment: 'What it is called', pii: true } },
  ],
  partitionBy: [],
  description: 'Things, for tests.',
};

export const dataFile = (path: string, records = 1, more: Partial<DataFile> = {}): DataFile => ({
  path,
  size: 100 + records,
  records,
  partitionValues: {},
  stats: { minValues: { id: 1 }, maxValues: { id: records }, nullCount: { id: 0, name: 0 } },
  ...more,
});

export const change = (
  run: string,
  add: readonly DataFile[],
  more: Partial<TableChange> = {},
): TableChange => ({
  id: { application: run, version: 1 },
  schema,
  write: 'append',
  add,
  supersedes: [],
  operation: `APPEND ${run}`,
  at: new Date('2026-11-21T10:00:00Z'),
  ...more,
});

const replace = (run: string, add: readonly DataFile[]): TableChange =>
  change(run, add, { write: 'replace' });

export async function pathsOf(tables: Tables, uri: string): Promise<string[]> {
  const snapshot = await tables.snapshot(uri);
  return (snapshot?.files ?? []).map(({ path }) => path).sort();
}

/** `place` gives an implementation and the URI of a table that is not there yet; `other` a second one, as another process has. */
export function tablesConformance(
  place: () => Promise<{ tables: Tables; other: Tables; uri: string }>,
): void {
  describe('as every kind of table', () => {
    test('where no table is, there is no snapshot', async () => {
      const { tables, uri } = await place();
      expect(await tables.snapshot(uri)).toBeUndefined();
    });

    test('the first commit makes the table, and reads back as it was given', async () => {
      const { tables, other, uri } = await place();
      const files = [dataFile('r1-0.parquet', 3), dataFile('r1-1.parquet', 2)];
      expect(await tables.commit(uri, change('r1', files))).toMatchObject({
        version: 0,
        repeated: false,
        deleted: 0,
      });
      expect(await other.snapshot(uri)).toEqual({ version: 0, schema, files, transactions: { r1: 1 } });
    });

    test('a commit that supersedes runs removes the files of just these, in its own version', async () => {
      const { tables, other, uri } = await place();
      const of = (run: string, n = 0) => dataFile(`${run}/0a1b2c-${n}.parquet`, 2);
      const rejects = dataFile('r1/3d4e5f-0.parquet', 3);
      await tables.commit(uri, change('r1', [of('r1'), of('r1', 1), rejects]));
      await tables.commit(uri, change('r1-2', [of('r1-2')]));
      await tables.commit(uri, change('foreign', [dataFile('part-00000-r1.snappy.parquet')]));
      const again = change('r1-3', [of('r1-3')], { supersedes: ['r1', 'never'] });
      expect(await tables.commit(uri, again)).toMatchObject({ version: 3, repeated: false, deleted: 7 });
      expect(await pathsOf(other, uri)).toEqual([
        'part-00000-r1.snappy.parquet',
        'r1-2/0a1b2c-0.parquet',
        'r1-3/0a1b2c-0.parquet',
      ]);
      expect(await tables.commit(uri, again)).toMatchObject({ version: 3, repeated: true, deleted: 7 });
    });

    test('append adds to what is there; replace takes its place and says how many rows went', async () => {
      const { tables, uri } = await place();
      await tables.commit(uri, change('r1', [dataFile('a', 3)]));
      expect(await tables.commit(uri, change('r2', [dataFile('b', 4)]))).toMatchObject({
        version: 1,
        deleted: 0,
      });
      expect(await pathsOf(tables, uri)).toEqual(['a', 'b']);
      expect(await tables.commit(uri, replace('r3', [dataFile('c', 5)]))).toMatchObject({
        version: 2,
        deleted: 7,
      });
      expect(await pathsOf(tables, uri)).toEqual(['c']);
      expect(await tables.commit(uri, replace('r4', []))).toMatchObject({ version: 3, deleted: 5 });
      expect(await pathsOf(tables, uri)).toEqual([]);
      expect((await tables.snapshot(uri))?.transactions).toEqual({ r1: 1, r2: 1, r3: 1, r4: 1 });
    });

    test('a repeated commit changes nothing, returns what the first one did, even after others', async () => {
      const { tables, other, uri } = await place();
      await tables.commit(uri, change('r1', [dataFile('a', 3)]));
      await tables.commit(uri, replace('r2', [dataFile('b')]));
      await tables.commit(uri, change('r2', [dataFile('c')], { id: { application: 'r2', version: 2 } }));
      expect(await other.commit(uri, replace('r2', [dataFile('b')]))).toMatchObject({
        version: 1,
        repeated: true,
        deleted: 3,
      });
      expect(await other.commit(uri, change('r1', [dataFile('a', 3)]))).toMatchObject({
        version: 0,
        repeated: true,
        deleted: 0,
      });
      expect(await pathsOf(tables, uri)).toEqual(['b', 'c']);
      expect((await tables.snapshot(uri))?.version).toBe(2);
      expect((await tables.snapshot(uri))?.transactions).toEqual({ r1: 1, r2: 2 });
    });

    test('one commit made ten times at once lands once', async () => {
      const { tables, other, uri } = await place();
      const committed = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 ? tables : other).commit(uri, change('r1', [dataFile('a', 3)])),
        ),
      );
      expect(committed.filter(({ repeated }) => !repeated)).toHaveLength(1);
      expect(new Set(committed.map(({ version }) => version))).toEqual(new Set([0]));
      expect(await pathsOf(tables, uri)).toEqual(['a']);
    });

    test('twenty appenders at once all land, each once, also when the first of them makes the table', async () => {
      const { tables, other, uri } = await place();
      const committed = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? tables : other).commit(uri, change(`r${i}`, [dataFile(`${i}-a`), dataFile(`${i}-b`)])),
        ),
      );
      const versions = committed.map(({ version }) => version).sort((a, b) => a - b);
      expect(versions).toEqual(Array.from({ length: 20 }, (_, i) => i));
      expect(await pathsOf(tables, uri)).toHaveLength(40);
    });

    test('of two replaces at once the files of exactly one are left, and the counts agree', async () => {
      const { tables, other, uri } = await place();
      await tables.commit(uri, change('r0', [dataFile('old', 10)]));
      const [a, b] = (await Promise.all([
        tables.commit(uri, replace('ra', [dataFile('a-0', 3), dataFile('a-1', 3)])),
        other.commit(uri, replace('rb', [dataFile('b-0', 4), dataFile('b-1', 4)])),
      ])) as [Committed, Committed];
      const aLast = a.version > b.version;
      expect(await pathsOf(tables, uri)).toEqual(aLast ? ['a-0', 'a-1'] : ['b-0', 'b-1']);
      expect([a.version, b.version].sort()).toEqual([1, 2]);
      expect([a.deleted, b.deleted]).toEqual(aLast ? [8, 10] : [10, 6]);
    });

    test('a replace beside appends removes what came before it and nothing else', async () => {
      const { tables, other, uri } = await place();
      await tables.commit(uri, change('r0', [dataFile('old', 5)]));
      const [replaced, ...appended] = await Promise.all([
        tables.commit(uri, replace('new', [dataFile('new', 1)])),
        ...Array.from({ length: 6 }, (_, i) => other.commit(uri, change(`r${i + 1}`, [dataFile(`${i}`, 1)]))),
      ]);
      const after = appended.flatMap(({ version }, i) => (version > replaced.version ? [`${i}`] : []));
      expect(await pathsOf(tables, uri)).toEqual([...after, 'new'].sort());
      expect(replaced.deleted).toBe(5 + (6 - after.length));
    });

    test('a reader beside writers always sees whole versions, and never goes back', async () => {
      const { tables, other, uri } = await place();
      const writing = new AbortController();
      const seen: { version: number; runs: Record<string, number> }[] = [];
      const reader = (async () => {
        while (!writing.signal.aborted) {
          const snapshot = await other.snapshot(uri);
          if (!snapshot) continue;
          const runs: Record<string, number> = {};
          for (const { path } of snapshot.files) {
            const run = path.split('-')[0]!;
            runs[run] = (runs[run] ?? 0) + 1;
          }
          seen.push({ version: snapshot.version, runs });
        }
      })();
      for (let i = 0; i < 25; i++) {
        const files = [0, 1, 2].map((n) => dataFile(`${i}-${n}`));
        await tables.commit(uri, i % 5 === 4 ? replace(`r${i}`, files) : change(`r${i}`, files));
      }
      writing.abort();
      await reader;
      expect(seen.length).toBeGreaterThan(3);
      for (const { version, runs } of seen) {
        const first = version - ((version + 1) % 5);
        const wanted = Array.from(
          { length: version - Math.max(0, first) + 1 },
          (_, i) => Math.max(0, first) + i,
        );
        expect(runs).toEqual(Object.fromEntries(wanted.map((run) => [run, 3])));
      }
      const versions = seen.map(({ version }) => version);
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    });

    test('columns that the files do not fit are refused, naming each difference, and nothing is written', async () => {
      const { tables, uri } = await place();
      await tables.commit(uri, change('r1', [dataFile('a')]));
      const other: TableSchema = {
        ...schema,
        fields: [field('id', 'string'), field('email', 'string', false)],
        partitionBy: ['email'],
      };
      const file = dataFile('b', 1, { partitionValues: { email: 'x' } });
      const committing = tables.commit(uri, change('r2', [file], { schema: other }));
      await expect(committing).rejects.toThrow(DefinitionError);
      await expect(committing).rejects.toThrow(
        'id is long in the table and string in the definition; the table has rows without the new column email (let it be ' +
          '.optional() or .nullable()); the table is partitioned by nothing, the definition by email.',
      );
      expect((await tables.snapshot(uri))?.version).toBe(0);
      await tables.commit(uri, change('r3', [file], { schema: other, write: 'replace' }));
      expect(await tables.snapshot(uri)).toMatchObject({ version: 1, schema: other, files: [file] });
    });

    test('of two first commits with different columns both land if they fit, and one if they do not', async () => {
      for (const [type, landed] of [
        ['string', 2],
        ['long', 1],
      ] as const) {
        const { tables, other, uri } = await place();
        const wide = {
          ...schema,
          fields: [field('id', 'long'), field('name', type), field('more', 'string')],
        };
        const results = await Promise.allSettled([
          tables.commit(uri, change('r1', [dataFile('a')])),
          other.commit(uri, change('r2', [dataFile('b')], { schema: wide })),
        ]);
        const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
        expect(refused.map((error) => error instanceof DefinitionError)).toEqual(
          Array(2 - landed).fill(true),
        );
        expect(await pathsOf(tables, uri)).toHaveLength(landed);
        const columns = (await tables.snapshot(uri))?.schema.fields.map(({ name }) => name) ?? [];
        expect(['id', 'name', 'more'].slice(0, columns.length)).toEqual(columns);
        expect(columns.length).toBeGreaterThanOrEqual(landed + 1);
      }
    });

    test('columns in another order and a stricter column are the same table; a looser and a new one change it', async () => {
      const { tables, uri } = await place();
      await tables.commit(uri, change('r1', [dataFile('a')]));
      const same = { ...schema, fields: [schema.fields[1]!, field('id', 'long', false)] };
      await tables.commit(uri, change('r2', [dataFile('b')], { schema: same }));
      expect((await tables.snapshot(uri))?.schema).toEqual(schema);
      const strict = `${uri}-strict`;
      await tables.commit(strict, change('r1', [], { schema: same }));
      const more = field('more', 'string');
      const looser = { ...schema, description: 'Told differently.', fields: [more, ...schema.fields] };
      await tables.commit(strict, change('r2', [], { schema: looser }));
      expect((await tables.snapshot(strict))?.schema).toEqual(looser);
    });
  });
}
