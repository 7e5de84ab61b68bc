/** Schemas and texts for property tests of decoding: every kind of column, with the texts that trap it. */

import * as fc from 'fast-check';
import { z } from 'zod';
import type { DecodeOptions } from '../../core/decode-rule.ts';
import type { Tag } from '../../core/formats/format.ts';
import { decimal } from '../../core/types/decimal.ts';
import { numerals } from './numerals.ts';

/** Fixed, so that a failure comes again; printed by the runs that use it. */
export const SEED = 20_251_121;

/** Expressions that are translated, and expressions that are not, over ASCII and beyond. */
export const regexes: readonly RegExp[] = [
  /^[A-Z]{3}$/, /^[A-Z]{2}$/i, /^.$/, /^.{2}$/s, /^.$/u, /^\s*$/, /\S/, /^\w+$/, /\W/, /\W/i, /\w/iu, /^\d+$/, /\D/, /k/i, /[k]/iu,
  /^[^a]$/, /^[^a]$/i, /^[^\W]$/i, /[\d-]/, /[\w-]x?/, /[a-]/, /[^]/, new RegExp('[]'), /^(?:a|b|)$/, /^a$|^b$/, /^a|b$/, /\bfoo\b/, /a{2,3}/, /^a{2}$/,
  /a{,2}/, /x{1001}/, /^{/, /}$/, /]/, /a.b/s, /a.b/, /^a$/m, /a/y, /a/g, /\//, /[.]/, /\./, /\x41/, /\u0041/, /\u00e9/, /é/, /[à-ü]/,
  /^[à-ü]+$/i, /👍/, /👍/u, /^\p{L}+$/u, /(?=a)./, /(?<!a)b/, /^(a)\1$/, /^(?<x>a)\k<x>$/, /(?:(?:a{2}){3}){4}/, /[\b]/, /\0/, /^[+-]?\d+$/,
  /^[^@\s]+@[^@\s]+$/, /^[\t ]+$/, /'|"|;/, /^[^,;]*$/, /^(?:[a-z]+_)*[a-z]+$/,
]; // prettier-ignore

/** Texts with what is rare: quotes, line ends, other scripts, astral characters, letters that fold into ASCII. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aAbBkKsS01 _-.{}[]x', '\n', '\r', '\t'), maxLength: 5 }),
  fc.string({ unit: fc.constantFrom('a', 'é', 'É', 'K', 'ſ', '👍', '\u00a0', '\u2028', 'İ', 'ß', "'", '"', ';', ','), maxLength: 4 }),
  fc.constantFrom('', 'foo', 'ABC', 'DE', 'a@b.co', "'; DROP TABLE t; --", '"', '\\', '$1', '%s', 'NULL', 'a\nb', 'http://a.b', ' http://a.b '),
); // prettier-ignore

/** A column to be: its schema, its rule, and the texts that it is given. */
export interface Candidate {
  readonly schema: z.ZodType;
  readonly rule: DecodeOptions;
  readonly texts: fc.Arbitrary<string>;
  /** The texts are JSON of this type. */
  readonly json?: Tag;
}

const digits = fc.integer({ min: -120, max: 120 }).map(String);
const integers = fc.oneof(
  digits,
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.maxSafeInteger().map(String),
  fc.constantFrom('1.9', '1_000', '0x10', '1e3', ' 12', '12 ', '+5', '007', '-0', '--5', '5.', '.5', '1,000', '1,00', '12,345', '1.000', '١',
    '9007199254740991', '9007199254740993', '-9007199254740992', '9223372036854775807', '-9223372036854775808', '12.0', '12.50', 'N/A', ''),
); // prettier-ignore
const numbers = fc.oneof(
  integers,
  fc.double({ noNaN: true }).map(String),
  fc.integer({ min: -99_999, max: 99_999 }).map((n) => (n / 100).toFixed(2)),
  fc.constantFrom('NaN', 'inf', '-Infinity', '1e400', '1e-400', '5e-324', '.5', '5.', '1.005', '0.07', '100000.01', '1.234,56', '1,234.56', '1.2e5'),
); // prettier-ignore
const flags = fc.constantFrom(
  'true',
  'FALSE',
  'True',
  'yes',
  'NO',
  '1',
  '0',
  't',
  '',
  'Да',
  'ДА',
  'ſ',
  'truе',
  ' true',
);

