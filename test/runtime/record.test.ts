/** What a record of a run tells of values: those of personal columns are masked. */

import { expect, test } from 'vitest';
import { layoutOf } from '../../runtime/layout.ts';
import { MASK } from '../../runtime/masking.ts';
import { recordOf } from '../../runtime/record.ts';
import type { World } from '../../runtime/world.ts';
import { shop } from '../lambdas/shop.ts';

test.each([
  ['a personal column', 'email', 'ann@example.com', MASK],
  ['several of which one is personal', 'id, email', '1, ann@example.com', MASK],
  ['a column that is not personal', 'amount', '101', '101'],
  ['a personal column without a value', 'email', null, null],
  ['no column', null, '7 fields', '7 fields'],
])('the example of a reason of %s', (_what, column, value, shown) => {
  const world = { layout: layoutOf('/out'), now: () => new Date('2026-01-01T00:00:01Z') } as World;
  const about = {
    pipeline: 'shop',
    run: 'r',
    execution: 'e',
    definition: 'd1',
    attempt: 1,
    startedAt: '2026-01-01T00:00:00Z',
    objects: [],
  };
  const reason = { column, code: 'malformed', message: 'is wrong', records: 2, record: 4, value };
  const { reasons } = recordOf(world, shop, about, { status: 'held', reasons: [reason] });
  expect(reasons).toEqual([
    { column, code: 'malformed', message: 'is wrong', records: 2, example: { record: 5, value: shown } },
  ]);
});
