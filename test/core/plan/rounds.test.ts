/** Into which rounds the work on rows that meet is cut, and by which columns rows are parted in each. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planOf } from '../../../core/plan/plan.ts';
import { bucketSql } from '../../../core/plan/write.ts';
import type { ReceivedRows, Rows, Shape } from '../../../core/rows.ts';
import { literal } from '../../../core/sql.ts';
import { check, format, int, reference, sql, text, z, type Pipeline } from '../../../core/vocabulary.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { pipelineOf } from '../../support/pipeline.ts';

const row = z.object({
  id: z.int(),
  shop: z.string(),
  user: z.string().nullable(),
  price: z.number().nullable(),
  at: z.iso.datetime(),
});
type In = typeof row.shape;

interface Asked {
  readonly upsert?: readonly string[];
  readonly unique?: readonly (readonly string[])[];
}

const pipeline = <Out extends Shape>(
  transform: (rows: ReceivedRows<In>) => Rows<Out>,
  { upsert, unique = [] }: Asked = {},
): Pipeline =>
  pipelineOf({
    row,
    transform,
    checks: (o) =>
      unique.map((names) => check.unique(...(names.map((name) => o[name]) as [never, ...never[]]))),
    into: (o) => (upsert === undefined ? {} : { write: 'upsert', key: upsert.map((name) => o[name]) }),
  });

const places = reference({
  uri: '/places.csv',
  format: format.csv(),
  row: z.object({ name: z.string(), city: z.string() }),
});

const numbered = { n: int(sql`row_number()`) };

/** Null stands for all rows in one piece, an empty list for each row by itself. */
const cases: [string, Pipeline, readonly (readonly string[] | null)[]][] = [
  ['nothing set-wise', pipeline((rows) => rows), []],
  ['latest', pipeline((rows) => rows.latest((o) => ({ per: [o.id, o.shop] }))), [['id', 'shop']]],
  ['dedupe', pipeline((rows) => rows.dedupe((o) => ({ per: [o.id], keep: 'first' }))), [['id']]],
  [
    'aggregate',
    pipeline((rows) => rows.aggregate((o) => ({ per: [o.shop], columns: { n: int(sql`count(*)`) } }))),
    [['shop']],
  ],
  [
    'over groups',
    pipeline((rows) => rows.over((o) => ({ per: [o.shop], columns: { n: int(sql`row_number()`) } }))),
    [['shop']],
  ],
  [
    'over all rows',
    pipeline((rows) => rows.over(() => ({ columns: { n: int(sql`row_number()`) } }))),
    [null],
  ],
  [
    'sessionize',
    pipeline((rows) => rows.sessionize((o) => ({ per: [o.user], by: o.at, gap: '1 hour', as: 's' }))),
    [['user']],
  ],
  [
    'impute the value before, by two groups that share a column',
    pipeline((rows) =>
      rows.impute((o) => ({
        price: { from: 'previous', per: [o.shop, o.id] },
        user: { from: 'previous', per: [o.shop] },
      })),
    ),
    [['shop']],
  ],
  [
    'impute the value before, by groups that a constant makes equal first',
    pipeline((rows) =>
      rows.impute((o) => ({ user: 'nobody', price: { from: 'previous', per: [o.user, o.shop] } })),
    ),
    [['shop']],
  ],
  [
    'impute the value before, of all rows',
    pipeline((rows) => rows.impute(() => ({ price: { from: 'previous' } }))),
    [null],
  ],
  [
    'a join, in which no row meets another',
    pipeline((rows) => rows.join(places, (o) => ({ on: { name: o.shop }, take: { city: 'city' } }))),
    [[]],
  ],
  [
    'a join, then one row for each key',
    pipeline((rows) =>
      rows
        .join(places, (o) => ({ on: { name: o.shop }, take: { city: 'city' } }))
        .latest((o) => ({ per: [o.id] })),
    ),
    [['id']],
  ],
  [
    'two words that share a column',
    pipeline((rows) =>
      rows
        .dedupe((o) => ({ per: [o.id, o.shop], keep: 'last' }))
        .over((o) => ({ per: [o.shop], columns: { n: int(sql`row_number()`) } })),
    ),
    [['shop']],
  ],
  [
    'two words that share none',
    pipeline((rows) => rows.latest((o) => ({ per: [o.id] })).latest((o) => ({ per: [o.shop] }))),
    [['id'], ['shop']],
  ],
  [
    'a column that another word made',
    pipeline((rows) =>
      rows
        .over((o) => ({ per: [o.id], columns: { n: int(sql`row_number()`) } }))
        .latest((o) => ({ per: [o.n] })),
    ),
    [['id'], ['n']],
  ],
  [
    'a column that was changed meanwhile',
    pipeline((rows) =>
      rows
        .latest((o) => ({ per: [o.shop] }))
        .clean({ shop: { case: 'lower' } })
        .latest((o) => ({ per: [o.shop] })),
    ),
    [['shop'], ['shop']],
  ],
  [
    'a name that went to another column meanwhile',
    pipeline((rows) =>
      rows
        .latest((o) => ({ per: [o.shop] }))
        .rename({ shop: 'user', user: 'shop' })
        .latest((o) => ({ per: [o.shop] })),
    ),
    [['shop'], ['shop']],
  ],
  [
    'a column that was made before, row by row',
    pipeline((rows) =>
      rows.derive((o) => ({ day: text(sql`left(${o.at}::VARCHAR, 10)`) })).latest((o) => ({ per: [o.day] })),
    ),
    [['day']],
  ],
  ['unique', pipeline((rows) => rows, { unique: [['id', 'user']] }), [['id', 'user']]],
  [
    'two uniques that share none',
    pipeline((rows) => rows, { unique: [['id'], ['user']] }),
    [['id'], ['user']],
  ],
  [
    'an upsert and a unique',
    pipeline((rows) => rows, { upsert: ['id', 'shop'], unique: [['shop']] }),
    [['shop']],
  ],
  [
    'a query over all rows',
    pipeline((rows) =>
      rows.sql((_o, { rows: all, record }) => ({
        leaves: { id: z.int() },
        query: sql`SELECT id, ${record} FROM ${all}`,
      })),
    ),
    [null],
  ],
  [
    'an upsert and a unique that share none',
    pipeline((rows) => rows, { upsert: ['id', 'shop'], unique: [['user'], ['user', 'at']] }),
    [['id', 'shop'], ['user']],
  ],
  [
    'words of which each shares a column with the next, and all together none',
    pipeline((rows) =>
      rows
        .over((o) => ({ per: [o.id, o.shop], columns: numbered }))
        .latest((o) => ({ per: [o.shop, o.user] }))
        .latest((o) => ({ per: [o.user, o.id] }))
        .latest((o) => ({ per: [o.id] })),
    ),
    [['shop'], ['id']],
  ],
  [
    'a join by what another takes, then one row for each of it',
    pipeline((rows) =>
      rows
        .join(places, (o) => ({ on: { name: o.shop }, take: { city: 'city' } }))
        .latest((o) => ({ per: [o.city] })),
    ),
    [[], ['city']],
  ],
  [
    'a query over all rows between keys',
    pipeline(
      (rows) =>
        rows
          .latest((o) => ({ per: [o.id] }))
          .where((o) => sql`${o.id} > 1`)
          .sql((_o, { rows: all, record }) => ({
            leaves: { id: z.int(), shop: z.string() },
            query: sql`SELECT id, shop, ${record} FROM ${all}`,
          }))
          .over(() => ({ columns: numbered }))
          .aggregate((o) => ({ per: [o.shop], columns: { ids: int(sql`count(DISTINCT ${o.id})`) } })),
      { unique: [['ids']] },
    ),
    [['id'], null, ['shop'], ['ids']],
  ],
];

