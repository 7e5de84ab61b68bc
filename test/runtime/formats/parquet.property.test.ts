/** Parquet read by its values and by its rows as JSON lines: the same rows, rejects, reasons and texts. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import { decimal, format, sql, z, type Pipeline } from '../../../core/vocabulary.ts';
import { runObject } from '../../../runtime/local/run.ts';
import { withQuery } from '../../../runtime/query/query.ts';
import { openAlone, type EngineAlone } from '../../support/engine-alone.ts';
import { replacing } from '../../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';
import { SEED } from '../../support/schemas.ts';

let byValue: Sandbox;
let byLine: Sandbox;
let byNestedLine: Sandbox;
let alone: EngineAlone;
beforeAll(async () => {
  // Where records may have no levels, and values are to be told in JSON, the reader of JSON has the last word.
  [byValue, byLine, byNestedLine, alone] = await Promise.all([
    openSandbox(),
    openSandbox({ depth: 1 }),
    openSandbox({ depth: 3 }),
    openAlone(),
  ]);
});
afterAll(() => Promise.all([byValue.close(), byLine.close(), byNestedLine.close(), alone.close()]));

interface Kind {
  /** The type in the file. */
  readonly type: string;
  readonly zod: z.ZodType;
  readonly rule?: DecodeOptions;
  /** A row with it cannot have a refinement: it has more digits than JavaScript holds. */
  readonly inexact?: true;
  /** Values of the type as the engine reads them from text. */
  readonly values: readonly string[];
}

const wholes = ['0', '-1', '7', '127'];
const large = [
  '9007199254740991',
  '9007199254740992',
  '-9007199254740991',
  '-9007199254740992',
  '9223372036854775807',
];
const reals = ['0', '-0.0', '1.5', '1e-5', '1e16', '123456789.125', 'nan', 'inf', '-inf', '3e38'];
const cents = ['0', '0.5', '-0.25', '0.99'];
const times = [
  '1970-01-01',
  '2024-02-29 12:00:00.123456',
  '2024-03-31 02:30:00',
  '2024-10-27 02:30:00.5',
  '1883-11-18 12:00:00',
];
const faraway = [
  '0001-01-01',
  '0001-01-01 (BC)',
  '9999-12-31 23:59:59.999999',
  '10000-01-01',
  'infinity',
  '-infinity',
];
const texts = [
  '',
  ' ',
  'a',
  'A1',
  ' a ',
  'n/a',
  'x@y.de',
  'é"\\',
  '👍',
  '\n\t\u0001',
  '\ufeffa',
  'null',
  '7',
];

