/** Texts that hold a value and something more, and values just past an edge: none is taken for the value itself. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import { columnsOf } from '../../../core/row.ts';
import { partsOf } from '../../../core/schema.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { typeOf } from '../../../core/types/index.ts';
import { meaningOf } from '../../support/meaning.ts';
import { compiled, decoded, outcomes } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

test.each<[string, z.ZodType, Readonly<Record<string, string>>, DecodeOptions?]>([
  ['a time in UTC', z.iso.datetime(), { ' 2024-01-01T10:00Z': '<decode>', '2024-01-01T10:00Zx': '<decode>', '2024-01-01T10:00:00Z ': '<decode>' }],
  ['a time with an offset', z.iso.datetime(), { ' 2024-01-01T10:00+02:00': '<decode>', '2024-01-01T10:00+02:00Z': '<decode>', '2024-01-01T10:00+02:000': '<decode>' }],
  ['a time in a zone', z.iso.datetime(), { ' 2024-07-01T12:00:00': '<decode>', '2024-07-01T12:00:00 ': '<decode>' }, { zone: 'Europe/Berlin' }],
  ['a time as the engine writes it', z.iso.datetime(), { yesterday: '<decode>', '2024-07-01 12:00:0x': '<decode>' }, { pattern: 'YYYY-MM-DD HH:mm:ss', zone: 'UTC' }],
  ['seconds past what 64 bits hold', z.iso.datetime(), { '99999999999999999999': '<decode>', '9999999999999.5': '<decode>' }, { epoch: 'seconds' }],
  ['groups of digits in the middle', z.int(), { '1,00,000': '<decode>', '1,0000,000': '<decode>', '1,000,000': '1000000' }, { thousands: ',' }],
  ['steps of 64 bits', z.bigint().multipleOf(7n), { 14: '14', '-7': '-7', 15: '<not_multiple_of>', 0: '0' }],
  ['a step that is missed by as much as a rounding may be', z.number().multipleOf(1), { '0.9999999999999991': '<not_multiple_of>', '0.9999999999999993': '0.9999999999999993' }],
  ['an address of a form that only zod knows, of which something else is asked in SQL', z.url().regex(/^.{1,12}$/), { 'http://a.bc': 'http://a.bc', 'ftp://a.b': 'ftp://a.b', nope: '<invalid_format>', 'http://ä.b': 'http://ä.b' }],
])('%s', async (_, schema, expected, rule = {}) => {
  expect(await outcomes(engine, schema, Object.keys(expected), rule)).toEqual(expected);
}); // prettier-ignore

test('a fraction of a JSON number whose zeros are followed by something', async () => {
  const expected = { 'n1.05': '<decode>', 'n1.00': '1', 'n-3.0001': '<decode>', 'n-3.0': '-3' };
  expect(await outcomes(engine, z.int(), Object.keys(expected), {}, true)).toEqual(expected);
  expect(await outcomes(engine, z.bigint(), Object.keys(expected), {}, true)).toEqual(expected);
});

test('the reference refuses groups in the middle that are not of three digits', () => {
  const [column] = columnsOf({ c: z.int() }, 'test');
  const means = (text: string) => meaningOf(column!, { thousands: ',' }, { text });
  expect(means('1,00,000')).toEqual({ is: 'fault', code: 'decode' });
  expect(means('1,000,000')).toEqual({ is: 'value', value: 1_000_000 });
});

test('a row with a value that is none is not judged as a whole', async () => {
  const row = z.object({ a: z.int(), b: z.int().max(5) }).refine(() => false, 'never');
  const rows = await decoded(engine, row, [['x', '1'], ['1', 'x'], ['1', '9'], ['', '1']]); // prettier-ignore
  expect(rows.map(({ reasons }) => reasons!.map(({ column, code }) => `${column} ${code}`))).toEqual([
    ['a decode'],
    ['b decode'],
    ['b too_big', 'null custom'],
    ['a invalid_type'],
  ]);
  expect(compiled(row, { faulty: true }).select('t')).toContain(
    `CASE WHEN NOT "_filtered" AND "_fault" = '' AND NOT (("_m0" & 15) <> 0) THEN "zodrow"(`,
  );
});

test.each<[z.ZodType, unknown, string]>([
  [z.boolean(), 'true', 'c: the default true is not true or false.'],
  [z.int(), 1.5, 'c: the default 1.5 is not a whole number; give one.'],
  [z.int(), 2 ** 53, 'c: the default 9007199254740992 is not a whole number; give one.'],
  [z.number(), NaN, 'c: the default NaN is not a finite number; give one.'],
  [z.number(), '1', 'c: the default 1 is not a finite number; give one.'],
  [decimal(4, 2), 1.005, 'c: the default 1.005 is not a decimal(4, 2).'],
  [decimal(4, 2), 100, 'c: the default 100 is not a decimal(4, 2).'],
  [z.bigint(), 1, 'c: the default 1 is not a bigint of 64 bits; give one, such as 0n.'],
  [z.iso.date(), '2023-02-29', 'c: the default 2023-02-29 is not a date as YYYY-MM-DD.'],
  [z.iso.date(), 20230228, 'c: the default 20230228 is not a date as YYYY-MM-DD.'],
  [z.iso.time(), 10, 'c: the default 10 is not a time of day as HH:MM:SS.'],
  [z.iso.datetime(), '2024-02-30T00:00:00Z', 'c: the default 2024-02-30T00:00:00Z is not a date-time in UTC, such as 2024-01-31T00:00:00Z.'],
])('as %o, %j is no value to put into SQL', (schema, value, message) => {
  const parts = partsOf(schema, 'c');
  expect(() => typeOf(parts, 'c').literal(value, parts, 'c')).toThrow(message);
}); // prettier-ignore

test.each<[string, z.ZodType, DecodeOptions, string]>([
  ['a time with an offset', z.iso.datetime(), {}, 'expected an ISO 8601 date-time with an offset or Z, found another text'],
  ['a time in a zone', z.iso.datetime(), { zone: 'UTC' }, 'expected an ISO 8601 date-time, found another text'],
  ['a time by pattern', z.iso.datetime(), { pattern: 'DD.MM.YYYY', zone: 'UTC' }, 'expected a date-time as DD.MM.YYYY, found another text'],
  ['a time since 1970', z.iso.datetime(), { epoch: 'seconds' }, 'expected a number of seconds since 1970, found another text'],
  ['a date by pattern', z.iso.date(), { pattern: 'DD.MM.YYYY' }, 'expected a date as DD.MM.YYYY, found another text'],
  ['a rule that is said to be none', z.int(), { pattern: undefined, zone: undefined }, 'expected a whole number from -9007199254740991 to 9007199254740991, found another text'],
])('the reason says what was expected: %s', async (_, schema, rule, message) => {
  const [row] = await decoded(engine, z.object({ c: schema }), [['x']], { rules: { c: rule } });
  expect(row!.reasons).toEqual([{ column: 'c', code: 'decode', message, value: 'x' }]);
}); // prettier-ignore
