/** The word `unnest`: what it leaves, of which type, its SQL, and what is refused. */

import { describe, expect, test } from 'vitest';
import { describePlan } from '../../../core/plan/describe.ts';
import { planOf, type Planned } from '../../../core/plan/plan.ts';
import type { ReceivedRows, Rows, Shape } from '../../../core/rows.ts';
import {
  check,
  definePipeline,
  format,
  int,
  sink,
  sql,
  text,
  z,
  type Pipeline,
} from '../../../core/vocabulary.ts';
import { definitionHash } from '../../../runtime/definition.ts';
import { column as valuesOf, places, stepped } from '../../support/transform.ts';

const item = z.object({
  sku: z.string().describe('As in the shop'),
  qty: z.int().nullable(),
  on: z.iso.date(),
});
const shape = {
  id: z.int(),
  tags: z.array(z.string().nullable()).nullable(),
  items: z.array(item).optional(),
  maybe: z.array(item.nullable()).default([]),
  days: z.array(z.iso.date()).readonly(),
  moments: z.array(z.iso.datetime()).optional(),
  note: z.string().nullable(),
};
type In = typeof shape;
const record = { id: 1, tags: null, items: [], maybe: [], days: [], moments: [], note: null };
const use = <Out extends Shape>(records: readonly object[], transform: (r: ReceivedRows<In>) => Rows<Out>) =>
  stepped(
    shape,
    records.map((one) => ({ ...record, ...one })),
    transform,
  );

const pipeline = <Out extends Shape = In>(
  transform: (rows: ReceivedRows<In>) => Rows<Out>,
  { checks = () => [], write = {} }: { checks?: (o: any) => any[]; write?: object } = {},
): Pipeline & Planned =>
  definePipeline({
    name: 'orders',
    owner: 'test',
    description: 'Orders, for tests.',
    row: z.object(shape),
    sources: (source) => [source.files({ prefix: 'orders/', format: format.jsonl() })],
    transform,
    checks,
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 'orders', write: 'append', ...write } as never)],
    sla: { latency: '1 hour' },
  }) as unknown as Pipeline & Planned;