const two = (n: number) => String(n).padStart(2, '0');
const year = fc
  .oneof(fc.integer({ min: 1900, max: 2100 }), fc.constantFrom(0, 1, 98, 1582, 9999, 10_000))
  .map((n) => String(n).padStart(4, '0'));
const month = fc.integer({ min: 0, max: 13 });
const dayOfMonth = fc.integer({ min: 0, max: 32 });
const days = fc.tuple(year, month, dayOfMonth).map(([y, m, d]) => `${y}-${two(m)}-${two(d)}`);
const dates = fc.oneof(
  days,
  fc.tuple(year, month, dayOfMonth).map(([y, m, d]) => `${two(d)}.${two(m)}.${y}`),
  fc.constantFrom('2024-02-30', '2023-02-29', '2024-02-29', 'epoch', 'infinity', '2024-1-5', '2024-01-05 00:00:00', '1.2.2024', '', '20240105'),
); // prettier-ignore
const clocks = fc
  .tuple(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }), fc.constantFrom('', '.5', '.123', '.123456', '.1234567', '.000'))
  .map(([h, m, s, f]) => `${two(h)}:${two(m)}:${two(s)}${f}`); // prettier-ignore
const offsets = fc.constantFrom(
  '',
  'Z',
  '+00:00',
  '+02:00',
  '-11:30',
  '+24:00',
  'z',
  '+0200',
  '+02',
  '-00:00',
);
const datetimes = fc.oneof(
  fc.tuple(days, fc.constantFrom('T', ' '), clocks, offsets).map((parts) => parts.join('')),
  fc.tuple(fc.integer({ min: 1950, max: 2040 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }), fc.integer({ min: 0, max: 23 }), fc.constantFrom('T', ' '), offsets)
    .map(([y, m, d, h, t, o]) => `${y}-${two(m)}-${two(d)}${t}${two(h)}:30:00${o}`),
  fc.constantFrom('2024-01-01T10:00Z', '2024-01-01T24:00:00Z', '2024-12-31T23:59:60Z', 'epoch', 'infinity', '2024-03-31T02:30:00', '2024-10-27T02:30:00',
    '2024-03-31 02:30:00', '0001-01-01T00:00:00+02:00', '9999-12-31T23:30:00-02:00', '1700000000', '1700000000.5', '-1', '1e9', '', '253402300800'),
); // prettier-ignore
const times = fc.oneof(
  clocks,
  fc.constantFrom('10:00', '24:00', '1:02 PM', '12:30 am', '', '13:02 PM', '09:05'),
);

const textSchema = fc.oneof(
  fc.constantFrom(
    z.string(), z.string().min(1), z.string().max(2), z.string().length(2), z.string().min(1).max(3), z.email(), z.uuid(), z.url(), z.ipv6(), z.iban(),
    z.enum(['foo', 'ABC', "'; DROP TABLE t; --", '👍']), z.literal('DE'), z.enum(['foo', 'DE']).refine((v) => v !== 'DE'), z.string().includes('a'),
    z.string().startsWith('a').endsWith('b'), z.string().lowercase(), z.string().uppercase(), z.string().refine((v) => !v.includes('a'), 'no a'),
    z.string().refine((v) => v.length < 3).regex(/^a/), z.string().min(2, { abort: true }).regex(/^a/), z.string().regex(/^a/, 'starts with a'),
    z.string().superRefine((v, ctx) => { if (v.includes('é')) ctx.addIssue({ code: 'custom', message: 'é' }); }), z.base64(), z.hostname(), z.iso.duration(),
    z.string().refine((v) => { if (v === 'foo') throw new Error('broken'); return true; }),
  ),
  fc.tuple(fc.constantFrom(...regexes), fc.constantFrom<(s: z.ZodString) => z.ZodString>((s) => s, (s) => s.min(1), (s) => s.max(2)))
    .map(([regex, more]) => more(z.string().regex(regex))),
); // prettier-ignore
const intSchema = fc.constantFrom(
  z.int(), z.int().min(0).max(100), z.int().positive(), z.int().multipleOf(5), z.int32(), z.uint32(), z.number().int().lt(50), z.int().min(0.5),
  z.int().refine((n) => n % 2 === 0), z.int().max(1e300), z.int().nonnegative(),
); // prettier-ignore
const bigintSchema = fc.constantFrom(z.bigint(), z.int64(), z.bigint().min(0n), z.bigint().multipleOf(7n), z.bigint().lt(2n ** 40n), z.bigint().refine((n) => n !== 5n)); // prettier-ignore
const numberSchema = fc.constantFrom(z.number(), z.number().min(-10).max(10.5), z.number().gt(0), z.number().multipleOf(0.01), z.float32(), z.number().refine((n) => n !== 5)); // prettier-ignore
const decimalSchema = fc.constantFrom(decimal(12, 2), decimal(5, 0), decimal(3, 3), decimal(15, 4).min(0), decimal(8, 2).min(0.001).max(99.999), decimal(6, 2).gt(-5).lt(5), decimal(6, 2).multipleOf(0.05)); // prettier-ignore
const datetimeSchema = fc.constantFrom(z.iso.datetime(), z.iso.datetime({ precision: 3 }), z.iso.datetime({ precision: 0 }), z.iso.datetime({ precision: -1 }), z.iso.datetime({ offset: true }), z.iso.datetime().refine((v) => v.endsWith('00Z'))); // prettier-ignore
const timeSchema = fc.constantFrom(
  z.iso.time(),
  z.iso.time({ precision: 0 }),
  z.iso.time({ precision: -1 }),
  z.iso.time().min(6),
);

