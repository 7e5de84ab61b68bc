/** Words that look at all rows of a run, on a real engine, each against a plain model over random rows. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { column as typed, int, number, text } from '../../../core/derived.ts';
import { DefinitionError } from '../../../core/errors.ts';
import { ReceivedRows, type Rows, type Shape } from '../../../core/rows.ts';
import { sql } from '../../../core/sql.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { column, places, stepped } from '../../support/transform.ts';

const shape = {
  user: z.string().nullable(),
  at: z.iso.datetime().nullable(),
  n: z.int().nullable(),
};
type In = typeof shape;
type Row = Readonly<{ user: string | null; at: string | null; n: number | null }>;
const use = <Out extends Shape>(rows: readonly Row[], transform: (r: ReceivedRows<In>) => Rows<Out>) =>
  stepped(shape, rows, transform);
const minute = (m: number): string => new Date(Date.UTC(2026, 0, 1, 0, m)).toISOString().replace('.000', '');
const r = (user: string | null, m: number | null, n: number | null): Row => ({
  user,
  at: m === null ? null : minute(m),
  n,
});

/** Few different values, so that keys, times and numbers meet; some rows that an earlier step filters. */
const someRows = fc.array(
  fc
    .tuple(
      fc.option(fc.constantFrom('a', 'b'), { freq: 6 }),
      fc.option(fc.integer({ min: 0, max: 90 }), { freq: 6 }),
      fc.option(fc.integer({ min: 0, max: 3 }), { freq: 3 }),
    )
    .map(([user, m, n]) => r(user, m, n)),
  { maxLength: 14 },
);
const holds = (property: (rows: readonly Row[]) => Promise<void>) =>
  fc.assert(fc.asyncProperty(someRows, property), { numRuns: 25, seed: 20_261_121 });

type Place = Row & { place: string };
/** Nulls last. */
const byTime = (a: Row, b: Row): number => timeOf(a) - timeOf(b);
const timeOf = ({ at }: Row): number => (at === null ? Number.MAX_SAFE_INTEGER : Date.parse(at));
/** Rows with n = 3 are filtered before the word, those with a null in a key column rejected by it. */
const before = (rows: readonly Row[], keys: readonly (keyof Row)[]): Place[] =>
  rows.map((row) => ({
    ...row,
    place:
      row.n === 3
        ? 'filtered'
        : keys.some((key) => row[key] === null)
          ? `key ${keys.join(', ')}`
          : 'accepted',
  }));
const filtered = (rows: ReceivedRows<In>) => rows.where((o) => sql`${o.n} IS DISTINCT FROM 3`);

describe('dedupe', () => {
  test.each(['first', 'last'] as const)(
    'keeps the %s of each key; what differs from it is marked',
    async (keep) => {
      await holds(async (rows) => {
        const model = before(rows, ['user']);
        const live = model.filter(({ place }) => place === 'accepted');
        const kept = new Map<string, Row>();
        for (const row of keep === 'last' ? live : live.toReversed()) kept.set(row.user!, row);
        const differs = live.map((row) => {
          const own = kept.get(row.user!)!;
          if (own !== row) row.place = 'deduplicated';
          return own.at !== row.at || own.n !== row.n;
        });
        const found = await use(rows, (all) => filtered(all).dedupe((o) => ({ per: [o.user], keep })));
        expect(places(found)).toEqual(model.map(({ place }) => place));
        expect(found.rows.filter(({ marks }) => marks.length > 0)).toHaveLength(
          differs.filter(Boolean).length,
        );
      });
    },
  );

  test('what it says of conflicts', () => {
    const { steps } = new ReceivedRows(shape).dedupe((o) => ({ per: [o.user, o.at], keep: 'first' }));
    const [notice] = steps[0]!.notices!;
    expect([notice!.says(1), notice!.says(2)]).toEqual([
      'dedupe() per user, at left out all rows of a key but the first; 1 of them differs from it in other columns.',
      'dedupe() per user, at left out all rows of a key but the first; 2 of them differ from it in other columns.',
    ]);
  });

  test('without other columns nothing can differ', async () => {
    const found = await use([r('a', 1, 1), r('a', 1, 1)], (all) =>
      all.dedupe((o) => ({ per: [o.user, o.at, o.n], keep: 'first' })),
    );
    expect(places(found)).toEqual(['accepted', 'deduplicated']);
    expect(found.rows.flatMap(({ marks }) => marks)).toEqual([]);
  });
});