describe('what it leaves', () => {
  test('elements as they are, in their order and with their numbers; nulls are elements', async () => {
    const found = await use(
      [
        { id: 7, tags: ['a', null, ''] },
        { id: 8, tags: [] },
        { id: 9, tags: null },
        { id: 10, tags: ['b'] },
      ],
      (r) => r.unnest('tags', { as: 'tag', position: 'line' }),
    );
    expect(found.rows.map(({ values: { id, tag, line } }) => [id, tag, line])).toEqual([
      [7, 'a', 1],
      [7, null, 2],
      [7, '', 3],
      [10, 'b', 1],
    ]);
    expect(found.columns.map(({ name, nullable }) => [name, nullable])).toEqual([
      ['id', false],
      ['items', true],
      ['maybe', false],
      ['days', false],
      ['moments', true],
      ['note', true],
      ['tag', true],
      ['line', false],
    ]);
  });

  test('fields of objects by new names, each of its own type; of an object that is null they are null', async () => {
    const items = [
      { sku: 'x', qty: 2, on: '2026-02-28' },
      { sku: 'y', qty: null, on: '0001-01-01' },
    ];
    const taken = { article: 'sku', pieces: 'qty', day: 'on' } as const;
    const found = await use([{ items }], (r) =>
      r.unnest('items', { take: taken }).derive((o) => ({ written: text(sql`${o.day}::VARCHAR`) })),
    );
    expect(found.rows.map(({ values }) => [values['article'], values['pieces'], values['written']])).toEqual([
      ['x', 2, '2026-02-28'],
      ['y', null, '0001-01-01'],
    ]);
    expect(
      found.columns
        .slice(-4, -1)
        .map(({ name, sql: type, nullable, description }) => [name, type, nullable, description]),
    ).toEqual([
      ['article', 'VARCHAR', false, 'As in the shop'],
      ['pieces', 'BIGINT', true, undefined],
      ['day', 'DATE', false, undefined],
    ]);
    const nulls = await use([{ maybe: [null, items[0]] }], (r) =>
      r.unnest('maybe', { take: { sku: 'sku', on: 'on' } }),
    );
    expect(valuesOf(nulls, 'sku')).toEqual([null, 'x']);
    expect(nulls.columns.slice(-2).every(({ nullable }) => nullable)).toBe(true);
    const whole = await use([{ maybe: [null, items[0]] }], (r) => r.unnest('maybe', { as: 'maybe' }));
    expect(valuesOf(whole, 'maybe')).toEqual([null, { sku: 'x', qty: 2n, on: '2026-02-28' }]);
  });

  test('a column that is there already gives its name away', async () => {
    const found = await use([{ tags: ['a'], note: 'before' }], (r) => r.unnest('tags', { as: 'note' }));
    expect(found.columns.map(({ name }) => name)).toEqual([
      'id',
      'items',
      'maybe',
      'days',
      'moments',
      'note',
    ]);
    expect(valuesOf(found, 'note')).toEqual(['a']);
  });

  test('an empty list kept is one row of nulls', async () => {
    const found = await use(
      [{ id: 1 }, { id: 2, items: null }, { id: 3, items: [{ sku: 'x', qty: 1, on: '2026-01-01' }] }],
      (r) => r.unnest('items', { take: { sku: 'sku' }, position: 'line', empty: 'keep' }),
    );
    expect(found.rows.map(({ values: { id, sku, line } }) => [id, sku, line])).toEqual([
      [1, null, null],
      [2, null, null],
      [3, 'x', 1],
    ]);
    expect(found.columns.slice(-2).map(({ nullable }) => nullable)).toEqual([true, true]);
  });

  test('dates and times, which are texts in a list, are read as those of a field are', async () => {
    const moments = ['2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.1234567Z'];
    const found = await use([{ moments }], (r) =>
      r.unnest('moments', { as: 'at' }).derive((o) => ({ us: int(sql`epoch_us(${o.at})`) })),
    );
    // Seven decimals would be cut to six without a word.
    expect(places(found)).toEqual(['accepted', 'decode at']);
    expect(found.rows[0]!.values['us']).toBe(Date.UTC(2026, 0, 1) * 1000 + 123456);
    expect(found.rows[1]!.reasons[0]).toMatchObject({ value: moments[1] });
    const days = await use([{ days: ['2026-02-28', '0000-01-01'] }], (r) => r.unnest('days', { as: 'day' }));
    expect(places(days)).toEqual(['accepted', 'decode day']);
  });

  test('of a list that zod did not judge, as that of a joined table, what its type cannot hold is rejected', async () => {
    const found = await stepped({ n: z.array(z.int()) }, [{ n: [1, null, 2 ** 53] }], (r) =>
      r.unnest('n', { as: 'n' }),
    );
    expect(places(found)).toEqual(['accepted', 'expression n', 'decode n']);
  });

  test('personal is what is of a personal list, of personal elements, or a personal field', async () => {
    const of = (list: z.ZodType) =>
      planOf(
        definePipeline({
          name: 'p',
          owner: 'test',
          description: 'P.',
          row: z.object({ id: z.int(), list }),
          sources: (source: any) => [source.files({ prefix: 'p/', format: format.jsonl() })],
          transform: (rows: any) => rows.unnest('list', { take: { a: 'a', b: 'b' }, position: 'n' }),
          gate: { rejected: { atMost: 0 } },
          sinks: () => [sink.lake({ table: 'p', write: 'append' })],
          sla: { latency: '1 hour' },
        } as never) as unknown as Planned,
      )
        .output.filter(({ pii }) => pii)
        .map(({ name }) => name);
    const fields = z.object({ a: z.string().meta({ pii: true }), b: z.string() });
    expect(of(z.array(fields))).toEqual(['a']);
    expect(of(z.array(fields).meta({ pii: true }).optional())).toEqual(['a', 'b']);
    expect(of(z.array(fields.meta({ pii: true })))).toEqual(['a', 'b']);
  });
});

