/** Lists and objects as JSON has them: what it has no value for is a text, where one is asked for, or refused. */

import { expect, test } from 'vitest';
import { shapedAs } from '../../../runtime/intake/parquet-nested.ts';

const aText = (name: string): string => `inside of it is a ${name}, which JSON has as a text alone`;
const digits = (name: string): string => `inside of it is a ${name}, of which only a text keeps every digit`;
const strange = (name: string): string => `inside of it is a ${name}, which JSON has no value for`;
const ofList = 'inside of it is a MAP; ask for a list of objects with "key" and "value"';

test.each([
  ['DATE[]', 'BIGINT[]', aText('DATE')],
  ['DATE[]', 'VARCHAR[][]', aText('DATE')],
  ['STRUCT(a TIME)', 'STRUCT(a STRUCT(b VARCHAR))', aText('TIME')],
  ['STRUCT(a TIMESTAMP_NS)[]', 'STRUCT(a DOUBLE)[]', aText('TIMESTAMP_NS')],
  ['DECIMAL(9,2)[]', 'DOUBLE[]', digits('DECIMAL(9,2)')],
  ['DECIMAL(9,2)[]', 'BIGINT[]', digits('DECIMAL(9,2)')],
  ['DECIMAL(19,0)[]', 'BIGINT[]', digits('DECIMAL(19,0)')],
  ['DECIMAL(18,0)[]', 'DOUBLE[]', digits('DECIMAL(18,0)')],
  ['JSON[]', 'BIGINT[]', 'inside of it is JSON, which is asked for as a text'],
  ['STRUCT(a JSON)', 'STRUCT(a STRUCT(b BIGINT))', 'inside of it is JSON, which is asked for as a text'],
  ['BLOB[]', 'VARCHAR[]', strange('BLOB')],
  ['STRUCT(a INTERVAL)', 'STRUCT(a VARCHAR)', strange('INTERVAL')],
  ['MAP(VARCHAR, BIGINT)', 'BIGINT', `${ofList}, or for an object`],
  ['MAP(BIGINT, BIGINT)', 'STRUCT(a BIGINT)', ofList],
  ['MAP(STRUCT(a BIGINT), BIGINT)', 'STRUCT(a BIGINT)', ofList],
  ['MAP(VARCHAR, DATE)', 'STRUCT(a VARCHAR, b BIGINT)', aText('DATE')],
  ['MAP(BLOB, BIGINT)', 'STRUCT("key" VARCHAR, "value" BIGINT)[]', strange('BLOB')],
])('%s as %s is refused', (type, wanted, refused) => {
  expect(shapedAs(type, wanted)).toEqual({ refused });
});

const day = (level: number): string => `x${level}::VARCHAR`;

test.each([
  ['BIGINT[]', 'BIGINT[]', 'BIGINT[]', 'v'],
  ['DATE[]', 'VARCHAR[]', 'VARCHAR[]', `list_transform(v, lambda x0: ${day(0)})`],
  ['DATE[][]', 'VARCHAR[][]', 'VARCHAR[][]', `list_transform(v, lambda x0: list_transform(x0, lambda x1: ${day(1)}))`],
  ['JSON[]', 'VARCHAR[]', 'VARCHAR[]', `list_transform(v, lambda x0: ${day(0)})`],
  ['TIME WITH TIME ZONE[]', 'VARCHAR[]', 'VARCHAR[]', 'list_transform(v, lambda x0: x0::TIME::VARCHAR)'],
  ['TIMESTAMP[]', 'VARCHAR[]', 'VARCHAR[]', `list_transform(v, lambda x0: replace(x0::TIMESTAMP::VARCHAR, ' ', 'T'))`],
  ['TIMESTAMP WITH TIME ZONE[]', 'VARCHAR[]', 'VARCHAR[]', `list_transform(v, lambda x0: replace((x0 AT TIME ZONE 'UTC')::VARCHAR, ' ', 'T') || 'Z')`],
  ['DECIMAL(9,2)[]', 'VARCHAR[]', 'VARCHAR[]', `list_transform(v, lambda x0: ${day(0)})`],
  ['DECIMAL(18,0)[]', 'BIGINT[]', 'BIGINT[]', 'list_transform(v, lambda x0: x0::BIGINT)'],
  ['DECIMAL(18,0)[]', 'VARCHAR[]', 'VARCHAR[]', `list_transform(v, lambda x0: ${day(0)})`],
  ['STRUCT(a BIGINT)', 'STRUCT(a BIGINT)', 'STRUCT("a" BIGINT)', 'v'],
  // What nobody asks for, or asks for as what it is not, is told as what it is: the row says that it does not fit.
  ['STRUCT(a DATE, b BLOB, m MAP(BIGINT, BIGINT))', 'STRUCT(c BIGINT)', 'STRUCT("a" VARCHAR, "b" VARCHAR, "m" VARCHAR)', `CASE WHEN v IS NOT NULL THEN struct_pack("a" := v['a']::VARCHAR, "b" := v['b']::VARCHAR, "m" := v['m']::VARCHAR) END`],
  ['STRUCT(a DATE)', 'BIGINT', 'STRUCT("a" VARCHAR)', `CASE WHEN v IS NOT NULL THEN struct_pack("a" := v['a']::VARCHAR) END`],
  ['BIGINT[]', 'STRUCT(a BIGINT)', 'BIGINT[]', 'v'],
  ['MAP(VARCHAR, BIGINT)', 'STRUCT(a BIGINT)', 'MAP(VARCHAR, BIGINT)', 'v'],
  ['MAP(VARCHAR, DATE)', 'STRUCT(a VARCHAR)', 'MAP(VARCHAR, VARCHAR)', `map_from_entries(list_transform(map_entries(v), lambda x0: struct_pack(k := x0['key'], v := x0['value']::VARCHAR)))`],
  ['MAP(BIGINT, BIGINT)', 'STRUCT("key" BIGINT, "value" BIGINT)[]', 'STRUCT("key" BIGINT, "value" BIGINT)[]', 'map_entries(v)'],
])('%s as %s is %s', (type, wanted, made, sql) => {
  const shaped = shapedAs(type, wanted);
  expect('refused' in shaped ? shaped : [shaped.type, shaped.of('v')]).toEqual([made, sql]);
}); // prettier-ignore
