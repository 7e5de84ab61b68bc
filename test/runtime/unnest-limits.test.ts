/** How much one record may become by `unnest`: it is rejected by the limit's name, and its neighbours are as without it. */

import { describe, expect, test } from 'vitest';
import type { Limits } from '../../core/limits.ts';
import { format, z, type Pipeline } from '../../core/vocabulary.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { lines } from '../support/lines.ts';
import { openSandbox } from '../support/sandbox.ts';

const pipeline = (setwise: boolean, empty: 'filter' | 'keep' = 'filter'): Pipeline =>
  pipelineOf({
    name: 'orders',
    row: z.object({ id: z.int(), note: z.string(), also: z.array(z.string()), items: z.array(z.int()) }),
    format: format.jsonl(),
    transform: (rows) =>
      (setwise ? rows.latest((o) => ({ per: [o.id] })) : rows).unnest('items', { as: 'item', empty }),
  });

const order = (id: number, items: number, note = '', also: readonly string[] = []) => ({
  id,
  note,
  also,
  items: Array.from({ length: items }, (_, i) => i),
});

async function outcome(
  limits: Partial<Limits>,
  orders: readonly object[],
  { setwise = false, empty = 'filter' as 'filter' | 'keep' } = {},
) {
  const box = await openSandbox(limits);
  try {
    const { error, records, rows, reasons } = await box.run(
      pipeline(setwise, empty),
      'a.jsonl',
      lines(orders),
    );
    expect(error).toBeUndefined();
    const { loaded, quarantined } = records;
    const told = reasons.map(({ column, code, message, example }) => ({ column, code, message, example }));
    return { loaded, quarantined, inserted: rows.inserted, told };
  } finally {
    await box.close();
  }
}

describe.each([false, true])('after a word that sees all rows: %s', (setwise) => {
  test('a list of more than `elements` rejects its record', async () => {
    const orders = [order(1, 3), order(2, 4), order(3, 1)];
    expect(await outcome({ elements: 3 }, orders, { setwise })).toEqual({
      loaded: 2,
      quarantined: 1,
      inserted: 4,
      told: [
        {
          column: 'items',
          code: 'too_long',
          message:
            'expected a list that makes at most 3 rows (the limit elements), found a longer one; deliver the record in parts',
          example: { record: 2, value: '4' },
        },
      ],
    });
    expect(await outcome({}, orders, { setwise })).toMatchObject({ loaded: 3, inserted: 8, told: [] });
  });

  test('what is repeated for more than `unnestedBytes` does so too', async () => {
    const orders = [
      order(1, 100, 'x'.repeat(1000)),
      order(2, 100),
      order(3, 1, 'x'.repeat(60_000)),
      order(4, 100, '', ['x'.repeat(1000)]),
    ];
    const bounded = await outcome({ unnestedBytes: 50_000 }, orders, { setwise });
    expect(bounded).toMatchObject({
      loaded: 2,
      quarantined: 2,
      inserted: 101,
      told: [{ column: 'items', code: 'too_long', example: { record: 1, value: '100' } }],
    });
    expect(bounded.told[0]!.message).toContain('at most 50000 bytes together');
    expect(bounded.told[0]!.message).toContain('(the limit unnestedBytes)');
    expect(await outcome({}, orders, { setwise })).toMatchObject({ loaded: 4, inserted: 301, told: [] });
  });
});

test('a record that is kept without an element is one row, whatever it holds', async () => {
  const orders = [order(1, 0, 'x'.repeat(100)), order(2, 2)];
  expect(await outcome({ elements: 1, unnestedBytes: 50 }, orders, { empty: 'keep' })).toMatchObject({
    loaded: 1,
    quarantined: 1,
    inserted: 1,
    told: [{ code: 'too_long', example: { record: 2 } }],
  });
});

test('a record of a few megabytes that would become many gigabytes costs itself alone', async () => {
  const orders = [order(1, 1), order(2, 20_000, 'x'.repeat(4_000_000)), order(3, 2)];
  expect(await outcome({}, orders)).toMatchObject({ loaded: 2, quarantined: 1, inserted: 3 });
});
