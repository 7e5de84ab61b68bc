/** What the words of a transform leave, and what must not compile. */

import { expectTypeOf, test } from 'vitest';
import type { ReceivedRows, Rows } from '../../core/rows.ts';
import {
  decimal,
  definePipeline,
  format,
  int,
  reference,
  sink,
  sql,
  text,
  z,
} from '../../core/vocabulary.ts';

const row = z.object({
  id: z.int(),
  name: z.string().nullable(),
  note: z.string().optional(),
  kind: z.enum(['a', 'b']),
  price: decimal(8, 2).nullable(),
  at: z.iso.datetime(),
});
type In = typeof row.shape;
type Chain = ReceivedRows<In>;
type Row<R> = R extends Rows<infer S> ? { [K in keyof S]: z.output<S[K]> } : never;
type After<F extends (rows: Chain) => unknown> = Row<ReturnType<F>>;

const order = z.object({
  id: z.int(),
  tags: z.array(z.string()).nullable(),
  items: z
    .array(z.object({ sku: z.string(), qty: z.int().nullable() }))
    .readonly()
    .optional(),
  maybe: z.array(z.object({ sku: z.string() }).nullable()).default([]),
  deep: z.array(z.array(z.int())),
});
type Orders = ReceivedRows<typeof order.shape>;
type Unnested<F extends (rows: Orders) => unknown> = Row<ReturnType<F>>;

const airports = reference({
  uri: 'airports.csv',
  format: format.csv(),
  row: z.object({ iata: z.string(), city: z.string(), size: z.int().nullable() }),
});
const shops = definePipeline({
  name: 'shops',
  owner: 'test',
  description: 'Shops.',
  row: z.object({ no: z.int(), city: z.string() }),
  sources: (source) => [source.files({ prefix: 'shops/', format: format.csv() })],
  transform: (rows) => rows.derive((o) => ({ big: text(sql`${o.city}`) })),
  gate: { rejected: { atMost: 0 } },
  sinks: () => [sink.lake({ table: 'shops', write: 'append' })],
  sla: { latency: '1 hour' },
});

