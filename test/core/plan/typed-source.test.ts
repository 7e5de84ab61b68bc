/** Fields whose values have types of the engine: each becomes what its text would, and what does not fit rejects its row alone. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import type { Tag } from '../../../core/formats/format.ts';
import { compileDecode } from '../../../core/plan/decode.ts';
import type { TypedField } from '../../../core/plan/typed-source.ts';
import { columnsOf } from '../../../core/row.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { shownSql } from '../../support/decode-oracle.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

interface Options {
  readonly rule?: DecodeOptions;
  readonly tag?: Tag;
  /** What other values are in JSON, by the condition that they keep. */
  readonly others?: Readonly<Partial<Record<Tag, string>>>;
  readonly nullIs?: TypedField['nullIs'];
}

/** What each value, given as SQL, becomes in one column: its text, or its reasons. */
async function become(
  schema: z.ZodType,
  type: string,
  values: readonly string[],
  { rule = {}, tag = 'n', others = {}, nullIs = 'null' }: Options = {},
): Promise<(string | null)[]> {
  const row = z.object({ c: schema });
  const columns = columnsOf(row.shape, 'row');
  const field: TypedField = {
    type,
    tags: [tag, ...Object.keys(others)] as Tag[],
    tag: (value) => `CASE ${Object.entries(others).map(([one, when]) => `WHEN ${value} ${when} THEN '${one}'`).join(' ') || 'WHEN FALSE THEN NULL'} ELSE '${tag}' END`,
    text: (value) => `${value}::VARCHAR`,
    nullIs,
  };
  const { select, functions } = compileDecode({ row, columns, rules: { c: rule }, fields: { c: { text: 'f0' } }, tagged: true, faulty: false, typed: { c: field }, skip: [] }); // prettier-ignore
  for (const fn of functions) engine.register(fn);
  const given = values.map((value, i) => `(${i}, CAST(${value} AS ${type}))`).join(', ');
  const found = await engine.rows(
    `SELECT ${shownSql(columns[0]!)} AS v, to_json("_reasons")::VARCHAR AS r FROM (${select(`(SELECT * FROM (VALUES ${given}) v(n, f0) ORDER BY n)`)})`,
  );
  return found.map(({ v, r }) => {
    if (r === null) return v as string | null;
    const reasons = JSON.parse(r as string) as { code: string; message: string; value: string | null }[];
    return `<${reasons.map(({ code, value }) => `${code} ${value}`).join()}>`;
  });
} // prettier-ignore

