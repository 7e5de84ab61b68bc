/** The word `sql` on a real engine: which rows its query sees, and what becomes of those that it does not give. */

import { expect, test } from 'vitest';
import { z } from 'zod';
import { int } from '../../../core/derived.ts';
import { sql } from '../../../core/sql.ts';
import { column, places, stepped } from '../../support/transform.ts';

const shape = { id: z.int(), name: z.string() };
const rows = ['a', 'b', 'c', 'bad', 'out'].map((name, id) => ({ id, name }));

test('a row that it does not give is filtered; one that was out before is not seen, and leaves as it did', async () => {
  const found = await stepped(shape, rows, (all) =>
    all
      .where((o) => sql`${o.name} <> 'out'`)
      .derive((o) => ({ n: int(sql`CASE WHEN ${o.name} <> 'bad' THEN ${o.id} END`) }))
      .sql((_, { rows: given, record }) => ({
        leaves: { seen: z.string() },
        query: sql`SELECT ${record}, (SELECT string_agg(name, '' ORDER BY id) FROM ${given}) AS seen FROM ${given} WHERE name <> 'b'`,
      })),
  );
  expect(places(found)).toEqual(['accepted', 'filtered', 'accepted', 'expression n', 'filtered']);
  expect(column(found, 'seen')).toEqual(['abc', 'abc']);
});

test('each row gets what was made of its own record', async () => {
  const found = await stepped(shape, rows, (all) =>
    all.sql((_, { rows: given, record }) => ({
      leaves: { again: z.string(), after: z.string().nullable() },
      query: sql`SELECT ${record}, name AS again, lead(name) OVER (ORDER BY id) AS "after" FROM ${given}`,
    })),
  );
  expect(column(found, 'again')).toEqual(['a', 'b', 'c', 'bad', 'out']);
  expect(column(found, 'after')).toEqual(['b', 'c', 'bad', 'out', null]);
});
