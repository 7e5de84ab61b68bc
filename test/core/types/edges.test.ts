/** What a schema asks at the edges of what SQL can answer: the answer is zod's, or the definition is refused. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { between } from '../../../core/checks/between.ts';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import { DefinitionError } from '../../../core/errors.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { compiled, decoded, outcomes } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

test.each<[string, z.ZodType, DecodeOptions, string]>([
  ['a date without a day', z.iso.date(), { pattern: 'HH:mm' }, 'needs a year, a month and a day'],
  ['a date with an offset', z.iso.date(), { pattern: 'YYYY-MM-DD HH:mmZ' }, 'no offset'],
  ['a date-time without a day', z.iso.datetime(), { pattern: 'HH:mm', zone: 'UTC' }, 'needs a year, a month'],
  ['a time of day without an hour', z.iso.time(), { pattern: '[x]' }, 'needs an hour'],
  ['a time of day with an offset', z.iso.time(), { pattern: 'HH:mmZ' }, 'neither a date nor an offset'],
])('refuses the pattern of %s', (_, schema, rule, words) => {
  const compile = () => compiled(z.object({ c: schema }), { rules: { c: rule } });
  expect(compile).toThrow(DefinitionError);
  expect(compile).toThrow(words);
});

test.each<[string, z.ZodType, string]>([
  ['a bigint of more than 64 bits', z.bigint().default(2n ** 63n), 'not a bigint of 64 bits'],
  ['a date in the year 0', z.iso.date().default('0000-02-29'), 'not a date as YYYY-MM-DD'],
  ['a time with seven decimals', z.iso.time().default('10:00:00.1234567'), 'not a time of day'],
  ['a date-time with seven decimals', z.iso.datetime().default('2024-01-31T00:00:00.1234567Z'), 'in UTC'],
])('refuses a default that zod takes and no column holds: %s', (_, schema, words) => {
  expect(() => compiled(z.object({ c: schema }))).toThrow(DefinitionError);
  expect(() => compiled(z.object({ c: schema }))).toThrow(words);
});

test.each<[string, z.ZodType, Readonly<Record<string, string>>, DecodeOptions?]>([
  ['a listed text with a NUL character', z.enum(['a\0b', 'ok']), { 'a\0b': 'a\0b', ok: 'ok', a: '<invalid_value>' }],
  ['a listed text that no file can hold', z.enum(['\ud800', 'ok']), { '\ufffd': '<invalid_value>', ok: 'ok' }],
  ['steps of a fraction', z.int().multipleOf(1.5), { 3: '3', 4: '<not_multiple_of>' }],
  ['steps past the safe integers', z.int().multipleOf(2 ** 60), { 0: '0', 4: '4' }],
  ['steps of 64 bits', z.bigint().multipleOf(2n ** 64n), { 0: '0', 4: '<not_multiple_of>' }],
  ['a bound past 64 bits', z.bigint().max(2n ** 64n), { '9223372036854775807': '9223372036854775807' }],
  ['another bound past 64 bits', z.bigint().min(2n ** 64n), { '9223372036854775807': '<too_small>' }],
  ['steps of nothing', z.int().multipleOf(0), { 0: '<not_multiple_of>', 4: '<not_multiple_of>' }],
  ['a bound past 128 bits', z.bigint().max(2n ** 200n), { 1: '1' }],
  ['a bound that is no number', decimal(5, 2).min(NaN), { '1.00': '<too_small>' }],
  ['no upper bound', decimal(5, 2).max(Infinity), { '999.99': '999.99', '-999.99': '-999.99' }],
  ['a bound that none keeps', decimal(5, 2).min(Infinity), { '999.99': '<too_small>' }],
  ['no lower bound', decimal(5, 2).min(-Infinity), { '-999.99': '-999.99' }],
  ['a bound that no value keeps', decimal(5, 2).max(-Infinity), { '-999.99': '<too_big>' }],
  ['a bound that is a step', decimal(5, 2).gt(1.5), { '1.50': '<too_small>', '1.51': '1.51' }],
  ['a bound between steps below zero', decimal(5, 2).gte(-1.505), { '-1.51': '<too_small>', '-1.50': '-1.50' }],
  ['a time of minutes', z.iso.datetime({ precision: -1 }), { '2024-01-31T10:00Z': '2024-01-31T10:00:00Z', '2024-01-31T10:00:01Z': '<invalid_format>' }],
  ['a precision that the engine just has', z.iso.datetime({ precision: 6 }).refine((text) => text.endsWith('.123400Z')), { '2024-01-31T10:00:00.123400Z': '2024-01-31T10:00:00.1234Z' }],
  ['a time for a field that is empty', z.iso.time().default('10:00:00.5'), { '': '10:00:00.5', '11:00': '11:00' }],
  ['seconds of a time by pattern', z.iso.time(), { '1:02:03 PM': '13:02:03' }, { pattern: 'h:mm:ss A' }],
  ['thousandths of a time by pattern', z.iso.time(), { '130203,004': '13:02:03.004' }, { pattern: 'HHmmss,SSS' }],
  ['millionths of a time by pattern', z.iso.time(), { '130203,000004': '13:02:03.000004' }, { pattern: 'HHmmss,SSSSSS' }],
])('%s: what comes is what zod says', async (_, schema, expected, rule = {}) => {
  expect(await outcomes(engine, schema, Object.keys(expected), rule)).toEqual(expected);
}); // prettier-ignore

test.each<[string, z.ZodType, Readonly<Record<string, string | null>>]>([
  ['a needed column', z.int(), { 'sN/A': '<invalid_type>', s7: '7', n7: '7', z: '<invalid_type>', s: '<decode>' }],
  ['a nullable one', z.int().nullable(), { 'sN/A': null, s7: '7', n7: '7', z: null, b1: '<invalid_type>' }],
  ['a text', z.string(), { 'sN/A': '<invalid_type>', s: '', sn: 'n', z: '<invalid_type>', n7: '<invalid_type>' }],
  ['a text with a default', z.string().default('d'), { 'sN/A': 'd', s: '', z: '<invalid_type>', n7: '<invalid_type>' }],
])('a text of JSON that means null, in %s', async (_, schema, expected) => {
  expect(await outcomes(engine, schema, Object.keys(expected), { nulls: ['N/A'] }, true)).toEqual(expected);
}); // prettier-ignore

test('more checks than an integer has bits are all told', async () => {
  const checks = Array.from({ length: 200 }, (_, i) => `<${i}>`);
  const schema = checks.reduce((text, part) => text.includes(part), z.string());
  const [fine, none] = await decoded(engine, z.object({ c: schema }), [[checks.join('')], ['']]);
  expect([fine!.reasons, none!.reasons!.length]).toEqual([null, 200]);
});

test('between() asks for a bound', () => {
  expect(() => between({ column: 'n' }, {})).toThrow(DefinitionError);
  expect(between({ column: 'n' }, { max: -5 }).violates.text).toBe('(FALSE OR "n" > (-5))');
});