const kinds: readonly Kind[] = [
  { type: 'TINYINT', zod: z.int().min(0), values: wholes },
  { type: 'UINTEGER', zod: z.uint32(), values: ['0', '4294967295'] },
  { type: 'BIGINT', zod: z.int().max(2 ** 52), values: [...wholes, ...large] },
  { type: 'BIGINT', zod: z.int().refine((n) => n !== 7), values: [...wholes, ...large] },
  { type: 'BIGINT', zod: z.int(), rule: { thousands: ',' }, values: [...wholes, '1000'] },
  { type: 'UBIGINT', zod: z.int(), values: ['0', '9007199254740991', '9007199254740993', '18446744073709551615'] },
  { type: 'DECIMAL(20,0)', zod: z.int().multipleOf(7), values: [...wholes, ...large] },
  { type: 'BIGINT', zod: z.bigint().min(-5n), values: [...wholes, ...large, '-9223372036854775808'] },
  { type: 'UBIGINT', zod: z.int64(), values: ['1', '18446744073709551615'] },
  { type: 'DECIMAL(38,0)', zod: z.bigint(), values: [...wholes, ...large, '99999999999999999999'] },
  { type: 'FLOAT', zod: z.number(), values: reals },
  { type: 'DOUBLE', zod: z.number().max(1e16), values: [...reals, '1e308', '5e-324', '-nan'] },
  { type: 'DOUBLE', zod: z.number(), rule: { decimal: ',' }, values: reals },
  { type: 'INTEGER', zod: z.number().positive(), values: wholes },
  { type: 'DECIMAL(9,2)', zod: decimal(9, 2).max(0.5), values: cents },
  { type: 'DECIMAL(2,2)', zod: decimal(9, 3), values: cents },
  { type: 'DECIMAL(18,1)', zod: decimal(4, 2), values: ['0', '99.9', '100.0', '-12345678901234567.8'] },
  { type: 'DECIMAL(38,3)', zod: decimal(38, 3).min(0), inexact: true, values: ['12345678901234567890123456789012345.678', '-0.001'] },
  { type: 'UBIGINT', zod: decimal(20, 1), inexact: true, values: ['0', '18446744073709551615'] },
  { type: 'BOOLEAN', zod: z.boolean(), values: ['true', 'false'] },
  { type: 'BOOLEAN', zod: z.boolean(), rule: { true: ['yes'] }, values: ['true', 'false'] },
  { type: 'DATE', zod: z.iso.date(), values: [...times, ...faraway].filter((one) => !one.includes(':')) },
  { type: 'DATE', zod: z.iso.date(), rule: { pattern: 'DD.MM.YYYY' }, values: ['2024-02-29'] },
  { type: 'TIMESTAMPTZ', zod: z.iso.datetime(), values: [...times, ...faraway] },
  { type: 'TIMESTAMPTZ', zod: z.iso.datetime({ precision: 0 }), rule: { zone: 'Asia/Tokyo' }, values: times },
  { type: 'TIMESTAMP', zod: z.iso.datetime(), rule: { zone: 'UTC' }, values: [...times, ...faraway] },
  { type: 'TIMESTAMP', zod: z.iso.datetime(), rule: { zone: 'Europe/Berlin' }, values: [...times, ...faraway] },
  { type: 'TIMESTAMP', zod: z.iso.datetime(), rule: { zone: 'America/New_York' }, values: [...times, ...faraway] },
  { type: 'TIMESTAMP_NS', zod: z.iso.datetime(), rule: { zone: 'Europe/Berlin' }, values: [...times, '2024-01-01 00:00:00.123456789', 'infinity'] },
  { type: 'BIGINT', zod: z.iso.datetime(), rule: { epoch: 'seconds' }, values: [...wholes, ...large, '-62135596800', '-62135596801', '253402300799', '253402300800'] },
  { type: 'INTEGER', zod: z.iso.datetime(), rule: { epoch: 'milliseconds' }, values: ['0', '-2147483648'] },
  { type: 'UBIGINT', zod: z.iso.datetime(), rule: { epoch: 'microseconds' }, values: ['0', '253402300799999999', '253402300800000000', '18446744073709551615'] },
  { type: 'TIME', zod: z.iso.time(), values: ['00:00:00', '23:59:59.999999', '12:30:00.5', '24:00:00'] },
  { type: 'TIME', zod: z.iso.time({ precision: 0 }), values: ['00:00:00', '12:30:00.5'] },
  { type: 'VARCHAR', zod: z.string(), values: texts },
  { type: 'BLOB', zod: z.string().min(1), values: ['', ' a ', 'n/a', '\\xC3\\xA9"', '\\xF0\\x9F\\x91\\x8D'] },
  { type: 'TIMETZ', zod: z.iso.time(), values: ['00:00:00+00', '23:59:59.999999+00', '12:30:00.5+00'] },
  { type: 'JSON', zod: z.string().max(3), values: ['1', '"a"', '{"a": 1}'] },
  { type: 'VARCHAR', zod: z.string().min(1).regex(/^[A-Z]\d$/), values: texts },
  { type: 'VARCHAR', zod: z.email(), values: texts },
  { type: 'VARCHAR', zod: z.enum(['a', '👍']), values: texts },
  { type: 'VARCHAR', zod: z.string().refine((text) => text.length < 2), values: texts },
  { type: 'VARCHAR', zod: z.string(), rule: { trim: true, nulls: ['n/a', 'a'] }, values: texts },
  { type: 'UUID', zod: z.uuid(), values: ['4d4ffcaf-9b6b-4c0f-8a0c-3f5f8a1d7a11', '00000000-0000-0000-0000-000000000001'] },
]; // prettier-ignore

/** What a column says of nulls. */
const wraps = [
  (zod: z.ZodType) => zod,
  (zod: z.ZodType) => zod.optional(),
  (zod: z.ZodType) => zod.nullable(),
  (zod: z.ZodType) => zod.nullish(),
] as const;

const cell = (values: readonly string[]) => fc.option(fc.constantFrom(...values), { freq: 6 });

const columnArb = fc
  .record({ kind: fc.constantFrom(...kinds), wrap: fc.constantFrom(...wraps), isNested: fc.boolean() })
  .chain(({ kind, wrap, isNested }) =>
    fc.record({
      kind: fc.constant(kind),
      wrap: fc.constant(wrap),
      isNested: fc.constant(isNested),
      cells: fc.array(cell(kind.values), { minLength: 12, maxLength: 12 }),
    }),
  );

const quoted = (text: string | null, type: string): string =>
  text === null
    ? `NULL::${type}`
    : `${[...text].map((c) => `chr(${c.codePointAt(0)})`).join(' || ') || "''"}::VARCHAR`;