/** Never run: only their types are looked at. */
test('each word leaves what it says', () => {
  const renamed = (r: Chain) => r.rename({ id: 'no', name: 'who' });
  expectTypeOf<After<typeof renamed>>().toHaveProperty('no').toEqualTypeOf<number>();
  expectTypeOf<After<typeof renamed>>().toHaveProperty('who').toEqualTypeOf<string | null>();
  expectTypeOf<After<typeof renamed>>().not.toHaveProperty('id');

  const cleaned = (r: Chain) => r.clean({ name: { trim: true }, note: { nulls: [''] } });
  expectTypeOf<After<typeof cleaned>['name']>().toEqualTypeOf<string | null>();
  expectTypeOf<After<typeof cleaned>['note']>().toEqualTypeOf<string | null>();
  expectTypeOf<After<typeof cleaned>['kind']>().toEqualTypeOf<'a' | 'b'>();

  const imputed = (r: Chain) =>
    r.impute((o) => ({ name: 'nobody', note: 'none', price: { from: 'previous', per: [o.kind] } }));
  expectTypeOf<After<typeof imputed>['name']>().toEqualTypeOf<string>();
  expectTypeOf<After<typeof imputed>['note']>().toEqualTypeOf<string>();
  expectTypeOf<After<typeof imputed>['price']>().toEqualTypeOf<number | null>();

  const looked = (r: Chain) =>
    r.lookup((o) => ({
      label: { of: o.kind, in: { a: 'A', b: 'B' } },
      rate: { of: o.name, in: { x: 1.5 }, onMiss: 'keep' },
    }));
  expectTypeOf<After<typeof looked>['label']>().toEqualTypeOf<string>();
  expectTypeOf<After<typeof looked>['rate']>().toEqualTypeOf<number | null>();

  const masked = (r: Chain) => r.mask({ id: { by: 'hmac', secret: 'KEY' }, name: { by: 'redact' } });
  expectTypeOf<After<typeof masked>['id']>().toEqualTypeOf<string>();
  expectTypeOf<After<typeof masked>['name']>().toEqualTypeOf<string | null>();

  const mapped = (r: Chain) =>
    r.map(
      (o) => ({ reads: [o.id, o.name], adds: { score: z.number(), word: z.string().nullable() } }),
      (one) => {
        expectTypeOf(one).toEqualTypeOf<{ readonly id: number; readonly name: string | null }>();
        return { score: one.id / 2, word: one.name };
      },
    );
  expectTypeOf<After<typeof mapped>['score']>().toEqualTypeOf<number>();
  expectTypeOf<After<typeof mapped>['word']>().toEqualTypeOf<string | null>();

  const over = (r: Chain) =>
    r
      .over((o) => ({ per: [o.kind], by: o.at, columns: { place: int(sql`row_number()`) } }))
      .sessionize((o) => ({ per: [o.id], by: o.at, gap: '30 minutes', as: 'session' }));
  expectTypeOf<After<typeof over>['place']>().toEqualTypeOf<number>();
  expectTypeOf<After<typeof over>['session']>().toEqualTypeOf<number>();

  const joined = (r: Chain) =>
    r
      .join(airports, (o) => ({ on: { iata: o.name }, take: { city: 'city', size: 'size' } }))
      .join(shops, (o) => ({ on: { no: o.id }, take: { shop: 'big' }, onMiss: 'keep' }));
  expectTypeOf<After<typeof joined>['city']>().toEqualTypeOf<string>();
  expectTypeOf<After<typeof joined>['size']>().toEqualTypeOf<number | null>();
  expectTypeOf<After<typeof joined>['shop']>().toEqualTypeOf<string | null>();

  const sums = (r: Chain) => r.aggregate((o) => ({ per: [o.kind], columns: { rows: int(sql`count(*)`) } }));
  expectTypeOf<Readonly<After<typeof sums>>>().toEqualTypeOf<{
    readonly kind: 'a' | 'b';
    readonly rows: number;
  }>();

  const asked = (r: Chain) =>
    r.sql((o, { rows, record }) => ({
      leaves: { n: z.int() },
      query: sql`SELECT ${record}, ${o.id} AS n FROM ${rows}`,
    }));
  expectTypeOf<After<typeof asked>>().toEqualTypeOf<{ n: number }>();
});

test('unnest leaves columns of the elements in the place of their list', () => {
  const tags = (r: Orders) => r.unnest('tags', { as: 'tag', position: 'line' });
  expectTypeOf<Unnested<typeof tags>['tag']>().toEqualTypeOf<string>();
  expectTypeOf<Unnested<typeof tags>['line']>().toEqualTypeOf<number>();
  expectTypeOf<Unnested<typeof tags>>().not.toHaveProperty('tags');
  expectTypeOf<Unnested<typeof tags>['id']>().toEqualTypeOf<number>();

  const items = (r: Orders) => r.unnest('items', { take: { id: 'sku', pieces: 'qty' } });
  expectTypeOf<Unnested<typeof items>['id']>().toEqualTypeOf<string>();
  expectTypeOf<Unnested<typeof items>['pieces']>().toEqualTypeOf<number | null>();
  expectTypeOf<Unnested<typeof items>>().not.toHaveProperty('line');

  const kept = (r: Orders) => r.unnest('items', { take: { sku: 'sku' }, position: 'line', empty: 'keep' });
  expectTypeOf<Unnested<typeof kept>['sku']>().toEqualTypeOf<string | null>();
  expectTypeOf<Unnested<typeof kept>['line']>().toEqualTypeOf<number | null>();

  const some = (r: Orders, empty: 'filter' | 'keep') => r.unnest('tags', { as: 'tags', empty });
  expectTypeOf<Row<ReturnType<typeof some>>['tags']>().toEqualTypeOf<string | null>();

  const nulls = (r: Orders) => r.unnest('maybe', { take: { sku: 'sku' }, empty: 'reject' });
  expectTypeOf<Unnested<typeof nulls>['sku']>().toEqualTypeOf<string | null>();
  const whole = (r: Orders) => r.unnest('maybe', { as: 'one' }).where((o) => sql`${o.one} IS NOT NULL`);
  expectTypeOf<Unnested<typeof whole>['one']>().toEqualTypeOf<{ sku: string } | null>();
  const lists = (r: Orders) => r.unnest('deep', { as: 'row' });
  expectTypeOf<Unnested<typeof lists>['row']>().toEqualTypeOf<number[]>();
});

