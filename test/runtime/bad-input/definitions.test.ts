/** Definitions that would do harm (row 45 of the faults): refused before any data is read, or harmless. */

import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { planOf } from '../../../core/plan/plan.ts';
import { check, format, int, sink, sql, text, z, type Pipeline } from '../../../core/vocabulary.ts';
import { pipelineOf, replacing } from '../../support/pipeline.ts';
import { openBeside } from './beside.ts';

const beside = openBeside();

interface Poison {
  readonly row?: z.ZodObject;
  readonly transform?: (rows: never) => unknown;
  readonly checks?: (columns: never) => unknown;
  readonly [more: string]: unknown;
}

const poisoned = (poison: Poison): Pipeline =>
  pipelineOf({
    row: z.object({ id: z.int(), name: z.string(), mail: z.string().meta({ pii: true }) }),
    atMost: 0,
    more: poison,
  });

type Rows = {
  where(f: (o: Record<string, unknown>) => unknown): Rows;
  derive(f: (o: Record<string, unknown>) => unknown): Rows;
  sql(f: (o: Record<string, unknown>) => unknown): Rows;
  over(f: (o: Record<string, unknown>) => unknown): Rows;
};
const where = (text: string) => () =>
  poisoned({
    transform: ((rows: Rows) => rows.where(() => written(text))) as never,
  });

const written = (text: string): never => sql([text] as unknown as TemplateStringsArray) as never;

const query = (text: string) => () =>
  poisoned({
    transform: ((rows: Rows) => rows.sql(() => ({ leaves: { n: z.int() }, query: written(text) }))) as never,
  });

const over = (text: string) => () =>
  poisoned({
    transform: ((rows: Rows) => rows.over(() => ({ columns: { a: int(written(text)) } }))) as never,
  });

const deleteWhen = (text: string) => () =>
  poisoned({
    sinks: (o: Record<string, never>) => [
      sink.lake({
        table: 't',
        write: 'upsert',
        key: [o['id']!],
        deleteWhen: written(text),
      }),
    ],
  });