type Case = [
  string,
  z.ZodType,
  string,
  Readonly<Record<string, string | null>>,
  Parameters<typeof become>[3]?,
];
const s = { tag: 's' } as const;
test.each<Case>([
  ['whole numbers of 64 bits without a sign, as safe ones', z.int(), 'UBIGINT', { '9007199254740991': '9007199254740991', '9007199254740992': '<decode 9007199254740992>', '18446744073709551615': '<decode 18446744073709551615>' }],
  ['whole numbers of 64 bits, as safe ones', z.int(), 'BIGINT', { '-9007199254740991': '-9007199254740991', '-9007199254740992': '<decode -9007199254740992>' }],
  ['decimals without a fraction, as safe ones', z.int(), 'DECIMAL(38,0)', { '7': '7', '99999999999999999999999999999999999999': '<decode 99999999999999999999999999999999999999>' }],
  ['whole numbers of 64 bits without a sign, as some with one', z.bigint(), 'UBIGINT', { '9223372036854775807': '9223372036854775807', '9223372036854775808': '<decode 9223372036854775808>' }],
  ['decimals without a fraction, as whole numbers', z.bigint(), 'DECIMAL(38,0)', { '7': '7', '99999999999999999999999999999999999999': '<decode 99999999999999999999999999999999999999>' }],
  ['whole numbers, as decimals', decimal(4, 2), 'BIGINT', { '99': '99.00', '-99': '-99.00', '100': '<decode 100>' }],
  ['decimals, as others with fewer digits before the point', decimal(4, 2), 'DECIMAL(38,1)', { '99.9': '99.90', '100.0': '<decode 100.0>' }],
  ['numbers that are none', z.number(), 'DOUBLE', { '1.5': '1.5', "'inf'": '<decode inf>', "'nan'": '<decode nan>' }],
  ['floats that are none', z.number(), 'FLOAT', { '1.5': '1.5', "'-inf'": '<decode -inf>' }],
  ['days', z.iso.date(), 'DATE', { "'0001-01-01'": '0001-01-01', "'9999-12-31'": '9999-12-31', "'10000-01-01'": '<decode 10000-01-01>', "'infinity'": '<decode infinity>', "'0001-12-31 (BC)'": '<decode 0001-12-31 (BC)>' }, s],
  ['times of day', z.iso.time(), 'TIME', { "'00:00:00'": '00:00:00', "'23:59:59.999999'": '23:59:59.999999', "'24:00:00'": '<decode 24:00:00>' }, s],
  ['moments', z.iso.datetime(), 'TIMESTAMP WITH TIME ZONE', { "'0001-01-01 00:00:00+00'": '0001-01-01T00:00:00Z', "'9999-12-31 23:59:59.999999+00'": '9999-12-31T23:59:59.999999Z', "'10000-01-01 00:00:00+00'": '<decode 10000-01-01 00:00:00+00>', "'infinity'": '<decode infinity>' }, s],
  ['local times in a zone', z.iso.datetime(), 'TIMESTAMP', { "'2024-07-01 12:00:00'": '2024-07-01T10:00:00Z', "'2024-03-31 02:30:00'": '<decode 2024-03-31 02:30:00>', "'0001-01-01 00:00:00'": '<decode 0001-01-01 00:00:00>', "'10000-01-01 12:00:00'": '<decode 10000-01-01 12:00:00>' }, { ...s, rule: { zone: 'Europe/Berlin' } }],
  ['local times in no zone', z.iso.datetime(), 'TIMESTAMP', { "'2024-07-01 12:00:00'": '<decode 2024-07-01 12:00:00>' }, s],
  ['thousandths of a second in a zone, which are read by their text', z.iso.datetime(), 'TIMESTAMP_MS', { "'2024-07-01 12:00:00'": '<decode 2024-07-01 12:00:00>' }, { ...s, rule: { zone: 'UTC' } }],
  ['nanoseconds that are none of microseconds', z.iso.datetime(), 'TIMESTAMP_NS', { "'2024-07-01 12:00:00.123456'": '2024-07-01T12:00:00.123456Z', "'2024-07-01 12:00:00.123456789'": '<decode 2024-07-01 12:00:00.123456789>' }, { ...s, rule: { zone: 'UTC' } }],
  ['seconds since 1970', z.iso.datetime(), 'BIGINT', { '0': '1970-01-01T00:00:00Z', '253402300799': '9999-12-31T23:59:59Z', '253402300800': '<decode 253402300800>', '-62135596800': '0001-01-01T00:00:00Z', '-62135596801': '<decode -62135596801>', '9223372036854775807': '<decode 9223372036854775807>' }, { rule: { epoch: 'seconds' } }],
  ['texts, as days', z.iso.date(), 'VARCHAR', { "'2024-02-29'": '2024-02-29', "'2023-02-29'": '<decode 2023-02-29>' }, s],
  ['texts, as times of day', z.iso.time(), 'VARCHAR', { "'10:00'": '10:00', "'24:00'": '<decode 24:00>', "'x'": '<decode x>' }, s],
  ['texts, as moments', z.iso.datetime(), 'VARCHAR', { "'2024-02-29T00:00:00Z'": '2024-02-29T00:00:00Z', "'x'": '<decode x>' }, s],
  ['texts, as local times', z.iso.datetime(), 'VARCHAR', { "'2024-02-29T00:00:00'": '2024-02-29T00:00:00Z', "'x'": '<decode x>' }, { ...s, rule: { zone: 'UTC' } }],
  ['texts, as true and false', z.boolean(), 'VARCHAR', { "'true'": 'true', "'x'": '<decode x>' }, { tag: 'b' }],
  ['texts, as whole numbers', z.int(), 'VARCHAR', { "'7'": '7', "'7.5'": '<decode 7.5>' }],
  ['texts, as whole numbers of 64 bits', z.bigint(), 'VARCHAR', { "'7'": '7', "'7.5'": '<decode 7.5>' }],
  ['texts, as decimals', decimal(4, 2), 'VARCHAR', { "'7'": '7.00', "'7.555'": '<decode 7.555>' }],
  ['texts, as numbers', z.number(), 'VARCHAR', { "'7'": '7.0', "'nan'": '<decode nan>' }],
  ['points in time, as seconds since 1970', z.iso.datetime(), 'TIMESTAMP WITH TIME ZONE', { "TIMESTAMPTZ '2026-01-01 00:00:00+00'": '<decode 2026-01-01 00:00:00+00>' }, { rule: { epoch: 'seconds' } }],
  ['texts, as seconds since 1970', z.iso.datetime(), 'VARCHAR', { "'0'": '1970-01-01T00:00:00Z', "'x'": '<decode x>' }, { rule: { epoch: 'seconds' } }],
  ['small whole numbers', z.int(), 'INTEGER', { '-7': '-7' }],
  ['texts, trimmed', z.string(), 'VARCHAR', { "' a '": 'a' }, { ...s, rule: { trim: true } }],
  ['texts that stand for null', z.string().nullable(), 'VARCHAR', { "'-'": null, "'a'": 'a' }, { ...s, rule: { nulls: ['-'] } }],
  ['small whole numbers, as numbers', z.number(), 'UTINYINT', { '7': '7.0' }],
  ['small whole numbers, as others', z.bigint(), 'SMALLINT', { '7': '7' }],
  ['decimals with more digits behind the point, by their text', decimal(4, 2), 'DECIMAL(6,4)', { '1.5000': '1.50', '1.5550': '<decode 1.5550>' }],
  ['decimals with a fraction, by their text', z.int(), 'DECIMAL(6,2)', { '7.00': '7', '7.50': '<decode 7.50>' }],
  ['true and false', z.boolean(), 'BOOLEAN', { TRUE: 'true', FALSE: 'false' }, { tag: 'b' }],
  ['numbers of which JSON would have some as texts', z.number(), 'DOUBLE', { '1.5': '1.5', "'nan'": '<invalid_type nan>', "'inf'": '<invalid_type inf>' }, { others: { s: "IN ('nan', 'inf')" } }],
  ['another type than is asked for', z.string(), 'BIGINT', { '1': '<invalid_type 1>' }],
])('%s', async (_, schema, type, expected, options) => {
  expect(await become(schema, type, Object.keys(expected), options)).toEqual(Object.values(expected));
}); // prettier-ignore

test.each<[string, z.ZodType, TypedField['nullIs'], string | null]>([
  ['a null, where one may be', z.int().nullable(), 'null', null],
  ['a null, where none may be', z.int(), 'null', '<invalid_type null>'],
  ['a null, where the field may be missing', z.int().default(7), 'null', '<invalid_type null>'],
  ['a field that is missing, where it may be', z.int().default(7), 'missing', '7'],
  ['a field that is missing, where a null may be', z.int().nullable(), 'missing', '<invalid_type null>'],
  ['a null by its text, where one may be', z.string().nullable(), 'null', null],
  ['a field that is missing by its text', z.string().default('none'), 'missing', 'none'],
])('%s', async (_, schema, nullIs, expected) => {
  const [type, tag] = schema.safeParse('x').success ? (['VARCHAR', 's'] as const) : (['BIGINT', 'n'] as const);
  expect(await become(schema, type, ['NULL', '5'], { nullIs, tag })).toEqual([expected, '5']);
}); // prettier-ignore