describe('latest', () => {
  test('without `by` it is the last record', async () => {
    const rows = [r('a', 9, 1), r('b', 1, 1), r('a', 1, 2)];
    const found = await use(rows, (all) => all.latest((o) => ({ per: [o.user] })));
    expect(places(found)).toEqual(['deduplicated', 'accepted', 'accepted']);
  });
});

describe('over', () => {
  test('sums so far, the row before, and ranks, as a model has them', async () => {
    await holds(async (rows) => {
      const model = before(rows, ['user']);
      const wanted = model.map((row) => {
        if (row.place !== 'accepted') return null;
        const group = model
          .map((one, i) => ({ ...one, i }))
          .filter(({ place, user }) => place === 'accepted' && user === row.user)
          .toSorted((a, b) => byTime(a, b) || a.i - b.i);
        const at = group.findIndex(({ i }) => i === model.indexOf(row));
        const upTo = group.slice(0, at + 1).flatMap(({ n }) => n ?? []);
        return {
          total: upTo.length === 0 ? null : upTo.reduce((sum, n) => sum + n, 0),
          previous: group[at - 1]?.n ?? null,
          place: 1 + group.findIndex((one) => one.at === row.at),
          two: group.slice(Math.max(0, at - 1), at + 1).length,
          all: group.length,
        };
      });
      const over = { frame: 'running' } as const;
      const found = await use(rows, (all) =>
        filtered(all)
          .over((o) => ({
            ...over,
            per: [o.user],
            by: o.at,
            columns: {
              total: typed(z.int().nullable(), sql`sum(${o.n})`),
              previous: typed(z.int().nullable(), sql`lag(${o.n})`),
              place: int(sql`rank()`),
            },
          }))
          .over((o) => ({
            per: [o.user],
            by: o.at,
            frame: { before: 1, after: 0 },
            columns: { two: int(sql`count(*)`) },
          }))
          .over((o) => ({ per: [o.user], frame: 'all', columns: { all: int(sql`count(*)`) } })),
      );
      expect(places(found)).toEqual(model.map(({ place }) => place));
      const live = (_: unknown, i: number) => wanted[i] !== null;
      expect(found.rows.filter(live).map(({ values }) => values)).toMatchObject(wanted.filter(live));
    });
  });

  test('a value that does not fit its type rejects the row, and no other', async () => {
    const found = await stepped(
      { price: decimal(4, 2) },
      [{ price: 60 }, { price: -5 }, { price: 60 }, { price: -60 }],
      (all) => all.over((o) => ({ columns: { total: typed(decimal(4, 2), sql`sum(${o.price})`) } })),
    );
    expect(places(found)).toEqual(['accepted', 'accepted', 'expression total', 'accepted']);
  });

  test('personal marks follow the values of a column, not those of its group', async () => {
    const personal = { ...shape, user: z.string().meta({ pii: true }) };
    const found = await stepped(personal, [], (all) =>
      all.over((o) => ({
        per: [o.user],
        by: o.at,
        descending: true,
        columns: { before: typed(z.string().nullable(), sql`lag(${o.user})`), row: int(sql`row_number()`) },
      })),
    );
    expect(found.columns.filter(({ pii }) => pii).map(({ name }) => name)).toEqual(['user', 'before']);
  });

  test('a frame that is none is refused', () => {
    const frame = { before: -1, after: 0 };
    expect(() => new ReceivedRows(shape).over(() => ({ frame, columns: {} }))).toThrow(DefinitionError);
  });
});

describe('sessionize', () => {
  test('a session ends where nothing follows for longer than the gap, as a model has it', async () => {
    await holds(async (rows) => {
      const model = before(rows, ['user', 'at']);
      const live = model.filter(({ place }) => place === 'accepted');
      const sessions = new Map<Row, number>();
      for (const user of ['a', 'b']) {
        const own = live.filter((row) => row.user === user).toSorted(byTime);
        let session = 1;
        for (const [i, row] of own.entries()) {
          if (i > 0 && Date.parse(row.at!) - Date.parse(own[i - 1]!.at!) > 20 * 60_000) session++;
          sessions.set(row, session);
        }
      }
      const found = await use(rows, (all) =>
        filtered(all).sessionize((o) => ({ per: [o.user], by: o.at, gap: '20 minutes', as: 'session' })),
      );
      expect(places(found)).toEqual(model.map(({ place }) => place));
      expect(column(found, 'session')).toEqual(live.map((row) => sessions.get(row)));
    });
  });

  test('a row that follows after just the gap is of the session, one a moment later is not', async () => {
    const [first, ...more] = ['2026-01-01T00:00:00Z', '2026-01-01T00:20:00Z', '2026-01-01T00:40:00.000001Z'];
    const rows = [first!, ...more].map((at) => ({ user: 'a', at, n: null }));
    const found = await use(rows, (all) =>
      all.sessionize((o) => ({ per: [o.user], by: o.at, gap: '20 minutes', as: 'session' })),
    );
    expect(column(found, 'session')).toEqual([1, 1, 2]);
  });

  test('only a time can be sessionized', async () => {
    const wrong = { column: 'n' } as never;
    await expect(async () =>
      use([], (all) => all.sessionize((o) => ({ per: [o.user], by: wrong, gap: '1 hour', as: 's' }))),
    ).rejects.toThrow(/n holds no time/);
  });
});