const poisons: readonly (readonly [string, () => Pipeline, RegExp])[] = [
  ['a second statement', where(`true); DROP TABLE rows; --`), /./],
  ['a second statement behind a semicolon', where(`true; DROP TABLE rows`), /./],
  ['a comment that opens', where(`true /*`), /./],
  ['a comment to the end of the line', where(`true --`), /./],
  ['parentheses that close ours', where(`true) OR (true`), /./],
  ['a setting of the machine', where(`current_setting('memory_limit') = ''`), /differs between machines/],
  ['a word that is none', () => poisoned({ transforms: [] }), /transforms/],
  [
    'a transform that gives no rows',
    () => poisoned({ transform: (() => ({})) as never }),
    /must return the rows/,
  ],
  [
    'a row that is taken out by chance',
    deleteWhen('random() < 0.5'),
    /deleteWhen.*random\(\) does not give the same/s,
  ],
  ['a row that is taken out by a text', deleteWhen(`'D'`), /deleteWhen.*gives VARCHAR where BOOLEAN/s],
  ['parentheses that close ours, in a sink', deleteWhen('true) OR (true'), /./],
  ['a file', where(`(SELECT count(*) FROM read_csv('/etc/passwd')) > 0`), /sub-query/],
  ['a variable of the environment', where(`getenv('PATH') = ''`), /getenv/],
  ['a variable of the engine', where(`getvariable('x') = ''`), /getvariable\(\) differs between machines/],
  ['the version of the engine', where(`version() = ''`), /version\(\) differs between machines/],
  ['a parameter', where(`$1 > 1`), /parameters/],
  ['a personal column that is only written', where(`mail = ''`), /names "mail", which is personal/],
  ['a personal column in other letters', where(`"MAIL" = ''`), /names "mail", which is personal/],
  ['a personal column of its relation', where(`unnamed_subquery.mail = ''`), /names "mail"/],
  ['a function behind a personal column', where(`mail.upper() = ''`), /names "mail", which is personal/],
  ['a column by its place', where(`#1 > 1`), /names "mail", which is personal/],
  ['all columns', where(`COLUMNS(*) IS NULL`), /names "mail", which is personal/],
  ['the row itself', where(`unnamed_subquery IS NULL`), /names "mail", which is personal/],
  [
    'a parameter of a lambda that is a personal column',
    where(`['a'] = list_transform(['a'], lambda mail: mail)`),
    /names "mail", which is personal/,
  ],
  ['a personal column that is only written, over rows', over(`max(mail)`), /names "mail"/],
  ['several rows', where(`unnest([true, false])`), /unnest\(\) makes several rows of one/],
  [
    'a function of all, without parentheses',
    where(`current_date > DATE '2026-01-01'`),
    /current_date\(\) does not/,
  ],
  ['the time since a moment', where(`age(TIMESTAMP '2026-01-01') IS NULL`), /current_date\(\) does not/],
  ['a moment ago', where(`ago(INTERVAL 1 DAY) IS NULL`), /ago\(\) does not give the same/],
  [
    'the time of the machine',
    where(`current_localtimestamp() IS NULL`),
    /current_localtimestamp\(\) does not/,
  ],
  ['an unknown function', where(`no_such_thing(name)`), /no_such_thing/],
  ['an aggregate', where(`sum(id) > 1`), /sum/],
  ['a macro of the time', where(`today() > DATE '2026-01-01'`), /today|current_date/],
  ['a sequence', where(`nextval('s') > 1`), /nextval|Sequence/],
  ...[
    `COPY (SELECT 1) TO 'x.csv'`,
    `ATTACH 'x.db'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'PRAGMA version',
    `SET memory_limit = '1GB'`,
    'CREATE TABLE a AS SELECT 1',
    'CALL pragma_version()',
    'CHECKPOINT',
    `SELECT "_n", 1 AS n FROM "_rows"; DROP TABLE rows`,
  ].map((text) => [`a query that is ${text}`, query(text), /Only SELECT statements/] as const),
  ...['', '-- x', ';'].map((text) => [`a query that is ${text}`, query(text), /give one query/] as const),
  ['a query that goes on behind ours', query('SELECT 1) SELECT 1 FROM (SELECT 1'), /syntax error/],
  ['a query with a comment that opens', query('SELECT "_n", 1 AS n FROM "_rows" /*'), /unterminated/],
  ['a query by chance', query('SELECT "_n", 1 AS n FROM "_rows" USING SAMPLE 10%'), /sample\(\) does not/],
  [
    'a query of today',
    query('SELECT "_n", day(current_date) AS n FROM "_rows"'),
    /current_date\(\) does not/,
  ],
  ...[
    `'/etc/passwd'`,
    `'rows.parquet'`,
    `read_csv('/etc/passwd')`,
    `glob('/*')`,
    'duckdb_secrets()',
    'duckdb_tables',
    'information_schema.tables',
    'pg_catalog.pg_class',
    'sqlite_master',
    '_below',
    'staged',
    `query('SELECT 1')`,
    `query_table('_rows')`,
    '(SHOW ALL TABLES)',
    'main._rows',
  ].map(
    (from) =>
      [`a query of ${from}`, query(`SELECT 1 AS "_n", 1 AS n FROM ${from}`), /reads from elsewhere/] as const,
  ),
  [
    'columns that go in a circle',
    () =>
      poisoned({
        transform: ((rows: Rows) => rows.derive(() => ({ a: int(sql`b`), b: int(sql`a`) }))) as never,
      }),
    /"?b"?/,
  ],
  [
    'a check of a column that is not there',
    () => poisoned({ checks: (() => [check.unique({ name: 'nope' } as never)]) as never }),
    /./,
  ],
  [
    'a table that is a way up',
    () => poisoned({ sinks: () => [sink.lake({ table: '../../etc', write: 'append' })] }),
    /table/,
  ],
  [
    'a table that is SQL',
    () => poisoned({ sinks: () => [sink.lake({ table: 't"; DROP', write: 'append' })] }),
    /table/,
  ],
  ['a name that is a way up', () => poisoned({ name: '../up' }), /name/],
  [
    'a column that is SQL',
    () => poisoned({ row: z.object({ 'a"; DROP TABLE t; --': z.string() }) }),
    /cannot name a column/,
  ],
  [
    'a column that is __proto__',
    () =>
      poisoned({
        row: z.object(
          JSON.parse('{"__proto__": 1}', (key, value) => (key === '__proto__' ? z.string() : value)),
        ),
      }),
    /__proto__|cannot name|no columns|at least one/,
  ],
];

test('a personal column that were only written would leave another one that is not', () => {
  const made = (of: (o: Record<string, unknown>) => unknown) =>
    planOf(
      poisoned({
        row: z.object({ email: z.string().meta({ pii: true }) }),
        transform: ((rows: Rows) => rows.derive((o) => ({ a: text(of(o) as never) }))) as never,
      }),
    ).output.map(({ pii }) => pii);
  expect(made((o) => sql`upper(${o['email'] as never})`)).toEqual([true, true]);
  expect(made(() => written('upper(email)'))).toEqual([true, false]);
});

test('what a query makes itself it may read, and a lambda has names of its own', async () => {
  const pipeline = poisoned({
    transform: ((rows: Rows) =>
      rows
        .where(
          (o) => sql`list_sum(list_transform([1, 2], lambda x, i: x + i)) > ${0} AND ${o['id'] as never} > 1`,
        )
        .sql(() => ({
          leaves: { n: z.int() },
          query: written('WITH made AS (FROM "_rows") SELECT "_n", count(*) OVER () AS n FROM made'),
        }))) as never,
  });
  const run = await beside.run(pipeline, 'x.csv', 'id,name,mail\n1,a,x\n2,b,y\n3,c,z\n');
  expect(run.records).toMatchObject({ read: 3, loaded: 2, filtered: 1 });
});

describe('a definition is refused before any data is read', () => {
  test.each(poisons)('%s', async (_, make, says) => {
    const refused = (async () => beside.run(make(), 'x.csv', 'id,name\n1,a\n'))();
    await expect(refused).rejects.toMatchObject({
      name: 'DefinitionError',
      message: expect.stringMatching(says),
    });
    const left = await readdir(beside.box.world.layout.root).catch(() => []);
    expect(left.filter((name) => name !== 'work')).toEqual([]);
  });
});

describe('a definition that costs much', () => {
  // JavaScript doubles its work with each letter of such a text: at 5,000 of them no run would end.
  test('by a pattern that goes back and forth: the engine needs no time, whatever the text', async () => {
    const row = z.object({ text: z.string().regex(/^(a+)+$/) });
    const content = `text\n${`${'a'.repeat(5000)}!\n`.repeat(200)}aaa\n`;
    const run = await beside.run(replacing({ row, format: format.csv() }), 'x.csv', content);
    expect(run.records).toMatchObject({ read: 201, loaded: 1, quarantined: 200 });
  });

  test('by a thousand rules is only long', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `c${i}`);
    const row = z.object(Object.fromEntries(names.map((name) => [name, z.int().min(0).max(9)])));
    const pipeline = replacing({ row, format: format.csv() });
    const line = names.map((_, i) => i % 10).join();
    const bad = line.replace(/^0/, '10').replace(/9$/, 'x');
    const run = await beside.run(pipeline, 'x.csv', `${names.join()}\n${line}\n${bad}\n`);
    const { rejects } = await beside.came(run);
    expect(run.records).toMatchObject({ read: 2, loaded: 1, quarantined: 1 });
    expect(rejects).toEqual({ 2: 'c0:too_big,c999:decode' });
  });
});
