/** The word `map` on a real engine: what its function sees and gives, and what becomes of rows on which it fails. */

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { int } from '../../../core/derived.ts';
import { DefinitionError } from '../../../core/errors.ts';
import { csv } from '../../../core/formats/csv.ts';
import { reference } from '../../../core/reference.ts';
import { ReceivedRows, type Shape } from '../../../core/rows.ts';
import { sql } from '../../../core/sql.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { places, stepped } from '../../support/transform.ts';

const shape = {
  id: z.int(),
  name: z.string().nullable(),
  note: z.string().optional(),
  big: z.bigint(),
  price: decimal(8, 2),
  size: z.number(),
  ok: z.boolean(),
  day: z.iso.date(),
  at: z.iso.datetime(),
  tags: z.array(z.string()),
};
const row = {
  id: 1,
  name: 'Ann "A"\n',
  big: 9_223_372_036_854_775_807n,
  price: 12.5,
  size: 0.1,
  ok: true,
  day: '2026-02-28',
  at: '2026-02-28T10:00:00.123Z',
  tags: ['ä', ''],
};

/** A function over one column, whatever it gives. */
const giving = (adds: Shape, give: (id: number) => unknown, ids: readonly number[] = [1, 2]) =>
  stepped(
    shape,
    ids.map((id) => ({ ...row, id })),
    (r) =>
      r.map(
        (o) => ({ reads: [o.id], adds }),
        ({ id }) => give(id) as never,
      ),
  );

test('the function sees values as zod does, and they come back as they were', async () => {
  const seen: unknown[] = [];
  const { name: _name, note: _note, ...rest } = shape;
  const adds = { ...rest, name: z.string().nullable() };
  const found = await stepped(shape, [row, { ...row, name: null }], (r) =>
    r.map(
      (o) => ({ reads: [o.id, o.name, o.note, o.big, o.price, o.size, o.ok, o.day, o.at, o.tags], adds }),
      (values) => {
        seen.push(values);
        return values;
      },
    ),
  );
  expect(seen).toEqual([
    { ...row, note: undefined },
    { ...row, name: null, note: undefined },
  ]);
  expect(places(found)).toEqual(['accepted', 'accepted']);
  const unchanged = await stepped(shape, [row], (r) => r.where(() => sql`TRUE`));
  expect(found.rows[0]!.values).toEqual(unchanged.rows[0]!.values);
});

test('minus zero is seen and kept with its sign, alone and inside of a list; a whole number has none', async () => {
  const adds = { x: z.number(), list: z.array(z.number()), n: z.int(), d: decimal(4, 1) };
  const seen: unknown[] = [];
  const found = await stepped({ x: z.number(), list: z.array(z.number()) }, [{ x: -0, list: [-0] }], (r) =>
    r.map(
      (o) => ({ reads: [o.x, o.list], adds }),
      (values) => {
        seen.push(values);
        return { ...values, n: -0, d: -0 };
      },
    ),
  );
  expect(seen).toEqual([{ x: -0, list: [-0] }]);
  expect(found.rows[0]!.values).toEqual({ x: -0, list: [-0], n: 0, d: 0 });
});

test('whole numbers of a list that JavaScript would round reject their row', async () => {
  const item = z.object({ n: z.int(), x: z.number(), s: z.string() });
  // As a table that was joined may have them, of which nobody judged the lists.
  const lists = [2 ** 53 - 1, 2 ** 53, -(2 ** 53)].map((n) => ({
    list: [{ n, x: 1e22, s: '9007199254740993' }],
  }));
  lists.push({ list: [{ n: 7, x: 1.5, s: '' }] });
  const { rows } = await stepped({ list: z.array(item) }, lists, (r) =>
    r.map(
      (o) => ({ reads: [o.list], adds: { text: z.string() } }),
      ({ list }) => ({ text: JSON.stringify(list) }),
    ),
  );
  const found = rows.map(({ values, reasons }) => values['text'] ?? reasons[0]!.message);
  const past =
    'expected the function of map(text) to work on this row, it threw: list is past the whole numbers that JavaScript holds';
  expect(found).toEqual([
    '[{"n":9007199254740991,"x":1e+22,"s":"9007199254740993"}]',
    past,
    past,
    '[{"n":7,"x":1.5,"s":""}]',
  ]);
});

