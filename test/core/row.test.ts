/** A zod object as columns: what is held, what may be null, and what is refused with words on what to write instead. */

import { expect, test } from 'vitest';
import { z } from 'zod';
import { column, flag, text } from '../../core/derived.ts';
import { DefinitionError } from '../../core/errors.ts';
import { acceptsMissing, columnsOf } from '../../core/row.ts';
import { sql } from '../../core/sql.ts';
import { decimal } from '../../core/types/decimal.ts';

const one = (schema: z.ZodType) => columnsOf({ c: schema }, 'row')[0]!;
const says = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
};

test.each([
  ['z.string()', z.string(), 'text', 'VARCHAR', 'string'],
  ['z.email()', z.email(), 'text', 'VARCHAR', 'string'],
  ['z.enum()', z.enum(['a', 'b']), 'text', 'VARCHAR', 'string'],
  ['z.literal()', z.literal('a'), 'text', 'VARCHAR', 'string'],
  ['z.templateLiteral()', z.templateLiteral(['a', z.int()]), 'text', 'VARCHAR', 'string'],
  ['z.int()', z.int(), 'int', 'BIGINT', 'long'],
  ['z.number().int()', z.number().min(0).int(), 'int', 'BIGINT', 'long'],
  ['z.uint32()', z.uint32(), 'int', 'BIGINT', 'long'],
  ['z.bigint()', z.bigint(), 'bigint', 'BIGINT', 'long'],
  ['z.int64()', z.int64(), 'bigint', 'BIGINT', 'long'],
  ['z.number()', z.number(), 'number', 'DOUBLE', 'double'],
  ['decimal()', decimal(12, 2).min(0).max(10), 'decimal', 'DECIMAL(12,2)', 'decimal(12,2)'],
  [
    'decimal().nullable().meta()',
    decimal(38, 0).nullable().meta({ pii: true }),
    'decimal',
    'DECIMAL(38,0)',
    'decimal(38,0)',
  ],
  ['z.boolean()', z.boolean(), 'boolean', 'BOOLEAN', 'boolean'],
  ['z.iso.date()', z.iso.date(), 'date', 'DATE', 'date'],
  ['z.iso.datetime()', z.iso.datetime({ offset: true }).optional(), 'datetime', 'TIMESTAMPTZ', 'timestamp'],
  ['z.iso.time()', z.iso.time(), 'time', 'VARCHAR', 'string'],
])('%s', (_name, schema, type, engineType, delta) => {
  expect(one(schema)).toMatchObject({ type, sql: engineType, delta });
});

test('lists and objects', () => {
  const item = z.object({
    sku: z.string().describe('What was bought'),
    n: z.int().nullable(),
    price: z.number().optional(),
  });
  expect(one(z.array(item))).toMatchObject({
    type: 'list',
    sql: 'STRUCT("sku" VARCHAR, "n" BIGINT, "price" DOUBLE)[]',
    delta: {
      type: 'array',
      containsNull: false,
      elementType: {
        type: 'struct',
        fields: [
          { name: 'sku', type: 'string', nullable: false, metadata: { comment: 'What was bought' } },
          { name: 'n', type: 'long', nullable: true, metadata: {} },
          { name: 'price', type: 'double', nullable: true, metadata: {} },
        ],
      },
    },
  });
});

test.each([
  ['required', z.string(), false, false],
  ['.nullable()', z.string().nullable(), true, false],
  ['.optional()', z.string().optional(), true, true],
  ['.nullish()', z.string().nullish(), true, true],
  ['.default()', z.string().default('x'), false, true],
  ['.nullable().default()', z.string().nullable().default('x'), true, true],
  ['.nullable().default(null)', z.string().nullable().default(null), true, true],
  [
    '.nullable() whose refinement refuses null',
    z
      .string()
      .nullable()
      .refine((v) => v !== null),
    false,
    false,
  ],
])('%s: may hold null, may be missing', (_name, schema, nullable, missing) => {
  expect(one(schema).nullable).toBe(nullable);
  expect(acceptsMissing(one(schema))).toBe(missing);
});

test('is personal if something inside of it is: reasons show a list or an object whole', () => {
  const email = z.string().meta({ pii: true });
  const inside = z.object({ id: z.int(), people: z.array(z.object({ email }).nullable()).optional() });
  expect(one(inside)).toMatchObject({ pii: true });
  expect(one(z.array(email))).toMatchObject({ pii: true });
  expect(one(inside.omit({ people: true }))).toMatchObject({ pii: false });
});

test('takes description and pii from the schema, wherever in the chain they were said', () => {
  expect(one(z.email().describe('Who').meta({ description: 'Who', pii: true }).nullable())).toMatchObject({
    description: 'Who',
    pii: true,
  });
  expect(one(z.string().nullable().describe('Outer'))).toMatchObject({ description: 'Outer', pii: false });
  expect(one(z.string()).description).toBeUndefined();
});

