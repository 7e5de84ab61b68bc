/** Words that look at one row alone, on a real engine: what they leave, of which type, and whom they reject. */

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { int, text } from '../../../core/derived.ts';
import { DefinitionError, UsageError } from '../../../core/errors.ts';
import { ReceivedRows, type Rows, type Shape } from '../../../core/rows.ts';
import { sql } from '../../../core/sql.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { column, places, stepped } from '../../support/transform.ts';

const shape = {
  id: z.int(),
  name: z.string().describe('As written').nullable(),
  email: z.email().meta({ pii: true }),
  day: z.iso.date().nullable(),
  price: decimal(8, 2).nullable(),
  kind: z.enum(['a', 'b']).nullable(),
};
type In = typeof shape;
const row = { id: 1, name: 'Ann', email: 'ann@example.com', day: '2026-01-02', price: 1.5, kind: 'a' };
const rows = (...changes: readonly object[]) => changes.map((change) => ({ ...row, ...change }));
const use = <Out extends Shape>(records: readonly object[], transform: (r: ReceivedRows<In>) => Rows<Out>) =>
  stepped(shape, rows(...records), transform);
/** A word with arguments that TypeScript would refuse. */
const wrong = (word: string, ...args: unknown[]) => {
  const received = new ReceivedRows(shape) as unknown as Record<string, (...given: unknown[]) => Rows<In>>;
  return stepped(shape, [], () => received[word]!(...args));
};

describe('rename', () => {
  test('names change places; types, descriptions and personal marks go along', async () => {
    const found = await use([{}], (r) =>
      r.rename({ name: 'email', email: 'name' }).derive((o) => ({ copy: text(sql`upper(${o.name})`) })),
    );
    expect(found.rows[0]!.values).toMatchObject({
      email: 'Ann',
      name: 'ann@example.com',
      copy: 'ANN@EXAMPLE.COM',
    });
    expect(found.columns.filter(({ pii }) => pii).map(({ name }) => name)).toEqual(['name', 'copy']);
    expect(found.columns.find(({ name }) => name === 'email')).toMatchObject({
      description: 'As written',
      nullable: true,
    });
  });

  test.each([
    [{ name: 'id' }, /two columns would be named id/],
    [{ name: 'ID' }, /differ in case only/],
    [{ name: '_reasons' }, /cannot name a column/],
    [{ lost: 'found' }, /"lost", which is not a column there/],
  ])('%j is refused', async (names, message) => {
    await expect(async () => wrong('rename', names)).rejects.toThrow(DefinitionError);
    await expect(async () => wrong('rename', names)).rejects.toThrow(message);
  });
});

test.each([
  ['derive', () => ({ ID: int(sql`1`) }), /id and ID differ in case only/],
  ['derive', () => ({ _reasons: text(sql`'x'`) }), /"_reasons" cannot name a column/],
  [
    'lookup',
    (o: { name: object }) => ({ Name: { of: o.name, in: { a: 'b' } } }),
    /name and Name differ in case only/,
  ],
])(
  '%s: names that a table cannot tell apart or have are refused, also between two steps',
  async (word, make, message) => {
    await expect(async () => wrong(word, make)).rejects.toThrow(message);
  },
);

describe('clean', () => {
  test.each([
    [{ trim: true }, '\u00a0 Ann\tB \ufeff', 'Ann\tB'],
    [{ collapse: true }, 'Ann \u2003\t\n B', 'Ann B'],
    [{ collapse: true, trim: true }, '\t Ann\u3000\u3000B  ', 'Ann B'],
    [{ case: 'lower' }, 'ÄNN', 'änn'],
    [{ case: 'upper' }, 'änn', 'ÄNN'],
    [{ compose: true }, 'A\u0308', '\u00c4'],
    [{ trim: true, case: 'lower', nulls: ['', 'n/a'] }, ' N/A ', null],
    [{ trim: true, nulls: [''] }, '  ', null],
    [{ nulls: [''] }, ' ', ' '],
    [{}, ' as it is ', ' as it is '],
  ] as const)('%j makes of %j %j', async (cleaning, given, wanted) => {
    const found = await use([{ name: given }, { name: null }], (r) => r.clean({ name: cleaning }));
    expect(column(found, 'name')).toEqual([wanted, null]);
  });

  test('a column of which nothing is said stays as it is', async () => {
    const found = await use([{ name: ' A ' }], (r) =>
      r.clean({ name: undefined, email: { case: 'upper' } } as never),
    );
    expect(column(found, 'name')).toEqual([' A ']);
    expect(column(found, 'email')).toEqual(['ANN@EXAMPLE.COM']);
  });

  test('a column that held no nulls may hold them after `nulls`, and stays personal', async () => {
    const found = await use([{ email: 'A@EXAMPLE.COM' }], (r) =>
      r.clean({ email: { case: 'lower', nulls: ['nobody@example.com'] } }),
    );
    expect(column(found, 'email')).toEqual(['a@example.com']);
    expect(found.columns.find(({ name }) => name === 'email')).toMatchObject({ nullable: true, pii: true });
  });

  test.each([
    [{ kind: { case: 'upper' } }, /kind does not hold any text/],
    [{ day: { trim: true } }, /day does not hold any text/],
    [{ id: { trim: true } }, /id does not hold any text/],
    [{ name: { trimm: true } }, /Unrecognized key: "trimm"/],
    [{ lost: { trim: true } }, /"lost", which is not a column there/],
  ])('%j is refused', async (columns, message) => {
    await expect(async () => wrong('clean', columns)).rejects.toThrow(message);
  });
});

