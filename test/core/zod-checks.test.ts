/** Checks of zod at the edges of the closed table: which of them SQL decides, and that the answer is zod's either way. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { partsOf } from '../../core/schema.ts';
import { typeOf } from '../../core/types/index.ts';
import { decimal } from '../../core/types/decimal.ts';
import { compiled, decoded, outcomes } from '../support/decode.ts';
import { openEngine, type OpenEngine } from '../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

/** Of a kind that TypeScript would refuse there. */
const odd = <T>(value: unknown): T => value as T;
const never = { when: () => false } as never;

test.each<[string, z.ZodType, Readonly<Record<string, string>>]>([
  ['a length of no number', z.string().min(NaN), { abc: '<too_small>' }],
  ['a length that is not whole', z.string().min(1.5), { a: '<too_small>', ab: 'ab' }],
  ['a length that is not asked for', z.string().check(z.minLength(3, never)), { a: 'a' }],
  ['a pattern that is not asked for', z.string().check(z.regex(/^a/, never)), { b: 'b' }],
  ['a format without a pattern', z.string().check(new z.core.$ZodCheckStringFormat({ check: 'string_format', format: 'email', abort: false })), { b: 'b' }],
  ['a listed text that must start with another', z.enum(['abc', 'b']).check(z.startsWith('a')), { abc: 'abc', b: '<invalid_format>', c: '<invalid_value>' }],
  ['a listed text that has a length', z.enum(['abc', 'b']).check(z.minLength(2)), { abc: 'abc', b: '<too_small>', c: '<invalid_value,too_small>' }],
  ['a bound that is not asked for', z.int().check(z.gt(5, never)), { 1: '1' }],
  ['a bound of a bigint', z.int().check(z.gt(odd(5n))), { 5: '<too_small>', 6: '6' }],
  ['a bound of a Date', z.int().check(z.gt(odd(new Date(5)))), { 5: '<too_small>', 6: '6' }],
  ['a bound of no number', z.int().min(NaN), { 5: '<too_small>' }],
  ['a bound of a bigint for a number', z.number().check(z.gt(odd(5n))), { 5: '<too_small>', 6: '6.0' }],
  ['a bound of no number for a number', z.number().max(NaN), { 5: '<too_big>' }],
  ['a bound of a bigint for a decimal', decimal(5, 2).check(z.gte(odd(2n))), { 1: '<too_small>', 3: '3.00' }],
  ['steps that are not asked for', z.number().check(z.multipleOf(2, never)), { 1: '1.0' }],
  ['steps of a bigint', z.int().check(z.multipleOf(odd(2n))), { 2: '<custom>' }],
  ['steps without an end', z.number().multipleOf(Infinity), { 0: '0.0', 1: '1.0', '1e308': '1e+308' }],
  ['steps of no number', z.int().multipleOf(NaN), { 0: '<not_multiple_of>', 1: '<not_multiple_of>' }],
  ['steps of 64 bits that are not asked for', z.bigint().check(z.multipleOf(7n, never)), { 5: '5' }],
  ['steps past 128 bits', z.bigint().multipleOf(2n ** 200n), { 0: '0', 4: '<not_multiple_of>' }],
  ['steps of a number for 64 bits', z.bigint().check(z.multipleOf(odd(7))), { 7: '<custom>' }],
  ['steps of nothing for 64 bits', z.bigint().multipleOf(0n), { 0: '<not_multiple_of>', 5: '<not_multiple_of>' }],
  ['a date-time with a pattern of its own', z.iso.datetime(odd({ pattern: /^2024/ })), { '2024-01-01T00:00:00Z': '2024-01-01T00:00:00Z', '2023-01-01T00:00:00Z': '<invalid_format>' }],
  ['more digits of a second than there are', z.iso.datetime({ precision: 13 }), { '2024-01-31T10:00:00.123456Z': '2024-01-31T10:00:00.123456Z' }],
  ['a date with a pattern of its own', z.iso.date(odd({ pattern: /^2024/ })), { '2024-01-01': '2024-01-01', '2023-01-01': '<invalid_format>' }],
  ['a text of parts', z.templateLiteral(['a', z.int()]), { a5: 'a5', b: '<invalid_format>' }],
  ['a URL that is brought to its usual form', z.url({ normalize: true }), { 'http://a.bc': 'http://a.bc/' }],
  ['a URL of a protocol', z.url({ protocol: /^ftp$/ }), { 'http://a.bc': '<invalid_format>', 'ftp://a.bc': 'ftp://a.bc' }],
  ['a URL of a host', z.url({ hostname: /^b/ }), { 'http://a.bc': '<invalid_format>', 'http://b.bc': 'http://b.bc' }],
  ['a refinement of what may be null', z.string().nullable().refine((text) => text !== 'ABC'), { ABC: '<custom>', DE: 'DE' }],
  ['minutes that a refinement sees', z.iso.datetime({ precision: -1 }).refine((text) => text === '2024-01-31T10:00Z'), { '2024-01-31T10:00Z': '2024-01-31T10:00:00Z' }],
])('%s: what comes is what zod says', async (_, schema, expected) => {
  expect(await outcomes(engine, schema, Object.keys(expected))).toEqual(expected);
}); // prettier-ignore

