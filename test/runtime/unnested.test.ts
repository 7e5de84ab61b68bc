/** The books, rows and reasons of records of which `unnest` makes several rows, against a model in plain TypeScript. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Empty } from '../../core/transforms/unnest.ts';
import { check, int, sql, type Pipeline } from '../../core/vocabulary.ts';
import { lines } from '../support/lines.ts';
import { openSandbox } from '../support/sandbox.ts';
import { take, unnesting, type Item } from '../support/unnested.ts';

const seed = Number(process.env['SLUICE_SEED'] ?? 20261121);

interface Order {
  readonly id: number;
  /** Of `bad` no list can be made. */
  readonly items?: readonly Item[] | null | 'bad';
}

interface Asking {
  readonly empty: Empty;
  readonly setwise: boolean;
}

const judged = ({ empty, setwise }: Asking): Pipeline =>
  unnesting({
    transform: (rows) => {
      const kept = rows.where((o) => sql`${o.id} > 0`);
      const met = setwise ? kept.latest((o) => ({ per: [o.id] })) : kept;
      return met
        .unnest('items', { take, position: 'line', empty })
        .where((o) => sql`CASE WHEN ${o.qty} = 40 THEN ${o.sku}::INTEGER > 0 ELSE ${o.qty} > 1 END`)
        .derive((o) => ({ share: int(sql`100 // (${o.qty} - 13)`) }));
    },
    checks: (o) => [
      check.between(o.qty, { max: 50 }),
      check.between(o.qty, { min: 4, severity: 'warn' }),
      check.rowCount({ min: 0 }),
    ],
  });

/** The same in plain TypeScript: what becomes of each record and its rows. */
function model(orders: readonly Order[], { empty, setwise }: Asking) {
  const books = { loaded: 0, quarantined: 0, filtered: 0, deduplicated: 0 };
  const rows: unknown[] = [];
  const rejects: unknown[] = [];
  let [made, leftOut, small] = [0, 0, 0];
  const isLive = ({ id, items }: Order): boolean => items !== 'bad' && id > 0;
  for (const [n, order] of orders.entries()) {
    const { id, items } = order;
    const reject = (reasons: readonly (readonly unknown[])[]): void => {
      books.quarantined++;
      rejects.push([n + 1, [...new Map(reasons.map((one) => [JSON.stringify(one), one])).values()]]);
    };
    if (items === 'bad') reject([['items', 'invalid_type']]);
    else if (!isLive(order)) books.filtered++;
    else if (setwise && orders.slice(n + 1).some((one) => isLive(one) && one.id === id)) books.deduplicated++;
    else if ((items ?? []).length === 0 && empty === 'filter') books.filtered++;
    else if ((items ?? []).length === 0 && empty === 'reject') reject([['items', 'too_small']]);
    else {
      const elements = (items ?? []).length === 0 ? [{ sku: null, qty: null }] : items!;
      const fates = elements.map(({ qty }) => {
        if (qty === 40) return [[null, 'expression', null]];
        if (qty === null || qty <= 1) return 'left out';
        if (qty === 13) return [['share', 'expression', null]];
        return qty > 50 ? [['qty', 'check.between', String(qty)]] : 'kept';
      });
      const faults = fates.flatMap((fate) => (typeof fate === 'string' ? [] : fate));
      if (faults.length > 0) reject(faults);
      else if (!fates.includes('kept')) books.filtered++;
      else {
        books.loaded++;
        made += elements.length;
        for (const [i, { sku, qty }] of elements.entries()) {
          if (fates[i] === 'left out') leftOut++;
          else {
            if (qty! < 4) small++;
            rows.push({ id, sku, qty, line: i + 1, share: Math.trunc(100 / (qty! - 13)), _record: n + 1 });
          }
        }
      }
    }
  }
  const told = {
    records: { read: orders.length, ...books, held: 0 },
    inserted: rows.length,
    warnings:
      leftOut === 0 ? [] : [`${leftOut} of ${made} elements of accepted records were left out by where().`],
    small,
    rows,
    rejects,
  };
  return { told, leftOut };
}