describe('impute from the record before', () => {
  test('the last value in record order of the same key, as a model has it', async () => {
    await holds(async (rows) => {
      const model = before(rows, ['user']);
      const last = new Map<string, number>();
      const wanted = model
        .filter(({ place }) => place === 'accepted')
        .map(({ user, n }) => {
          if (n !== null) last.set(user!, n);
          return last.get(user!) ?? null;
        });
      const found = await use(rows, (all) =>
        filtered(all).impute((o) => ({ n: { from: 'previous', per: [o.user] } })),
      );
      expect(places(found)).toEqual(model.map(({ place }) => place));
      expect(column(found, 'n')).toEqual(wanted);
    });
  });
});

describe('aggregate', () => {
  test('one row for each key, carried by its first record, as a model has it', async () => {
    await holds(async (rows) => {
      const model = before(rows, ['user']);
      const groups = Map.groupBy(
        model.filter(({ place }) => place === 'accepted'),
        ({ user }) => user!,
      );
      for (const [, [, ...others]] of groups) for (const row of others) row.place = 'deduplicated';
      const found = await use(rows, (all) =>
        filtered(all).aggregate((o) => ({
          per: [o.user],
          columns: { rows: int(sql`count(*)`), sum: typed(z.int().nullable(), sql`sum(${o.n})`) },
        })),
      );
      expect(places(found)).toEqual(model.map(({ place }) => place));
      expect(found.columns.map(({ name }) => name)).toEqual(['user', 'rows', 'sum']);
      const wanted = [...groups].map(([user, own]) => {
        const known = own.flatMap(({ n }) => n ?? []);
        return {
          user,
          rows: own.length,
          sum: known.length === 0 ? null : known.reduce((sum, n) => sum + n, 0),
        };
      });
      expect(found.rows.filter(({ place }) => place === 'accepted').map(({ values }) => values)).toEqual(
        wanted,
      );
    });
  });

  test.each([
    [{ per: [], columns: { n: int(sql`count(*)`) } }, /at least one column in `per`/],
    [{ per: [{ column: 'user' }], columns: {} }, /one column to make; for one row of each key write dedupe/],
    [{ per: [undefined], columns: { n: int(sql`count(*)`) } }, /Column 1 of a list is undefined/],
    [
      { per: [{ column: 'user' }], columns: { user: int(sql`count(*)`) } },
      /user is in `per` and in `columns`/,
    ],
  ])('%# is refused', (wrong, message) => {
    expect(() => new ReceivedRows(shape).aggregate(() => wrong as never)).toThrow(message);
  });
});

test('set-wise words after each other, and row-wise ones after them', async () => {
  const rows = [r('a', 0, 1), r('a', 1, null), r('a', 40, 2), r('b', 0, null), r('a', 40, 2)];
  const found = await use(rows, (all) =>
    all
      .impute((o) => ({ n: { from: 'previous', per: [o.user] } }))
      .sessionize((o) => ({ per: [o.user], by: o.at, gap: '30 minutes', as: 'session' }))
      .dedupe((o) => ({ per: [o.user, o.at], keep: 'first' }))
      .where((o) => sql`${o.n} IS NOT NULL`)
      .derive((o) => ({
        double: number(sql`${o.n} * 2.0::DOUBLE`),
        who: text(sql`${o.user} || ${o.session}`),
      })),
  );
  expect(places(found)).toEqual(['accepted', 'accepted', 'accepted', 'filtered', 'deduplicated']);
  expect(column(found, 'who')).toEqual(['a1', 'a1', 'a2']);
  expect(column(found, 'double')).toEqual([2, 2, 4]);
});
