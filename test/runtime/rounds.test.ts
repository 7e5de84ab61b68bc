/** Rows that meet by different keys in turn, worked on in rounds: random definitions give the same as in one piece. */

import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planOf } from '../../core/plan/plan.ts';
import { check, column, format, int, reference, sql, z, type Pipeline } from '../../core/vocabulary.ts';
import { workOf } from '../../runtime/rounds.ts';
import type { Manifest } from '../../runtime/values.ts';
import { lines } from '../support/lines.ts';
import { outcomeOf } from '../support/outcome.ts';
import { pipelineOf } from '../support/pipeline.ts';

const SECRET = 'SLUICE_TEST_ROUNDS_KEY';
beforeAll(() => {
  process.env[SECRET] = 'a key for tests, long enough';
});
afterAll(() => {
  delete process.env[SECRET];
});

const row = z.object({
  id: z.int(),
  shop: z.string().min(1),
  user: z.string().nullable().meta({ pii: true }),
  price: z.number().max(90).nullable(),
  on: z.iso.date(),
  tags: z.array(z.string()),
});

/** Steps are put together by chance: what is typed at each of them is known to nobody. */
type Chain = any;
type Key = 'id' | 'shop' | 'user' | 'on';

const keys = fc.subarray<Key>(['id', 'shop', 'user', 'on'], { minLength: 1, maxLength: 2 });
const refs = (o: Chain, names: readonly string[]) => names.map((name) => o[name]);
const shops = (folder: string) =>
  reference({
    uri: join(folder, 'shops.csv'),
    format: format.csv(),
    row: z.object({ name: z.string(), city: z.string() }),
  });

/** A word with its options, as a function of the rows before it and of its place. */
interface Word {
  readonly says: string;
  readonly add: (rows: Chain, at: number, folder: string) => Chain;
}
const word = <T>(name: string, options: fc.Arbitrary<T>, add: (o: T) => Word['add']): fc.Arbitrary<Word> =>
  options.map((one) => ({ says: `${name}(${JSON.stringify(one)})`, add: add(one) }));

const nothing = fc.constant(null);
const setwise = fc.oneof(
  word('latest', keys, (per) => (rows) => rows.latest((o: Chain) => ({ per: refs(o, per), by: o.price }))),
  word(
    'dedupe',
    fc.tuple(keys, fc.constantFrom('first', 'last')),
    ([per, keep]) =>
      (rows) =>
        rows.dedupe((o: Chain) => ({ per: refs(o, per), keep })),
  ),
  word(
    'over',
    keys,
    (per) => (rows, at) =>
      rows.over((o: Chain) => ({
        per: refs(o, per),
        by: o.on,
        columns: { [`sum_${at}`]: column(z.int(), sql`sum(${o.id})`) },
      })),
  ),
  word(
    'sessionize',
    keys,
    (per) => (rows, at) =>
      rows.sessionize((o: Chain) => ({ per: refs(o, per), by: o.on, gap: '1 day', as: `visit_${at}` })),
  ),
  word(
    'impute',
    fc.oneof(keys, fc.constant([])),
    (per) => (rows) => rows.impute((o: Chain) => ({ price: { from: 'previous', per: refs(o, per) } })),
  ),
  word(
    'join',
    fc.constantFrom('reject', 'keep'),
    (onMiss) => (rows, at, folder) =>
      rows.join(shops(folder), (o: Chain) => ({
        on: { name: o.shop },
        take: { [`city_${at}`]: 'city' },
        onMiss,
      })),
  ),
  word(
    'sql',
    nothing,
    () => (rows) =>
      rows.sql((_o: Chain, { rows: all, record }: Chain) => ({
        leaves: row.shape,
        query: sql`SELECT id, shop, "user", price, "on", tags, ${record} FROM ${all} WHERE id <> 7`,
      })),
  ),
);
const rowwise = fc.oneof(
  word('where', nothing, () => (rows) => rows.where((o: Chain) => sql`${o.price} IS NULL OR ${o.price} > 2`)),
  word('clean', nothing, () => (rows) => rows.clean({ shop: { case: 'lower' } })),
  word('mask', nothing, () => (rows) => rows.mask({ user: { by: 'hmac', secret: SECRET } })),
  word(
    'derive',
    nothing,
    () => (rows, at) => rows.derive((o: Chain) => ({ [`share_${at}`]: int(sql`100 // (${o.id} - 3)`) })),
  ),
  word(
    'map',
    nothing,
    () => (rows, at) =>
      rows.map(
        (o: Chain) => ({ reads: [o.id, o.shop], adds: { [`named_${at}`]: z.string() } }),
        ({ id, shop }: Chain) => {
          if (id === 5) throw new Error('not five');
          return { [`named_${at}`]: `${shop} ${id}` };
        },
      ),
  ),
);
const last = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Word | null>(null) },
  word(
    'aggregate',
    fc.constantFrom<Key>('shop', 'on'),
    (per) => (rows) =>
      rows.aggregate((o: Chain) => ({
        per: [o[per]],
        columns: { id: int(sql`count(*)`), user: column(z.string().nullable(), sql`min(${o.user})`) },
      })),
  ),
  word(
    'unnest',
    fc.constantFrom('filter', 'reject', 'keep'),
    (empty) => (rows) =>
      rows.unnest('tags', { as: 'tag', position: 'line', empty }).where((o: Chain) => sql`${o.tag} <> 'c'`),
  ),
);

