/** What a definition may read of another pipeline's table: columns by name, of types that fit, of tables that are appended to. */

import { describe, expect, test } from 'vitest';
import { DefinitionError } from '../../../core/errors.ts';
import { takenByKey, takenByPath } from '../../../core/sources/taken-by.ts';
import { decimal, definePipeline, format, sink, z, type Pipeline } from '../../../core/vocabulary.ts';
import { orders, sales } from '../../support/chain.ts';

type Row = Record<string, z.ZodType>;

const made = (
  row: Row,
  options: object = {},
  write: 'append' | 'replace' = 'append',
  more: object = {},
): Pipeline =>
  definePipeline({
    name: 'made',
    owner: 'test',
    description: 'Reads orders.',
    row: z.object(row),
    sources: (source) => [source.table(orders(), options as never)],
    gate: { rejected: { atMost: 0 } },
    sinks: () => [sink.lake({ table: 'made', write })],
    sla: { latency: '1 hour' },
    ...more,
  }) as unknown as Pipeline;

test('a table is a source like any other: keys of its log, in the bucket of the tables', () => {
  const [source] = sales().sources;
  expect(source).toMatchObject({
    kind: 'table',
    place: 'lake',
    prefix: 'lake/orders/_delta_log/',
    decode: { order: { from: 'id' }, amount: { from: 'total' } },
    versions: { table: 'orders', read: 'added' },
  });
  expect(source!.versions!.columns).toContainEqual({
    name: '_run',
    sql: 'VARCHAR',
    nullable: false,
    pii: false,
  });
  expect(sales().scale.openRuns).toBe(20);
});

describe('columns fit', () => {
  const id = z.int();
  test.each<[string, Row, object]>([
    ['whole numbers of any kind', { id: z.bigint() }, {}],
    ['whole numbers as decimals', { id: decimal(20, 0) }, {}],
    ['decimals with more digits after the point', { total: decimal(14, 4).nullable() }, {}],
    ['any text', { shop: z.enum(['a', 'b']).meta({ pii: true }) }, {}],
    ['other names', { price: decimal(12, 2) }, { decode: { price: 'total' } }],
    ['a column that may be missing and is', { id, nothing: z.string().optional() }, {}],
    ['columns that Sluice adds', { by: z.string() }, { decode: { by: '_run' } }],
    ['a null where none may be: its row is rejected', { weight: z.number() }, {}],
  ])('%s', (_what, row, options) => {
    expect(() => made(row, options)).not.toThrow();
  });

  test.each<[string, Row, object, string]>([
    [
      'a column that is not there',
      { amount: decimal(12, 2) },
      {},
      'Pipeline "made": source.table(orders): amount asks for the column amount, which orders does not have; it has id, shop, total',
    ],
    ['a name that is not there', { id }, { decode: { id: 'number' } }, 'id asks for the column number'],
    [
      'a number as a text',
      { id: z.string() },
      {},
      'id is VARCHAR and orders.id is BIGINT: it would have to be another value. Ask for it as what it is, and derive() the other from that.',
    ],
    ['a date as a text', { day: z.string().nullable() }, {}, 'day is VARCHAR and orders.day is DATE'],
    ['a moment as a date', { at: z.iso.date() }, {}, 'at is DATE (date) and orders.at is TIMESTAMPTZ'],
    [
      'whole numbers as doubles',
      { id: z.number() },
      {},
      'id is DOUBLE (number) and orders.id is BIGINT: only a double',
    ],
    ['decimals with fewer digits', { total: decimal(12, 1).nullable() }, {}, 'orders.total is DECIMAL(12,2)'],
    ['decimals as whole numbers', { total: z.int().nullable() }, {}, 'only whole numbers fit'],
    ['lists of something else', { lines: z.array(z.string()) }, {}, 'lines is VARCHAR[] (list)'],
    [
      'personal data without saying so',
      { shop: z.string() },
      {},
      'orders.shop is personal, and shop does not say so',
    ],
    ['an option that there is not', { id }, { decode: { id: { from: 'id' } } }, 'source.table(orders): '],
    ['another way to read', { id }, { read: 'changed' }, 'source.table(orders): '],
  ])('not: %s', (_what, row, options, words) => {
    expect(() => made(row, options)).toThrow(DefinitionError);
    expect(() => made(row, options)).toThrow(words);
  });
});

describe('how a table is written says how it can be read', () => {
  test.each(['replace', 'upsert'] as const)('by versions only what is appended to, not by %s', (write) => {
    expect(() => sales({ of: orders(write) })).toThrow(
      `source.table(orders): a version of orders takes rows out as well (write: '${write}')`,
    );
    expect(() => sales({ of: orders(write), read: 'whole', write: 'replace' })).not.toThrow();
  });

  test('as a whole only into what is replaced or updated, by one run at a time', () => {
    expect(() => sales({ read: 'whole' })).toThrow('which sales would append again and again');
    const sinks = () => [sink.lake({ table: 'made', write: 'append', dedupe: 'table', key: [{ column: 'id' }] })]; // prettier-ignore
    expect(() => made({ id: z.int() }, { read: 'whole' }, 'append', { sinks })).not.toThrow();
    for (const write of ['replace', 'upsert'] as const)
      expect(sales({ read: 'whole', write }).scale.openRuns).toBe(1);
    const scale = { scale: { openRuns: 2 } };
    expect(() => made({ id: z.int() }, { read: 'whole' }, 'replace', scale)).toThrow('scale.openRuns is 2');
    expect(() => made({ id: z.int() }, {}, 'append', scale)).not.toThrow();
  });
});

describe('the objects of a source', () => {
  const { sources } = definePipeline({
    name: 'both',
    owner: 'test',
    description: 'A table and files of any name.',
    row: z.object({ id: z.int() }),
    sources: (source) => [source.table(orders()), source.files({ prefix: 'both/', format: format.json() })],
    gate: { rejected: { atMost: 0 } },
    sinks: () => [sink.lake({ table: 'both', write: 'append' })],
    sla: { latency: '1 hour' },
  });
  const name = `${'0'.repeat(19)}7.json`;

  test.each([
    [`lake/orders/_delta_log/${name}`, [0]],
    [`lake/orders/_delta_log/${name.replace('7', '7.checkpoint')}`, []],
    ['lake/orders/_delta_log/_last_checkpoint', []],
    [`lake/orders_b/_delta_log/${name}`, []],
    [`both/${name}`, [1]],
  ])('by key: %s', (key, taken) => {
    expect(takenByKey(sources, key)).toEqual(taken);
  });

  test.each([
    ['/data/lake/orders/_delta_log', [0]],
    ['orders/_delta_log', [0]],
    ['/data/lake/old_orders/_delta_log', [1]],
    ['/data/in', [1]],
  ])('by path: in %s', (folder, taken) => {
    expect(takenByPath(sources, folder, name)).toEqual(taken);
  });

  test('by path: what is no version of the table, in its folder', () => {
    const named = [sources[0]!, { ...sources[1]!, match: '*.json' }];
    expect(takenByPath(named, 'orders/_delta_log', '7.checkpoint.json')).toEqual([1]);
    expect(takenByPath(named, 'orders/_delta_log', '_last_checkpoint')).toEqual([]);
    expect(takenByPath(named, 'in', 'a.csv')).toEqual([]);
  });
});
