/** Dates and times of day at the edges of what a calendar and a clock have, wherever they stand in a value. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkTimes } from '../../../runtime/intake/parquet-times.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const check = (type: string, value: string): Promise<void> => {
  const columns = [{ sql: '"v"', type }];
  return checkTimes(engine, { all: columns, asked: columns }, { from: `(SELECT ${value} AS v)` });
};
const [first, last] = [`DATE '0001-01-01'`, `DATE '9999-12-31'`];
const [early, late] = [`(${first} - 1)`, `(${last} + 1)`];
const end = `TIMESTAMP '9999-12-31 23:59:59.999999'`;

test.each([
  ['TIME', `unnest([TIME '00:00:00', TIME '24:00:00', NULL])`],
  ['DATE', `unnest([${early}, ${late}])`],
  ['DATE[]', `[${first}, ${last}, NULL]`],
  ['TIMESTAMP[]', `[${first}::TIMESTAMP, ${end}]`],
  ['TIMESTAMP_NS[]', `[TIMESTAMP_NS '2024-01-01 00:00:00']`],
  ['VARCHAR[]', `['x']`],
  ['STRUCT(a DATE, b DATE)', `{'a': ${first}, 'b': NULL::DATE}`],
  ['MAP(DATE, BIGINT)', `MAP {${first}: 1}`],
  ['DATE[]', 'NULL::DATE[]'],
])('%s of %s is one that there is', async (type, value) => {
  expect(await check(type, value)).toBe(undefined);
});

test.each([
  ['DATE[]', `[${first}, ${early}]`],
  ['DATE[]', `[${late}]`],
  ['DATE[][]', `[[${first}], [${late}]]`],
  ['TIMESTAMP[]', `[${early}::TIMESTAMP]`],
  ['TIMESTAMP WITH TIME ZONE[]', `[${late}::TIMESTAMPTZ]`],
  ['STRUCT(a DATE, b DATE)', `{'a': ${early}, 'b': ${first}}`],
  ['STRUCT(a DATE, b DATE)', `{'a': ${first}, 'b': ${late}}`],
  ['STRUCT(a DATE, b BIGINT)', `{'a': ${early}, 'b': 1}`],
  ['MAP(DATE, BIGINT)', `MAP {${early}: 1}`],
  ['MAP(DATE, DATE)', `MAP {${first}: ${late}}`],
])('%s of %s is one that there is not', async (type, value) => {
  await expect(check(type, value)).rejects.toMatchObject({
    code: 'object.unreadable',
    message:
      'The column "v" of the Parquet file has a date that is outside of the years 1 to 9999: it is damaged, or was written wrongly. Deliver it again.',
  });
});