const rules = (...own: readonly DecodeOptions[]): fc.Arbitrary<DecodeOptions> =>
  fc.tuple(fc.constantFrom({}, ...own), fc.constantFrom<DecodeOptions>({}, {}, { trim: true }, { nulls: ['N/A', '-0', 'foo'] })).map(([a, b]) => ({ ...a, ...b })); // prettier-ignore
const of = (
  schema: fc.Arbitrary<z.ZodType>,
  rule: fc.Arbitrary<DecodeOptions>,
  values: fc.Arbitrary<string>,
): fc.Arbitrary<Candidate> =>
  fc.tuple(schema, rule).map(([made, given]) => ({ schema: made, rule: given, texts: values }));

const kinds: readonly (readonly [fc.Arbitrary<Candidate>, unknown])[] = [
  [of(textSchema, rules(), texts), undefined],
  [of(intSchema, rules({ thousands: ',' }, { thousands: '.' }), integers), 10],
  [of(bigintSchema, rules({ thousands: ',' }), integers), 14n],
  [of(numberSchema, rules({ decimal: ',' }, { thousands: ',' }, { decimal: ',', thousands: '.' }), numbers), 1],
  [of(decimalSchema, rules({ decimal: ',' }, { thousands: ',' }, { decimal: ',', thousands: '.' }), numbers), 0],
  [of(fc.constantFrom(z.boolean(), z.boolean().refine((b) => b)), rules({ true: ['yes', '1'], false: ['no', '0'] }, { true: ['Да'] }), flags), true],
  [of(fc.constantFrom(z.iso.date(), z.iso.date().refine((d) => d > '2000')), rules({ pattern: 'DD.MM.YYYY' }, { pattern: 'D.M.YYYY' }), dates), '2024-01-31'],
  [of(datetimeSchema, rules({ zone: 'Europe/Berlin' }, { zone: 'UTC' }, { pattern: 'YYYY-MM-DD HH:mm:ss', zone: 'UTC' }, { pattern: 'YYYY-MM-DD HH:mm:ss', zone: 'America/New_York' }, { pattern: 'YYYY-MM-DD HH:mm:ssZ' }, { epoch: 'seconds' }, { epoch: 'milliseconds' }), datetimes), '2024-01-31T00:00:00Z'],
  [of(timeSchema, rules({ pattern: 'HH:mm' }, { pattern: 'h:mm A' }), times), '10:00:00'],
]; // prettier-ignore

