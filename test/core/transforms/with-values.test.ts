/** What the reason of a made value says: that its expression failed, gave none, or gave what no value can be. */

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { column, int, number, text } from '../../../core/derived.ts';
import { sql } from '../../../core/sql.ts';
import { places, stepped } from '../../support/transform.ts';

const shape = { id: z.int(), name: z.string().nullable() };
const failed = 'expected the expression to work on this row, it failed';
const none = 'expected a value, the expression gave none (declare the column nullable if it may)';

describe('a derived value', () => {
  test('that failed, or is none', async () => {
    const rows = [{ id: 1, name: 'x' }, { id: 2, name: null }, { id: 3, name: '3' }]; // prettier-ignore
    const found = await stepped(shape, rows, (all) =>
      all.derive((o) => ({
        must: int(sql`${o.name}::BIGINT`),
        may: column(z.int().nullable(), sql`${o.name}::BIGINT`),
      })),
    );
    expect(found.rows.map(({ reasons }) => reasons.map((one) => [one.column, one.message]))).toEqual([
      [['must', failed], ['may', failed]],
      [['must', none]],
      [],
    ]); // prettier-ignore
    expect(found.rows[2]!.values).toEqual({ id: 3, name: '3', must: 3, may: 3 });
  });

  test('that is past what its type holds is told with it', async () => {
    const found = await stepped(shape, [{ id: 2, name: null }], (all) =>
      all.derive((o) => ({
        whole: int(sql`${o.id} * 9007199254740991`),
        real: number(sql`'-inf'::DOUBLE`),
      })),
    );
    expect(found.rows[0]!.reasons.map((one) => [one.column, one.message, one.value])).toEqual([
      ['whole', 'expected a whole number from -9007199254740991 to 9007199254740991, the expression gave another', '18014398509481982'],
      ['real', 'expected a finite number, the expression gave another', '-inf'],
    ]); // prettier-ignore
  });

  test('is not asked for of a row that is out, which keeps its own reason', async () => {
    const found = await stepped(shape, [{ id: 1, name: 'x' }, { id: 2, name: 'x' }], (all) =>
      all
        .where((o) => sql`${o.id} = 1`)
        .derive((o) => ({ first: int(sql`${o.name}::BIGINT`) }))
        .derive((o) => ({ second: text(sql`NULLIF(${o.name}, 'x')`) })),
    ); // prettier-ignore
    expect(places(found)).toEqual(['expression first', 'filtered']);
    expect(found.rows.map(({ values }) => values['second'])).toEqual([null, null]);
  });
});