test.each<[string, z.ZodType, Readonly<Record<string, string>>]>([
  ['a description', z.string().check(z.describe('A text')), { a: 'a' }],
  ['facts about a text', z.string().check(z.meta({ title: 'A text' })), { a: 'a' }],
  ['64 bits, as a check', z.bigint().check(z.int64()), { 5: '5' }],
  ['32 bits, as a check', z.int().check(z.int32()), { 5: '5', 2147483648: '<too_big>' }],
  ['a float of 32 bits, as a check', z.number().check(z.float32()), { 5: '5.0', '1e39': '<too_big>', '-1e39': '<too_small>' }],
  ['a float of 64 bits, as a check', z.number().check(z.float64()), { 5: '5.0' }],
  ['a whole float', z.float32().int(), { 5: '5' }],
  ['steps of whole numbers', z.int().multipleOf(2), { 4: '4', 5: '<not_multiple_of>' }],
  ['steps of 64 bits', z.bigint().multipleOf(2n), { 4: '4', 5: '<not_multiple_of>' }],
  ['steps of numbers', z.number().multipleOf(0.1), { 0.3: '0.3', 0.35: '<not_multiple_of>' }],
  ['steps of decimals', decimal(6, 2).multipleOf(0.05), { 0.15: '0.15', 0.16: '<not_multiple_of>' }],
  ['Base64', z.base64(), { 'YQ==': 'YQ==', YQ: '<invalid_format>' }],
])('%s is judged in SQL alone', async (_, schema, expected) => {
  expect(compiled(z.object({ c: schema })).functions).toEqual([]);
  expect(await outcomes(engine, schema, Object.keys(expected))).toEqual(expected);
}); // prettier-ignore

test('a format of numbers that is not in the table is for zod', () => {
  for (const schema of [z.int(), z.number()]) {
    const parts = partsOf(schema, 'c');
    expect(typeOf(parts, 'c').check({ check: 'number_format', format: 'int16' }, parts, 'v')).toBe('zod');
  }
});

test('words that the definition makes of the value are in the reason', async () => {
  const words = (issue: { readonly input?: unknown }) => `${String(issue.input)} is not on the list`;
  const rows = await decoded(engine, z.object({ c: z.enum(['a'], { error: words }) }), [['b'], ['a']]);
  expect(rows.map(({ reasons }) => reasons?.map(({ message }) => message) ?? null)).toEqual([
    ['b is not on the list'],
    null,
  ]);
});

test('words that are no text, of a function that is written like those that zod makes of texts', async () => {
  const params = { message: 'not on the list' };
  const rows = await decoded(engine, z.object({ c: z.enum(['a'], { error: () => params }) }), [['b']]);
  expect(rows[0]!.reasons).toEqual([
    { column: 'c', code: 'invalid_value', message: 'not on the list', value: 'b' },
  ]);
});

test('a refinement that refuses the null itself has its own words', async () => {
  const schema = z.int().nullable().refine((value) => value !== null, 'a null is not for us'); // prettier-ignore
  const [row] = await decoded(engine, z.object({ c: schema }), [['']]);
  expect(row!.reasons).toEqual([
    { column: 'c', code: 'custom', message: 'a null is not for us', value: null },
  ]);
});
