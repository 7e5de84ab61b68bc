/** Definitions that would do harm (row 45 of the faults): refused before any data is read, or harmless. */

import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { check, definePipeline, format, int, sink, sql, z, type Pipeline } from '../../../core/vocabulary.ts';
import { openBeside, pipelineOf } from './beside.ts';

const beside = openBeside();

interface Poison {
  readonly row?: z.ZodObject;
  readonly transform?: (rows: never) => unknown;
  readonly checks?: (columns: never) => unknown;
  readonly [more: string]: unknown;
}

const poisoned = (poison: Poison): Pipeline =>
  definePipeline({
    name: 'poison',
    owner: 'test',
    description: 'Means harm.',
    row: z.object({ id: z.int(), name: z.string() }),
    sources: (source: { files(of: object): unknown }) => [
      source.files({ prefix: 'x/', format: format.csv() }),
    ],
    gate: { rejected: { atMost: 0 } },
    sinks: () => [sink.lake({ table: 't', write: 'append' })],
    sla: { latency: '1 hour' },
    ...poison,
  } as never) as unknown as Pipeline;

type Rows = {
  where(f: (o: Record<string, unknown>) => unknown): Rows;
  derive(f: (o: Record<string, unknown>) => unknown): Rows;
};
const where = (text: string) => () =>
  poisoned({
    transform: ((rows: Rows) => rows.where(() => sql([text] as unknown as TemplateStringsArray))) as never,
  });

const deleteWhen = (text: string) => () =>
  poisoned({
    sinks: (o: Record<string, never>) => [
      sink.lake({
        table: 't',
        write: 'upsert',
        key: [o['id']!],
        deleteWhen: sql([text] as unknown as TemplateStringsArray),
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
  ['an unknown function', where(`no_such_thing(name)`), /no_such_thing/],
  ['an aggregate', where(`sum(id) > 1`), /sum/],
  ['a macro of the time', where(`today() > DATE '2026-01-01'`), /today|current_date/],
  ['a sequence', where(`nextval('s') > 1`), /nextval|Sequence/],
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
    const run = await beside.run(pipelineOf({ row, format: format.csv() }), 'x.csv', content);
    expect(run.records).toMatchObject({ read: 201, loaded: 1, quarantined: 200 });
  });

  test('by a thousand rules is only long', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `c${i}`);
    const row = z.object(Object.fromEntries(names.map((name) => [name, z.int().min(0).max(9)])));
    const pipeline = pipelineOf({ row, format: format.csv() });
    const line = names.map((_, i) => i % 10).join();
    const bad = line.replace(/^0/, '10').replace(/9$/, 'x');
    const run = await beside.run(pipeline, 'x.csv', `${names.join()}\n${line}\n${bad}\n`);
    const { rejects } = await beside.came(run);
    expect(run.records).toMatchObject({ read: 2, loaded: 1, quarantined: 1 });
    expect(rejects).toEqual({ 2: 'c0:too_big,c999:decode' });
  });
});