export const unnestMustNotCompile = (rows: Orders) => [
  // @ts-expect-error a column that holds no list
  rows.unnest('id', { as: 'one' }),
  // @ts-expect-error a column that is not there
  rows.unnest('lost', { as: 'one' }),
  // @ts-expect-error neither a name nor fields
  rows.unnest('tags', { position: 'line' }),
  // @ts-expect-error both
  rows.unnest('items', { as: 'item', take: { sku: 'sku' } }),
  // @ts-expect-error a field that the elements do not have
  rows.unnest('items', { take: { sku: 'lost' } }),
  // @ts-expect-error elements without fields
  rows.unnest('tags', { take: { tag: 'length' } }),
  // @ts-expect-error an option that there is not
  rows.unnest('tags', { as: 'tag', postion: 'line' }),
  // @ts-expect-error another word
  rows.unnest('tags', { as: 'tag', empty: 'drop' }),
  // @ts-expect-error the list is gone
  rows.unnest('tags', { as: 'tag' }).where((o) => sql`${o.tags} IS NULL`),
];

export const mustNotCompile = (rows: Chain) => [
  // @ts-expect-error a column that is not there
  rows.rename({ lost: 'found' }),
  // @ts-expect-error a name that was given away
  rows.rename({ id: 'no' }).where((o) => sql`${o.id} > 1`),
  // @ts-expect-error an enum does not hold any text
  rows.clean({ kind: { case: 'upper' } }),
  // @ts-expect-error a date is no text
  rows.clean({ at: { trim: true } }),
  // @ts-expect-error a constant of another type
  rows.impute(() => ({ price: 'none' })),
  // @ts-expect-error a value that is none of the enum's
  rows.impute(() => ({ kind: 'c' })),
  // @ts-expect-error a column that is not there
  rows.mask({ lost: { by: 'redact' } }),
  // @ts-expect-error the key itself is never in a definition
  rows.mask({ name: { by: 'hmac', key: 'abc' } }),
  rows.map(
    (o) => ({ reads: [o.id], adds: { x: z.string() } }),
    // @ts-expect-error a column that the function did not ask for
    ({ name }) => ({ x: name }),
  ),
  rows.map(
    (o) => ({ reads: [o.id], adds: { x: z.string() } }),
    // @ts-expect-error a result of another type
    ({ id }) => ({ x: id }),
  ),
  // @ts-expect-error which one is kept must be said
  rows.dedupe((o) => ({ per: [o.id] })),
  // @ts-expect-error a number holds no time
  rows.sessionize((o) => ({ per: [o.name], by: o.id, gap: '1 hour', as: 's' })),
  // @ts-expect-error no duration
  rows.sessionize((o) => ({ per: [o.id], by: o.at, gap: '1 fortnight', as: 's' })),
  // @ts-expect-error a key of another type
  rows.join(airports, (o) => ({ on: { iata: o.id }, take: {} })),
  // @ts-expect-error a column that the reference does not have
  rows.join(airports, (o) => ({ on: { iata: o.name }, take: { x: 'lost' } })),
  // @ts-expect-error a column that was aggregated away
  rows.aggregate((o) => ({ per: [o.kind], columns: {} })).where((o) => sql`${o.id} > 1`),
];