const definition = fc.record({
  words: fc.array(fc.oneof({ weight: 3, arbitrary: setwise }, { weight: 1, arbitrary: rowwise }), {
    minLength: 1,
    maxLength: 5,
  }),
  last,
  uniques: fc.array(fc.tuple(fc.constantFrom('id', 'user'), fc.constantFrom('reject', 'warn')), {
    maxLength: 2,
  }),
  upsert: fc.constantFrom(null, 'id', 'user'),
});
type Definition = typeof definition extends fc.Arbitrary<infer D> ? D : never;

const defined =
  ({ words, last: end, uniques, upsert }: Definition) =>
  (folder: string): Pipeline => {
    // Rows of which there are several for a record are not compared.
    const compares = !(end?.says.startsWith('unnest') ?? false);
    return pipelineOf({
      name: 'rounds',
      row,
      format: format.jsonl(),
      transform: (rows) =>
        [...words, ...(end === null ? [] : [end])].reduce<Chain>(
          (all, { add }, at) => add(all, at, folder),
          rows,
        ),
      checks: (o) => [
        check.between(o.id, { max: 8, severity: 'warn' }),
        check.between(o.id, { max: 11 }),
        ...(compares ? uniques.map(([of, severity]) => check.unique(o[of], { severity } as never)) : []),
        check.rowCount({ min: 30, severity: 'warn' }),
      ],
      into: (o) => ({
        metadata: ['_record'],
        ...(compares && upsert !== null
          ? { write: 'upsert', key: [o[upsert]], deleteWhen: sql`${o.id} = 1` }
          : {}),
      }),
    });
  };

/** Few different values, so that keys meet; some that no row may have. */
const sale = fc.record({
  id: fc.oneof({ weight: 12, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.constant('x') }),
  shop: fc.constantFrom('north', 'North', 'south', 'east', 'nowhere', ''),
  user: fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 9, arbitrary: fc.constantFrom(...'abcdefghijklm') },
  ),
  price: fc.constantFrom(null, 1.5, 2, 4, 88, 91),
  on: fc.constantFrom('2026-01-01', '2026-01-02', '2026-01-04'),
  tags: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
});

const seed = Number(process.env['SLUICE_SEED'] ?? 20261130);

test(`in rounds and in one piece, with the seed ${seed}`, { timeout: 900_000 }, async () => {
  const seen = new Map<number, number>();
  const ways = { loaded: 0, quarantined: 0, filtered: 0, deduplicated: 0 };
  const property = fc.asyncProperty(
    definition,
    fc.array(sale, { minLength: 20, maxLength: 70 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 2, max: 4 }),
    async (asked, sales, chunks, buckets) => {
      const make = defined(asked);
      const content = lines(sales);
      const bytes = Math.max(content.length, sales.length * 8 * planOf(make('/')).staged.length);
      const given = {
        name: 'a.jsonl',
        content,
        beside: { 'shops.csv': 'name,city\nnorth,Oslo\nsouth,Rome\neast,Kyiv\nNorth,Oslo\n' },
        order: 'ALL',
      };
      const whole = await outcomeOf(make, given);
      const limits = {
        chunkBytes: Math.ceil(content.length / chunks),
        bucketBytes: Math.ceil(bytes / buckets),
      };
      expect(await outcomeOf(make, { ...given, limits })).toEqual(whole);
      expect(whole.error).toBeNull();
      const { rounds } = planOf(make('/'));
      seen.set(rounds.length, (seen.get(rounds.length) ?? 0) + 1);
      for (const way of Object.keys(ways) as (keyof typeof ways)[]) ways[way] += whole.records[way];
    },
  );
  await fc.assert(property, {
    seed,
    numRuns: Number(process.env['SLUICE_RUNS'] ?? 12),
    endOnFailure: true,
    reporter: ({ failed, errorInstance, counterexample, counterexamplePath }) => {
      if (!failed) return;
      const [asked, ...others] = counterexample as [Definition, ...unknown[]];
      const { words, last: end, uniques, upsert } = asked;
      const said = [...words, ...(end === null ? [] : [end])].map(({ says }) => says);
      throw new Error(
        `Seed ${seed}, path ${counterexamplePath}: ${said.join(' ')}, unique ${JSON.stringify(uniques)}, ` +
          `upsert ${upsert}, ${JSON.stringify(others)}: ${String(errorInstance)}`,
      );
    },
  });
  expect([...seen.keys()].some((rounds) => rounds >= 3)).toBe(true);
  expect(Object.values(ways).every((records) => records > 0)).toBe(true);
});

test('a round brings only what its own steps join with', () => {
  const made = defined({
    words: [],
    last: {
      says: '',
      add: (rows, _, folder) =>
        rows
          .join(shops(folder), (o: Chain) => ({ on: { name: o.shop }, take: { city: 'city' } }))
          .latest((o: Chain) => ({ per: [o.city] }))
          .latest((o: Chain) => ({ per: [o.id] })),
    },
    uniques: [],
    upsert: null,
  })('/');
  const wordsIn = (rounds: number[], round: number): string[] =>
    workOf(made, { run: 'r', rounds } as unknown as Manifest, { round, n: 0 }).steps.map((step) => step.word);
  expect([0, 1, 2].map((round) => wordsIn([2, 2, 2], round))).toEqual([['join'], ['latest'], ['latest']]);
  expect(wordsIn([], 0)).toEqual(['join', 'latest', 'latest']);
});
