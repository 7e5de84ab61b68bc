/** Words of a transform on the whole way of a run: the same rows from one chunk and from many, and nothing lost. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { column, decimal, int, sql, text, z } from '../../../core/vocabulary.ts';
import { lines } from '../../support/lines.ts';
import { both, many, sale, selling, shops } from '../../support/sales.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

const KEY = 'SLUICE_TEST_KEY';
let box: Sandbox;
beforeEach(async () => {
  process.env[KEY] = 'a key that only tests have';
  box = await openSandbox();
});
afterEach(async () => {
  delete process.env[KEY];
  await box.close();
});

test('all words after each other give the same rows, rejects and counts from one chunk and from many', async () => {
  const places = await shops(box.folder, both);
  const all = selling('all', (rows) =>
    rows
      .skip((o) => sql`${o.id} = '7'`)
      .rename({ user: 'who', at: 'sold_at' })
      .clean({ who: { trim: true, case: 'lower', nulls: [''] } })
      .where((o) => sql`${o.id} <> 8`)
      .lookup((o) => ({ region: { of: o.shop, in: { north: 'N', south: 'S' } } }))
      .map(
        (o) => ({ reads: [o.id, o.who], adds: { label: z.string() } }),
        ({ id, who }) => {
          if (id === 9) throw new Error('not nine');
          return { label: `${id} ${who}` };
        },
      )
      .mask({ email: { by: 'hmac', secret: KEY } })
      .impute((o) => ({ who: 'nobody', price: { from: 'previous', per: [o.shop] } }))
      .impute(() => ({ price: 0 }))
      .derive((o) => ({ cents: int(sql`(${o.price} * 100)::BIGINT`) }))
      .sessionize((o) => ({ per: [o.email], by: o.sold_at, gap: '1 hour', as: 'session' }))
      .over((o) => ({
        per: [o.email],
        by: o.sold_at,
        columns: { spent: int(sql`sum(${o.cents})`), place: int(sql`row_number()`) },
      }))
      .join(places, (o) => ({ on: { name: o.shop }, take: { city: 'city', since: 'since' } }))
      .dedupe((o) => ({ per: [o.email, o.session], keep: 'first' }))
      .latest((o) => ({ per: [o.email, o.session], by: o.sold_at })),
  );
  const one = await box.run(all, 'a.jsonl', many);
  const rows = await box.table('all', '_record');
  const rejects = await box.quarantine();
  const small = await openSandbox({ chunkBytes: 700 });
  try {
    const cut = await small.run(all, 'a.jsonl', many);
    expect(cut.records).toEqual(one.records);
    expect(await small.table('all', '_record')).toEqual(rows);
    expect((await small.quarantine()).map(({ record, reasons }) => [record, reasons])).toEqual(
      rejects.map(({ record, reasons }) => [record, reasons]),
    );
  } finally {
    await small.close();
  }
  expect(one.records).toMatchObject({ read: 200, quarantined: 1, filtered: 2 });
  expect(one.records.loaded + one.records.deduplicated).toBe(197);
  expect(one.records.deduplicated).toBeGreaterThan(10);
  expect(rejects.map(({ record, reasons }) => [record, reasons[0]!.code])).toEqual([[10, 'expression']]);
  expect(rows![0]).toMatchObject({ label: '0 user 0', region: 'N', city: 'Oslo', session: 1, place: 1 });
  expect(JSON.stringify([rows, one])).not.toContain('@example.com');
});

describe('mask', () => {
  test('a key that is not set stops the run before it begins, by its name', async () => {
    delete process.env[KEY];
    const masked = selling('masked', (rows) => rows.mask({ email: { by: 'hmac', secret: KEY } }));
    await expect(box.run(masked, 'a.jsonl', many)).rejects.toThrow(UsageError);
    await expect(box.run(masked, 'a.jsonl', many)).rejects.toThrow(`variable ${KEY} is not set`);
    expect(await box.table('masked')).toBeNull();
  });
});

test('a reason that names a personal column between two steps hides its value in the report', async () => {
  const between = selling('between', (rows) =>
    rows
      .rename({ email: 'mail' })
      .lookup((o) => ({ who: { of: o.mail, in: { a: 'b' } } }))
      .mask({ mail: { by: 'redact' }, who: { by: 'redact' } }),
  );
  const run = await box.run(between, 'a.jsonl', lines([sale(1)]));
  expect(run.reasons).toMatchObject([
    { column: 'mail', code: 'key', example: { value: '(personal, masked)' } },
  ]);
  expect((await box.quarantine())[0]!.reasons[0]!.value).toBe('user1@example.com');
});

test('aggregate: each record is in a row, and leaves in one way', async () => {
  const sums = selling('sums', (rows) =>
    rows
      .where((o) => sql`${o.id} < 6`)
      .aggregate((o) => ({
        per: [o.shop],
        columns: {
          sales: int(sql`count(*)`),
          prices: column(decimal(38, 2).nullable(), sql`sum(${o.price})`),
          users: text(sql`string_agg(${o.user}, ',')`),
        },
      })),
  );
  const run = await box.run(sums, 'a.jsonl', many);
  expect(run.records).toEqual({
    read: 200,
    loaded: 2,
    quarantined: 0,
    filtered: 194,
    deduplicated: 4,
    held: 0,
  });
  const rows = (await box.table('sums', 'shop'))!;
  expect(rows.map((one) => ({ ...one, prices: Number(one['prices']) }))).toEqual([
    { shop: 'north', sales: 3, prices: 7, users: 'User 0,User 2,User 4', _record: 1 },
    { shop: 'south', sales: 3, prices: 7, users: 'User 1,User 3,User 5', _record: 2 },
  ]);
});

describe('dedupe', () => {
  test('rows of one key that differ are a warning of the run', async () => {
    const once = selling('once', (rows) => rows.dedupe((o) => ({ per: [o.id], keep: 'last' })));
    const run = await box.run(once, 'a.jsonl', lines([sale(1), sale(1), sale(1, { shop: 'east' }), sale(2)]));
    expect(run.records).toMatchObject({ read: 4, loaded: 2, deduplicated: 2 });
    expect(run.warnings).toEqual([
      'dedupe() per id left out all rows of a key but the last; 2 of them differ from it in other columns.',
    ]);
  });
});