describe('the plan', () => {
  const made = pipeline(
    (rows) =>
      rows
        .where((o) => sql`${o.id} > 0`)
        .latest((o) => ({ per: [o.id] }))
        .unnest('tags', { as: 'tag', position: 'line', empty: 'keep' })
        .derive((o) => ({ upper: text(sql`upper(${o.tag})`) })),
    { checks: (o) => [check.between(o.line, { max: 5 })] },
  );

  test('is told in the order in which it runs, the rows of records last', () => {
    const told = describePlan(made)[0]!.sql;
    expect(told.split('\n').filter((line) => line.startsWith('--'))).toEqual([
      '-- each chunk',
      '--   where "id" > 0',
      '-- what a chunk leaves for the whole run',
      '-- the whole run, of a large object in buckets by id',
      '--   latest per id by record',
      '-- the rows of each record that is left; it is accepted, rejected or filtered with all of them',
      '--   unnest tags to tag, line (an empty one: keep)',
      '--   derive upper',
    ]);
  });

  test('judges the record by its list, and its rows by steps and checks', () => {
    const plan = planOf(made);
    const run = { startedAt: '2026-01-01T00:00:00Z' };
    const { sql: rows } = plan.unnest!.rows('records', 'first + "_at"', run);
    expect(rows).toContain('(first + "_at")::BIGINT AS "_n"');
    expect(rows).toContain('unnest(CASE WHEN coalesce(len("tags"), 0) = 0 THEN [NULL] ELSE "tags" END)');
    expect(rows).toContain('"line" > 5');
    expect(plan.unnest!.size).toBe('greatest(coalesce(len("tags"), 0), 1)');
    expect(plan.whole('staged', run).sql).not.toContain('"line"');
    expect(plan.output.map(({ name }) => name).slice(-3)).toEqual(['tag', 'line', 'upper']);
    const filtering = planOf(pipeline((r) => r.unnest('tags', { as: 'tag' })));
    expect(filtering.chunk(filtering.decode(0), 'received', run).sql).toContain(
      'AND coalesce(len("tags"), 0) = 0) AS "_filtered"',
    );
  });

  test('without it has none of this', () => {
    expect(planOf(pipeline((rows) => rows)).unnest).toBeNull();
  });

  test('every option makes another definition', () => {
    const hashes = [
      { as: 'a' },
      { as: 'b' },
      { as: 'a', position: 'n' },
      { as: 'a', empty: 'keep' },
      { as: 'a', empty: 'reject' },
    ].map((options) => definitionHash(pipeline((rows: any) => rows.unnest('tags', options))));
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('refused, with the way out', () => {
  const elsewhere = /a pipeline that reads this table with source\.table\(\): there each row is a record/;
  const unnested = (rows: any) => rows.unnest('tags', { as: 'tag' });
  test.each<[string, () => unknown, RegExp]>([
    [
      'a second one',
      () => pipeline((r) => unnested(r).unnest('items', { as: 'item' })),
      /a second unnest\(\)/,
    ],
    [
      'a set-wise word after it',
      () => pipeline((r) => unnested(r).latest((o: any) => ({ per: [o.id] }))),
      /latest\(\), which works on all rows/,
    ],
    [
      'the value before',
      () => pipeline((r) => unnested(r).impute(() => ({ note: { from: 'previous' } }))),
      /impute\(\).*Put it before unnest/,
    ],
    ['unique', () => pipeline(unnested, { checks: (o) => [check.unique(o.id)] }), /check\.unique/],
    [
      'an upsert',
      () => pipeline(unnested, { write: { write: 'upsert', key: [{ column: 'id' }] } }),
      /a key of table orders/,
    ],
    [
      'rows held against the table',
      () => pipeline(unnested, { write: { dedupe: 'table', key: [{ column: 'id' }] } }),
      /a key of table orders/,
    ],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(elsewhere);
  });

  test.each<[unknown, unknown, RegExp]>([
    ['id', { as: 'a' }, /unnest\(id\): the column holds no list/],
    ['lost', { as: 'a' }, /names "lost", which is not a column there; there are id, tags/],
    ['tags', {}, /needs `as`.*or `take`/],
    ['tags', { take: {} }, /needs `as`.*or `take`/],
    ['items', { as: 'a', take: { b: 'sku' } }, /needs `as`.*or `take`/],
    ['tags', { take: { a: 'b' } }, /its elements are no objects/],
    ['items', { take: { a: 'lost' } }, /take names "lost".*there are sku, qty, on/],
    ['tags', { as: 'a', position: 'a' }, /two columns would be named a/],
    ['tags', { as: 'a', empty: 'drop' }, /filter/],
    ['tags', { as: 'a', at: 'n' }, /at/],
    ['tags', { as: 'ID' }, /id and ID differ in case only/],
    ['tags', { as: '_n' }, /"_n" cannot name a column/],
  ])('unnest(%j, %j)', (list, options, message) => {
    expect(() => pipeline((rows: any) => rows.unnest(list, options))).toThrow(message);
  });
});