describe('a row is rejected alone', () => {
  const odd = (good: unknown, bad: unknown) => (id: number) => ({ made: id % 2 === 0 ? good : bad });

  test.each([
    ['a number for a text', z.string(), 'x', 5, 'invalid_type made'],
    ['a value out of bounds', z.int().max(9), 9, 10, 'too_big made'],
    ['NaN', z.number(), 1, NaN, 'invalid_type made'],
    ['too many decimals', decimal(4, 1), 0.5, 0.55, 'custom made'],
    ['half a surrogate pair', z.string(), '💥', '\ud83d', 'encoding made'],
    ['the same inside a list', z.array(z.string()), ['💥'], ['\ud83d'], 'encoding made'],
    ['nothing', z.string(), '', undefined, 'invalid_type made'],
    ['a day that no calendar has', z.iso.date(), '2024-02-29', '2023-02-29', 'invalid_format made'],
    ['a year that no table has', z.iso.date(), '0001-01-01', '0000-01-01', 'decode made'],
    [
      'more digits than a microsecond has',
      z.iso.datetime(),
      '2026-01-01T00:00:00.123456Z',
      '2026-01-01T00:00:00.1234567Z',
      'decode made',
    ],
    ['a promise', z.string(), 'x', Promise.resolve('x'), 'invalid_type made'],
  ])('%s', async (_, type, good, bad, place) => {
    const found = await giving({ made: type }, odd(good, bad));
    expect(places(found)).toEqual([place, 'accepted']);
  });

  test('a null where the column may hold one, a tiny decimal, a default', async () => {
    const adds = {
      a: z.string().nullable(),
      b: decimal(12, 9),
      c: z.string().default('none'),
      d: z.int().optional(),
    };
    const found = await giving(adds, () => ({ a: null, b: 1e-9 }), [1]);
    expect(found.rows[0]).toMatchObject({ place: 'accepted', values: { a: null, c: 'none', d: null } });
    expect(Number(found.rows[0]!.values['b'])).toBe(1e-9);
  });

  test.each([
    [null, 'expected an object, found null'],
    [undefined, 'expected an object, found nothing'],
    ['text', 'expected an object, found a text'],
  ])('%j in the place of a row', async (value, message) => {
    const found = await giving({ x: z.string().optional() }, () => value, [1]);
    expect(found.rows[0]!.reasons).toEqual([{ column: null, code: 'invalid_type', message, value: null }]);
  });

  test('a whole number of a table that JavaScript does not hold is not seen as another', async () => {
    const big = reference({ uri: '/big.csv', format: csv(), row: z.object({ id: z.int(), n: z.int() }) });
    const records = [{ id: 1, n: 2n ** 53n }, { id: 2, n: 5n }];
    const found = await stepped({ id: z.int() }, [{ id: 1 }, { id: 2 }], (r) =>
      r
        .join(big, (o) => ({ on: { id: o.id }, take: { n: 'n' } }))
        .map((o) => ({ reads: [o.n], adds: { x: z.int() } }), ({ n }) => ({ x: n }))
        .derive(() => ({ n: int(sql`0`) })),
      { relations: { ref_0: { shape: { id: z.int(), n: z.bigint() }, records } } },
    );
    expect(found.rows[0]!.reasons.map(({ message }) => message)).toEqual([
      'expected the function of map(x) to work on this row, it threw: n is past the whole numbers that JavaScript holds',
    ]);
    expect(found.rows[1]).toMatchObject({ place: 'accepted', values: { x: 5 } });
  }); // prettier-ignore

  test('whatever is thrown rejects its row alone', async () => {
    const thrown = [
      null,
      Symbol('s'),
      Object.create(null),
      {
        toString: () => {
          throw new Error('no text');
        },
      },
      Object.assign(new Error(), { message: { toString: 1 } }),
    ];
    const found = await giving(
      { x: z.string() },
      (id) => {
        if (id < thrown.length) throw thrown[id];
        return { x: 'fine' };
      },
      [0, 1, 2, 3, 4, 5],
    );
    expect(places(found)).toEqual([...thrown.map(() => 'expression null'), 'accepted']);
    const said = found.rows.slice(0, 3).map(({ reasons }) => reasons[0]!.message.split(', it threw: ')[1]);
    expect(said).toEqual(['null', 'Symbol(s)', 'something that has no text']);
  });

  test('a promise is no row, though all columns may be missing, and one that fails ends nothing', async () => {
    const failed: unknown[] = [];
    const note = (error: unknown) => failed.push(error);
    process.on('unhandledRejection', note);
    try {
      const found = await giving(
        { x: z.string().optional() },
        (id) => {
          const late = Promise.reject(new Error('late'));
          return id === 1 ? late : id === 2 ? { x: late } : { x: 'fine' };
        },
        [1, 2],
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(found.rows.map(({ reasons }) => reasons[0]!.message)).toEqual([
        'expected the function of map(x) to be synchronous, it gave a promise',
        'expected a text, found a promise (which a scan cannot wait for)',
      ]);
      expect(failed).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  test.each([
    ['not a number', z.number(), Number.NaN, 'expected a number, found NaN'],
    ['an infinite number', z.number(), -Infinity, 'expected a number, found -Infinity'],
    ['a Date', z.iso.datetime(), new Date(0), 'expected a text, found a Date (give its toISOString())'],
    ['a bigint', z.number(), 1n, 'expected a number, found a bigint'],
    [
      'more decimals',
      decimal(6, 2),
      0.001,
      'expected a number of at most 4 digits before the point and 2 after it, found another number',
    ],
  ])('the reason says what it gave: %s', async (_, type, value, message) => {
    const found = await giving({ x: type }, () => ({ x: value }), [1]);
    expect(found.rows[0]!.reasons.map((reason) => reason.message)).toEqual([message]);
  });

  test('what it throws is the reason, without its words where it saw something personal', async () => {
    const personal = { ...shape, name: z.string().meta({ pii: true }) };
    const complain = ({ name }: { name: string | null }): never => {
      throw new TypeError(`what is ${name}?`);
    };
    const run = (of: typeof shape | typeof personal) =>
      stepped(of as typeof shape, [{ ...row, name: 'Ann' }], (r) =>
        r.map((o) => ({ reads: [o.name], adds: { x: z.int() } }), complain),
      );
    const open = await run(shape);
    expect(open.rows[0]).toMatchObject({
      place: 'expression null',
      reasons: [{ message: 'expected the function of map(x) to work on this row, it threw: what is Ann?' }],
    });
    const hidden = await run(personal);
    expect(hidden.rows[0]!.reasons).toEqual([
      {
        column: null,
        code: 'expression',
        message: 'expected the function of map(x) to work on this row, it threw TypeError',
        value: null,
      },
    ]);
  });

  test('the function is not asked of a row that is out already', async () => {
    const asked: number[] = [];
    const found = await stepped(shape, [row, { ...row, id: 2 }], (r) =>
      r
        .where((o) => sql`${o.id} = 2`)
        .map(
          (o) => ({ reads: [o.id], adds: { x: z.int() } }),
          ({ id }) => ({ x: asked.push(id) }),
        ),
    );
    expect(places(found)).toEqual(['filtered', 'accepted']);
    expect(asked).toEqual([2]);
  });
});

test('what is made of something personal is personal, unless the definition says otherwise', async () => {
  const personal = { id: z.int(), name: z.string().meta({ pii: true }) };
  const found = await stepped(personal, [], (r) =>
    r
      .map(
        (o) => ({ reads: [o.name], adds: { a: z.string() } }),
        ({ name }) => ({ a: name }),
      )
      .map(
        (o) => ({ reads: [o.id], adds: { b: z.int() } }),
        ({ id }) => ({ b: id }),
      )
      .map(
        (o) => ({ reads: [o.name], adds: { c: z.int() }, personal: false }),
        ({ name }) => ({ c: name.length }),
      ),
  );
  expect(found.columns.filter(({ pii }) => pii).map(({ name }) => name)).toEqual(['name', 'a']);
});

test.each([
  [
    'an async function',
    () =>
      new ReceivedRows(shape).map(() => ({ reads: [], adds: { x: z.int() } }), (async () => ({
        x: 1,
      })) as never),
    /make it synchronous/,
  ],
  [
    'a generator',
    () =>
      new ReceivedRows(shape).map(() => ({ reads: [], adds: { x: z.int().optional() } }), function* () {
        yield 1;
      } as never),
    /plain function/,
  ],
  [
    'no function',
    () => new ReceivedRows(shape).map(() => ({ reads: [], adds: { x: z.int() } }), undefined as never),
    /plain function/,
  ],
  [
    'nothing to add',
    () =>
      new ReceivedRows(shape).map(
        () => ({ reads: [], adds: {} }),
        () => ({}),
      ),
    /map\(\) needs at least one column to make/,
  ],
  [
    'a column that is not there',
    () =>
      new ReceivedRows(shape).map(
        () => ({ reads: [{ column: 'lost' as never }], adds: { x: z.int() } }),
        () => ({ x: 1 }),
      ),
    /"lost", which is not a column there/,
  ],
  [
    'a decimal of many digits',
    () =>
      new ReceivedRows({ d: decimal(30, 2) }).map(
        (o) => ({ reads: [o.d], adds: { x: z.int() } }),
        () => ({ x: 1 }),
      ),
    /more digits than JavaScript holds/,
  ],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(DefinitionError);
  expect(make).toThrow(message);
});