test('every kind of value is judged alike both ways', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(columnArb, { minLength: 8, maxLength: 20 }), async (columns) => {
      const name = (i: number): string => `c${i}`;
      const shape = z
        .object(Object.fromEntries(columns.map(({ kind, wrap }, i) => [name(i), wrap(kind.zod)])))
        .extend({ odd: z.int().optional(), missing: z.string().default('none') });
      const isInexact = columns.some(({ kind }) => kind.inexact);
      const row = isInexact ? shape : shape.refine(({ odd }) => odd !== 5, 'not five');
      const decode = Object.fromEntries(
        columns.map(({ kind, isNested }, i) => [
          name(i),
          { ...kind.rule, ...(isNested ? { from: `s${i}.v` } : {}) },
        ]),
      );
      const pipeline = replacing({
        row,
        format: format.parquet(),
        decode,
        transform: (rows) => (rows as any).skip((o: any) => sql`${o.odd} = '3'`),
      });
      const rows = Array.from({ length: 12 }, (_, r) =>
        [
          ...columns.map(({ kind: { type }, cells, isNested }, i) => {
            const value = `(${quoted(cells[r] ?? null, type)})::${type}`;
            return isNested ? `{'v': ${value}} AS s${i}` : `${value} AS ${name(i)}`;
          }),
          `${r % 7} AS odd, 'x${r}' AS "not asked"`,
        ].join(', '),
      );
      const content = await alone.parquet(rows.map((one) => `SELECT ${one}`).join(' UNION ALL '));
      const [values, lines] = await Promise.all([
        whatCame(byValue, pipeline, content),
        whatCame(byLine, pipeline, content),
      ]);
      expect(values.way).toBe('parquet');
      expect(lines.way).toBe(undefined);
      expect([values.told.error, lines.told.error]).toEqual([undefined, undefined]);
      expect(values.told).toEqual(lines.told);
    }),
    { seed: SEED, numRuns: 12, endOnFailure: true },
  );
}, 240_000);

const pair = z.object({ a: z.array(z.int()), b: z.array(z.number().nullable()) });

/** What stands in a list or an object is told in JSON; where that has no word for it, all of the file is. */
test.each<[string, z.ZodType, boolean]>([
  ["CASE WHEN i % 3 = 0 THEN NULL ELSE {'a': [i, 1], 'b': [0.5::DOUBLE, NULL, i]} END", pair, true],
  ["{'a': [i], 'b': ['nan'::DOUBLE]}", pair, false],
  ["{'a': [i], 'b': [CASE WHEN i = 4 THEN '-inf' ELSE '1.5' END::FLOAT]}", pair, false],
  ["{'a': 'text', 'b': ['1']}", pair, true],
  ["{'a': NULL::INTEGER[], 'b': []::BOOLEAN[], 'Info': [NULL, ':NaN']}", pair, true],
  ["CASE WHEN i % 2 = 0 THEN 'text' END", pair, false],
  ['i', pair.optional(), false],
  ["{'v': [DATE '2024-02-29', NULL]}", z.object({ v: z.array(z.iso.date()) }), true],
  [
    "[{'a': TIMESTAMPTZ '2024-03-31 02:30:00+00', 'b': (i / 4)::DECIMAL(3,2)}]",
    z.array(z.object({ a: z.iso.datetime(), b: z.string().max(3) })),
    true,
  ],
  ["MAP {'a': i, 'b': NULL}", z.array(z.object({ key: z.string(), value: z.int().nullable() })), true],
  ["MAP {'a': i, 'b': NULL}", z.object({ a: z.int().max(5) }), false],
])(
  'a nested value is judged alike both ways: %s',
  async (value, zod, isByValue) => {
    const content = await alone.parquet(`SELECT ${value} AS pair FROM range(12) t(i)`);
    const nested = replacing({ name: 'u', row: z.object({ pair: zod }), format: format.parquet() });
    const [values, lines] = [
      await whatCame(byValue, nested, content),
      await whatCame(byNestedLine, nested, content),
    ];
    expect([values.way, lines.way]).toEqual([isByValue ? 'parquet' : undefined, undefined]);
    expect(values.told).toEqual(lines.told);
    expect(values.told.error).toBeUndefined();
  },
  60_000,
);

async function whatCame(box: Sandbox, pipeline: Pipeline, content: Uint8Array) {
  let way: unknown;
  const write: Sandbox['world']['files']['write'] = (uri, given, options) => {
    if (uri.endsWith('/manifest.json')) way = JSON.parse(String(given)).found.parts;
    return box.world.files.write(uri, given, options);
  };
  const world = { ...box.world, files: { ...box.world.files, write } };
  const uri = join(box.folder, 'x.parquet');
  await writeFile(uri, content);
  const run = await runObject(world, pipeline, { uri, again: true });
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  return {
    way,
    told: {
      status: run.status,
      error: run.error?.message,
      records: run.records,
      reasons: run.reasons,
      warnings: run.warnings,
      rows: run.records.loaded === 0 ? [] : await textsOf(box, pipeline.sinks[0]!.table),
      rejects: rejects.map(({ record, text, reasons, raw }) => [record, text, String(raw), reasons]),
    },
  };
}

/** All values as the engine writes them, digit by digit. */
const textsOf = (box: Sandbox, table: string): Promise<unknown> =>
  withQuery(
    box.world,
    `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (SELECT * FROM ${table} ORDER BY "_record")`,
    {},
    (result) => result.rows(1, 100),
  );