const item = fc.record({
  sku: fc.constantFrom('a', 'b', ''),
  qty: fc.oneof(fc.integer({ min: -2, max: 60 }), fc.constantFrom(null, 13, 13, 40, 60, 60, 70)),
});

const fine = fc.record({ sku: fc.constantFrom('a', 'b'), qty: fc.integer({ min: 0, max: 12 }) });

const order = fc.record(
  {
    id: fc.integer({ min: 0, max: 20 }),
    items: fc.oneof(
      { weight: 6, arbitrary: fc.array(fine, { maxLength: 6 }) },
      { weight: 3, arbitrary: fc.array(item, { maxLength: 5 }) },
      { weight: 1, arbitrary: fc.constantFrom(null, 'bad' as const) },
    ),
  },
  { requiredKeys: ['id'] },
);

async function outcome(orders: readonly Order[], asking: Asking, limits: object) {
  const box = await openSandbox(limits);
  try {
    const content = lines(
      orders.map(({ items, ...rest }) => ({
        ...rest,
        items: items === 'bad' ? [{ sku: 1, qty: 2 }] : items,
      })),
    );
    const { records, rows, warnings, checks, error } = await box.run(judged(asking), 'a.jsonl', content);
    if (error !== undefined) throw new Error(`${error.name}: ${error.message}`);
    const [, small] = checks;
    const rejects = await box.quarantine();
    return {
      records,
      inserted: rows.inserted,
      warnings: warnings.filter((warning) => !warning.startsWith('Check ')),
      small: Number(/^\d+/.exec(small!.message)![0]),
      rows:
        (await box.table('orders', '_record, line'))?.map(({ day: _day, who: _who, ...one }) => one) ?? [],
      rejects: rejects.map(({ record, reasons }) => [
        record,
        reasons.map(({ column: of, code, value }) => (of === 'items' ? [of, code] : [of, code, value])),
      ]),
    };
  } finally {
    await box.close();
  }
}

test.each<[string, Order]>([
  ['no list', { id: 1 }],
  ['null', { id: 1, items: null }],
  ['an empty one', { id: 1, items: [] }],
  ['one that is none', { id: 1, items: 'bad' }],
  ['elements of which none is left', { id: 1, items: [{ sku: 'a', qty: 1 }] }],
  ['a record that was left out before', { id: 0 }],
])('a run of one record alone: %s', async (_what, one) => {
  for (const empty of ['filter', 'reject', 'keep'] as const) {
    const asking = { empty, setwise: false };
    expect(await outcome([one], asking, {})).toEqual(model([one], asking).told);
  }
});

test.each([false, true])(
  'books, rows and reasons are those of the model, in one piece and in many (after a set-wise word: %s)',
  async (setwise) => {
    const seen = { left: 0, rejected: 0, filtered: 0, rows: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(order, { minLength: 15, maxLength: 50 }),
        fc.constantFrom<Empty>('filter', 'reject', 'keep'),
        fc.integer({ min: 300, max: 1500 }),
        fc.integer({ min: 400, max: 2000 }),
        async (orders, empty, chunkBytes, bucketBytes) => {
          const { told: expected, leftOut } = model(orders, { empty, setwise });
          expect(await outcome(orders, { empty, setwise }, {})).toEqual(expected);
          const cut = setwise ? { chunkBytes, bucketBytes } : { chunkBytes };
          expect(await outcome(orders, { empty, setwise }, cut)).toEqual(expected);
          seen.left += leftOut;
          seen.rejected += expected.records.quarantined;
          seen.filtered += expected.records.filtered;
          seen.rows += expected.rows.length;
        },
      ),
      { numRuns: 4, seed },
    );
    expect(Object.entries(seen).filter(([, times]) => times === 0)).toEqual([]);
  },
);