describe('lookup', () => {
  const names = { a: 'Apple', "b'": 'Quote', __proto__x: 'Odd' };

  test('a key that is found gives its value; another rejects the row, or keeps it without a value', async () => {
    const found = await use([{ name: 'a' }, { name: "b'" }, { name: 'z' }, { name: null }], (r) =>
      r.lookup((o) => ({
        strict: { of: o.name, in: names },
        loose: { of: o.name, in: { a: 1.5, z: -2 }, onMiss: 'keep' },
      })),
    );
    expect(places(found)).toEqual(['accepted', 'accepted', 'key name', 'key name']);
    expect(found.rows[2]!.reasons).toEqual([
      {
        column: 'name',
        code: 'key',
        message: 'expected a value that is in the list, found another',
        value: 'z',
      },
    ]);
    expect(column(found, 'strict')).toEqual(['Apple', 'Quote']);
    expect(column(found, 'loose')).toEqual([1.5, null]);
    expect(found.columns.filter(({ name }) => name === 'strict' || name === 'loose')).toMatchObject([
      { nullable: false, sql: 'VARCHAR' },
      { nullable: true, sql: 'DOUBLE' },
    ]);
  });

  test('whole numbers and dates are looked up as they are written; what comes of a personal key is personal', async () => {
    const found = await use([{ id: 7 }], (r) =>
      r.lookup((o) => ({
        seven: { of: o.id, in: { '7': true } },
        holiday: { of: o.day, in: { '2026-01-02': 'Friday' } },
        who: { of: o.email, in: { 'ann@example.com': 'Ann' } },
        name: { of: o.name, in: { Ann: 'replaced' } },
      })),
    );
    expect(found.rows[0]!.values).toMatchObject({
      seven: true,
      holiday: 'Friday',
      who: 'Ann',
      name: 'replaced',
    });
    expect(found.columns.filter(({ pii }) => pii).map(({ name }) => name)).toEqual(['email', 'who']);
  });

  test('a row that was rejected before keeps its own reasons', async () => {
    const found = await use([{ name: 'z' }], (r) =>
      r
        .derive((o) => ({ n: int(sql`${o.name}::BIGINT`) }))
        .lookup((o) => ({ strict: { of: o.name, in: names } })),
    );
    expect(places(found)).toEqual(['expression n']);
  });

  test.each([
    [{ of: { column: 'price' }, in: { '1.50': 'x' } }, /derive a text of it/],
    [{ of: { column: 'lost' }, in: { a: 'x' } }, /"lost", which is not a column there/],
    [{ of: { column: 'name' }, in: {} }, /all texts, all numbers or all booleans/],
    [{ of: { column: 'name' }, in: { a: 1, b: 'x' } }, /all texts, all numbers or all booleans/],
    [
      { of: { column: 'name' }, in: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, i])) },
      /1001 values, 1000 are the most/,
    ],
    [{ of: { column: 'name' }, in: { a: 'b' }, onMiss: 'kep' }, /onMiss is "kep"; write "reject" or "keep"/],
  ])('%# is refused', async (one, message) => {
    await expect(async () => wrong('lookup', () => ({ made: one }))).rejects.toThrow(message);
  });
});