type Wrap = (schema: z.ZodType, value: unknown) => z.ZodType;
const wraps: fc.Arbitrary<Wrap> = fc.constantFrom<Wrap>(
  (s) => s, (s) => s, (s) => s, (s) => s.nullable(), (s) => s.optional(), (s) => s.nullish(), (s) => s.nullable().refine((v) => v !== 'ABC'), (s) => s.readonly(),
  (s, value) => (value !== undefined && s.safeParse(value).success ? (s as z.ZodString).default(value as string) : s),
  (s, value) => (value !== undefined && s.safeParse(value).success ? (s.nullable() as unknown as z.ZodString).default(value as string) : s),
); // prettier-ignore

/** A column that any format can deliver. */
export const candidates: fc.Arbitrary<Candidate> = fc
  .tuple(fc.oneof(...kinds.map(([kind, value]) => kind.map((made) => ({ ...made, value })))), wraps)
  .map(([{ value, ...made }, wrap]) => {
    const schema = wrap(made.schema, value);
    return { ...made, schema, [fc.toStringMethod]: () => `${schema.type} ${JSON.stringify(made.rule)}` };
  });

const listSchema = fc.constantFrom(
  z.array(z.int()), z.array(z.string()).max(2), z.array(z.number().nullable()).min(1), z.array(z.array(z.boolean())), z.array(z.int()).refine((v) => v[0] !== 1),
); // prettier-ignore
const structSchema = fc.constantFrom(
  z.object({ a: z.int() }), z.object({ a: z.number().optional(), b: z.string().default('x') }), z.strictObject({ a: z.int().nullable() }).optional(),
  z.object({ a: z.object({ b: z.array(z.string()) }).nullable(), d: z.iso.date().optional() }), z.object({ a: z.int().min(0) }).nullable(),
); // prettier-ignore
const inside = fc.oneof(
  fc.constantFrom(
    null,
    0,
    1,
    -1,
    1.5,
    true,
    '',
    'é',
    'x"\'',
    '2024-01-31',
    [],
    ['a'],
    {},
    2 ** 53,
    1e21,
    1e-7,
  ),
  texts,
);

/** Its numbers with fractions as numbers that JavaScript does not write. */
const rewritten = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(texts, fc.oneof(fc.constant('1.5'), numerals))
    .map(([json, numeral]) => json.replaceAll('1.5', numeral));

/** A list or an object, which only JSON can deliver. */
export const nested: fc.Arbitrary<Candidate> = fc.oneof(
  listSchema.map((schema) => ({ schema, rule: {}, json: 'a' as const, texts: rewritten(fc.array(fc.oneof(inside, fc.array(inside, { maxLength: 2 })), { maxLength: 3 }).map((v) => JSON.stringify(v))) })),
  structSchema.map((schema) => ({
    schema, rule: {}, json: 'o' as const,
    texts: rewritten(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.oneof(inside, fc.record({ b: fc.array(inside, { maxLength: 2 }) })), { maxKeys: 3 }).chain((v) => fc.constantFrom(JSON.stringify(v), JSON.stringify(v), JSON.stringify(v).replace('"c":', '"\\u0061" :').replace('"d":', '"b":')))),
  })),
); // prettier-ignore

/** A field as JSON has it: mostly of the type that its kind reads, sometimes of another, null, or not there. */
export function tagged(
  candidate: Candidate,
): fc.Arbitrary<{ readonly tag: Tag | ''; readonly text: string }> {
  const json = (tag: Tag, text: fc.Arbitrary<string>) => text.map((made) => ({ tag, text: made }));
  const written = fc.oneof(
    fc.constantFrom(
      '1',
      '12.0',
      '1.500',
      '-0',
      '1e3',
      '1E-2',
      '1700000000',
      '9007199254740993',
      '-42',
      '0.25',
      '5e-324',
      '1e400',
      '12.00',
    ),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  );
  return fc.oneof(
    { weight: 6, arbitrary: json(candidate.json ?? 's', candidate.texts) },
    { weight: 6, arbitrary: json('n', written) },
    { weight: 2, arbitrary: json('b', fc.constantFrom('true', 'false')) },
    { weight: 1, arbitrary: json('z', fc.constant('null')) },
    { weight: 1, arbitrary: json('a', fc.constant('[1]')) },
    { weight: 1, arbitrary: json('o', fc.constant('{}')) },
    { weight: 1, arbitrary: fc.constant({ tag: '' as const, text: '' }) },
  );
}