test.each([
  ['transform', z.string().transform((v) => v.length), 'derive()'],
  ['pipe', z.string().pipe(z.string()), '`decode`'],
  ['preprocess', z.preprocess((v) => v, z.string()), '`decode`'],
  ['stringbool', z.stringbool(), '`decode`'],
  ['codec', z.codec(z.string(), z.int(), { decode: Number, encode: String }), '`decode`'],
  ['coerce', z.coerce.number(), '`decode`'],
  ['catch', z.string().catch('x'), '.default()'],
  ['prefault', z.string().prefault('x'), '.default()'],
  ['trim()', z.string().trim(), '`trim`'],
  ['toLowerCase()', z.string().toLowerCase(), 'derive()'],
  ['toUpperCase() inside nullable', z.string().toUpperCase().nullable(), 'derive()'],
  ['normalize()', z.string().normalize(), 'derive()'],
  ['union of objects', z.union([z.object({ a: z.int() }), z.object({ b: z.int() })]), 'one type'],
  [
    'discriminated union',
    z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })]),
    'one type',
  ],
  ['async refine', z.string().refine(async () => true), 'synchronous'],
  ['async superRefine', z.string().superRefine(async () => undefined), 'synchronous'],
  ['any', z.any(), 'give the type'],
  ['unknown', z.unknown(), 'give the type'],
  ['z.date()', z.date(), 'z.iso.datetime()'],
  ['record', z.record(z.string(), z.string()), 'z.array'],
  ['tuple', z.tuple([z.string()]), 'z.object'],
  ['map', z.map(z.string(), z.string()), 'z.array'],
  ['lazy', z.lazy(() => z.string()), 'fixed shape'],
  ['custom', z.custom<string>(), 'z.string()'],
  ['exactOptional', z.string().exactOptional(), '.optional()'],
  ['a format whose expression keeps its place', z.stringFormat('x', /a/g), 'flags g and y'],
  ['the same as a check', z.string().check(z.stringFormat('x', /a/y)), 'flags g and y'],
  ['any JSON', z.json(), 'one fixed shape'],
  ['a union of texts', z.union([z.literal('a'), z.literal('b')]), 'z.enum()'],
  ['a literal that is no text', z.literal(true), 'z.boolean()'],
  ['nonoptional', z.string().optional().nonoptional(), '.optional()'],
  ['enum of numbers', z.enum({ a: 1, b: 2 }), 'z.int()'],
  ['literal number', z.literal(5), 'z.int()'],
  ['null', z.null(), 'no column can hold'],
  ['uint64', z.uint64(), 'decimal(20, 0)'],
  ['decimal inside a list', z.array(decimal(5, 2)), 'make it a column'],
  ['bigint inside an object', z.object({ a: z.bigint() }), 'make it a column'],
  ['loose object', z.looseObject({ a: z.int() }), 'z.object()'],
  ['empty object', z.object({}), 'no fields'],
  ['nested transform', z.array(z.string().transform((v) => v)), 'derive()'],
  ['nested names that differ in case', z.object({ a: z.int(), A: z.int() }), 'but for case'],
  ['refine past 15 digits', decimal(20, 2).refine(() => true), '15 digits'],
  ['steps past 15 digits', decimal(20, 2).multipleOf(5), '15 digits'],
  ['a promise', z.promise(z.string()), 'no column can hold "promise"'],
  [
    'refine past 15 digits, behind nullable',
    decimal(20, 2)
      .nullable()
      .refine(() => true),
    '15 digits',
  ],
])('refuses %s and says what to write instead', (_name, schema, words) => {
  const message = says(() => columnsOf({ c: schema }, 'Pipeline "orders", row'));
  expect(message).toContain('Pipeline "orders", row, c');
  expect(message).toContain(words);
});

test('takes a regular expression that keeps its place where zod resets it', () => {
  expect(one(z.string().regex(/a/g))).toMatchObject({ type: 'text', sql: 'VARCHAR' });
});

test('refuses columns whose names differ in case only', () => {
  expect(says(() => columnsOf({ id: z.int(), ID: z.int() }, 'row'))).toContain('differ in case only');
});

test('decimal() refuses sizes that no table has', () => {
  for (const [precision, scale] of [[0, 0], [39, 2], [5, 6], [5, -1], [5.5, 1], [NaN, 0]] as const) {
    expect(says(() => decimal(precision, scale))).toContain('decimal(12, 2)');
  } // prettier-ignore
});

test('decimal() as a schema of its own is right up to 15 digits, where a multiple of a fraction is not', () => {
  const cents = decimal(15, 2);
  const fine = [0, 0.07, 1.15, 100000000.01, 0.29, -2.03, 9999999999999.99, 1e12, 33.33];
  const wrong = [0.071, 1.155, 100000000.011, 1e-3, 10_000_000_000_000, 9.00000000000001, NaN, Infinity];
  expect(fine.filter((value) => !cents.safeParse(value).success)).toEqual([]);
  expect(wrong.filter((value) => cents.safeParse(value).success)).toEqual([]);
  expect(decimal(3, 3).safeParse(0.0005).success).toBe(false);
  expect((1.15 * 100) % 1).not.toBe(0);
});

test('derived columns: a word for each type, and no default', () => {
  expect(text(sql`'a'`).type).toBeInstanceOf(z.ZodString);
  expect(flag(sql`TRUE`).type).toBeInstanceOf(z.ZodBoolean);
  expect(columnsOf({ c: column(decimal(12, 2).nullable(), sql`1`).type }, 'row')[0]).toMatchObject({
    sql: 'DECIMAL(12,2)',
    nullable: true,
  });
  expect(column(z.array(z.string()), sql`['a']`).type.type).toBe('array');
  expect(says(() => column(z.int().default(5), sql`1`))).toContain('coalesce');
});
