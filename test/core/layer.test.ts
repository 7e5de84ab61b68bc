/** Rows of which a key says nothing: a null in any of its columns. */

import { expect, test } from 'vitest';
import { z } from 'zod';
import { places, stepped } from '../support/transform.ts';

test('a null in any column of a key rejects the row, and no other', async () => {
  const shape = { a: z.int().nullable(), b: z.int().nullable() };
  const records = [{ a: 1, b: 1 }, { a: null, b: 1 }, { a: 1, b: null }, { a: null, b: null }]; // prettier-ignore
  const found = await stepped(shape, records, (r) => r.dedupe((o) => ({ per: [o.a, o.b], keep: 'first' })));
  expect(places(found)).toEqual(['accepted', 'key a, b', 'key a, b', 'key a, b']);
});