describe('impute by a constant', () => {
  test('only where there is no value; the column then always has one', async () => {
    const found = await use([{ name: null, day: null, price: null, kind: null }, {}], (r) =>
      r.impute(() => ({ name: "O'Brien", day: '2000-01-01', price: 0.5, kind: 'b' })),
    );
    expect(found.rows.map(({ values }) => [values['name'], String(values['price']), values['kind']])).toEqual(
      [
        ["O'Brien", '0.5', 'b'],
        ['Ann', '1.5', 'a'],
      ],
    );
    expect(found.columns.filter(({ nullable }) => nullable)).toEqual([]);
    expect(found.columns.find(({ name }) => name === 'price')!.sql).toBe('DECIMAL(8,2)');
  });

  test.each([
    [{ id: 1 }, /id always has a value/],
    [{ price: 0.125 }, /does not pass the column's schema/],
    [{ kind: 'c' }, /does not pass the column's schema/],
    [{ day: 'yesterday' }, /does not pass the column's schema/],
    [{ lost: 1 }, /"lost", which is not a column there/],
  ])('%j is refused', async (columns, message) => {
    await expect(async () => wrong('impute', () => columns)).rejects.toThrow(message);
  });
});

describe('mask', () => {
  const KEY = 'a key for tests, long enough';
  const hmac = (value: string) => createHmac('sha256', KEY).update(value).digest('hex');

  test('by hmac equal values are equal, and no longer personal; null stays null', async () => {
    const found = await use([{}, {}, { email: 'bob@example.com', name: null }], (r) =>
      r.mask({
        email: { by: 'hmac', secret: 'TEST_KEY' },
        name: { by: 'hmac', secret: 'TEST_KEY' },
        id: { by: 'hmac', secret: 'OTHER_KEY' },
      }),
    );
    expect(column(found, 'email')).toEqual([hmac(row.email), hmac(row.email), hmac('bob@example.com')]);
    expect(column(found, 'name')).toEqual([hmac('Ann'), hmac('Ann'), null]);
    expect(column(found, 'id')[0]).toBe(hmac('1'));
    expect(found.columns.filter(({ pii }) => pii)).toEqual([]);
    expect(found.layer.sql).not.toContain(KEY);
  });

  test.each([
    [{ by: 'redact' }, 'anything', '(redacted)', false],
    [{ by: 'partial', last: 4 }, 'DE12 3456 7890', '***7890', true],
    [{ by: 'partial', first: 1, last: 1 }, 'Grüße', 'G***e', true],
    [{ by: 'partial', first: 1, last: 1 }, 'four', 'f***r', true],
    [{ by: 'partial', first: 1, last: 1 }, 'you', '***', true],
    [{ by: 'partial', first: 2, last: 2 }, 'short', '***', true],
    [{ by: 'partial' }, 'x', '***', true],
  ] as const)('%j makes of %j %j; personal: %j', async (masking, given, wanted, personal) => {
    const found = await use([{ email: given }], (r) => r.mask({ email: masking }));
    expect(column(found, 'email')).toEqual([wanted]);
    expect(found.columns.some(({ pii }) => pii)).toBe(personal);
  });

  test('a column of which nothing is said stays as it is', async () => {
    const found = await use([{}], (r) => r.mask({ name: undefined, email: { by: 'redact' } } as never));
    expect(column(found, 'name')).toEqual(['Ann']);
    expect(column(found, 'email')).toEqual(['(redacted)']);
  });

  test('a secret that is missing or short stops it by name, and says nothing of its value', async () => {
    const masked = (secret: () => Promise<string>) =>
      stepped(shape, rows({}), (r) => r.mask({ email: { by: 'hmac', secret: 'TEST_KEY' } }), { secret });
    const failed = await masked(async () => 'guess me').catch((error: unknown) => error as Error);
    expect(failed).toBeInstanceOf(UsageError);
    expect((failed as Error).message).toMatch(/TEST_KEY has fewer than 16 characters/);
    expect((failed as Error).message).not.toContain('guess me');
  });

  test.each([
    [{ price: { by: 'hmac', secret: 'KEY' } }, /derive a text of it, or mask it by redact/],
    [{ email: { by: 'hash' } }, /Invalid/],
    [{ email: { by: 'hmac', secret: 'the key itself!' } }, /letters, digits and underscores/],
    [{ email: { by: 'partial', last: -1 } }, /Too small/],
    [{ lost: { by: 'redact' } }, /"lost", which is not a column there/],
  ])('%j is refused', async (columns, message) => {
    await expect(async () => wrong('mask', columns)).rejects.toThrow(message);
  });
});