test.each(cases)('%s', (_what, made, by) => {
  expect(planOf(made).rounds.map((round) => round.by)).toEqual(by);
});

test('a round holds what is done in it, row by row too, and what it leaves for the next', () => {
  const made = pipeline(
    (rows) =>
      rows
        .latest((o) => ({ per: [o.id] }))
        .where((o) => sql`${o.id} > 1`)
        .rename({ shop: 'store' })
        .latest((o) => ({ per: [o.store] })),
    { unique: [['store', 'id'], ['user'], ['at']] },
  );
  const { rounds } = planOf(made);
  expect(rounds.map(({ deeds }) => deeds.flatMap(({ says }) => says || []))).toEqual([
    ['latest per id by record', 'where "id" > 1', 'rename shop to store'],
    ['latest per store by record', 'check store, id unique'],
    ['check user unique'],
    ['check at unique'],
  ]);
  const columns = ['id', 'store', 'user', 'price', 'at'];
  expect(rounds.map(({ staged }) => staged)).toEqual([
    ['id', 'shop', 'user', 'price', 'at'],
    columns,
    [...columns, '_b0'],
    [...columns, '_b0', '_b1'],
  ]);
});

describe('values that the engine takes for equal', () => {
  let engine: OpenEngine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  test.each([
    ['zeros', '0.0::DOUBLE', '(-0.0)::DOUBLE'],
    ['decimals', '1.50::DECIMAL(8,2)', '1.5::DECIMAL(8,2)'],
    ['moments', "TIMESTAMPTZ '2026-01-01 00:00:00+00'", "TIMESTAMPTZ '2026-01-01 01:00:00+01'"],
    ['nulls', 'NULL::VARCHAR', 'NULL::VARCHAR'],
    ['lists', '[1, NULL]', '[1, NULL]'],
  ])('%s have one hash', async (_what, one, other) => {
    const [row] = await engine.rows(
      `SELECT ${one} IS NOT DISTINCT FROM ${other} AS equal, hash(${one}, 1) = hash(${other}, 1) AS hashed`,
    );
    expect(row).toEqual({ equal: true, hashed: true });
  });

  test('every type that a row can have keeps its hashes in a file', async () => {
    const values = {
      long: '(9007199254740993 * i)::BIGINT',
      flag: 'i % 2 = 0',
      day: "DATE '0001-01-01' + (i * 90000)::INTEGER",
      moment: "TIMESTAMPTZ '1900-01-01 00:00:00.000001+00' + to_days((i * 9000)::INTEGER)",
      small: '(i * 1.5)::DECIMAL(8,2)',
      large: '(i * 99999999999)::DECIMAL(38,10)',
      real: "CASE i WHEN 0 THEN -0.0 WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' ELSE i / 7 END::DOUBLE",
      words: "chr((i * 900 + 65)::INTEGER) || repeat('x', (i * 5)::INTEGER)",
      list: '[i::BIGINT, NULL]',
      nested: "{'a': [i::VARCHAR], 'b': NULL::DOUBLE}",
      lacking: 'CASE WHEN i > 3 THEN i::BIGINT END',
    };
    const path = literal(join(engine.folder, 'hashed.parquet'));
    const names = Object.keys(values);
    const columns = Object.entries(values).map(([name, value]) => `${value} AS ${name}`);
    const hashes = names.map((name) => `${bucketSql([name], 1000)} AS "${name} parted"`);
    await engine.run(
      `COPY (SELECT *, ${hashes.join(', ')} FROM (SELECT ${columns.join(', ')} FROM range(9) r(i))) TO ${path} (FORMAT parquet)`,
    );
    const same = names.map(
      (name) => `count_if("${name} parted" = ${bucketSql([name], 1000)})::INTEGER AS ${name}`,
    );
    const [row] = await engine.rows(`SELECT ${same.join(', ')} FROM read_parquet(${path})`);
    expect(row).toEqual(Object.fromEntries(names.map((name) => [name, 9])));
  });
});
