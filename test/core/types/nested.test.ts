/** Numbers inside of lists and objects: judged as in a column of their own, and kept as they are. */

import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { plainNumeral } from '../../../core/formats/json-numeral.ts';
import { decoded } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { numerals } from '../../support/numerals.ts';
import { SEED } from '../../support/schemas.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

/** What each JSON becomes, or the reasons against it. */
async function judged(schema: z.ZodType, ...given: readonly string[]): Promise<unknown[]> {
  const tag = (json: string) => (json.startsWith('[') ? 'a' : 'o');
  const rows = await decoded(engine, z.object({ c: schema }), given.map((json) => [tag(json) + json]), { tagged: true }); // prettier-ignore
  return rows.map(({ values, reasons }) =>
    reasons === null ? values['c'] : reasons.map(({ code, message }) => `${code}: ${message}`),
  );
}

const HIDDEN = '1.0000000000000000001';

describe('a number that is no whole one, and whose double is', () => {
  test.each(['0.99999999999999999999', '-1.0000000000000000001', '9007199254740991.3', '1e-400', '123456789012345678e-1'])(
    '%s is rejected as any other fraction, with its place', async (numeral) => {
      const schema = z.object({ a: z.object({ n: z.int() }), list: z.array(z.int()) });
      const other = (n: string, item: string) => `{"a":{"n":${n}},"list":[1,${item}]}`;
      const found = await judged(schema, other(numeral, numeral), other('1.5', '1.5'), other('1', '2'));
      const reasons = [
        'invalid_type: at a.n: expected a whole number, found a number',
        'invalid_type: at list[]: expected a whole number, found a number',
      ];
      expect(found).toEqual([reasons, reasons, '{"a":{"n":1},"list":[1,2]}']);
    },
  ); // prettier-ignore

  test('is received as it was written', async () => {
    const json = `[${HIDDEN}]`;
    const [row] = await decoded(engine, z.object({ c: z.array(z.int()) }), [[`a${json}`]], { tagged: true });
    expect(row!.reasons!.map(({ value }) => value)).toEqual([json]);
  });

  test('is the nearest double where any number will do', async () => {
    const schema = z.object({ n: z.number(), list: z.array(z.number().max(1)) });
    expect(await judged(schema, `{"n":${HIDDEN},"list":[${HIDDEN},1e-400]}`)).toEqual([
      '{"n":1.0,"list":[1.0,0.0]}',
    ]);
  });

  test('is found beside other faults, in what may be missing, and where there are refinements', async () => {
    const refined: unknown[] = [];
    const schema = z.strictObject({
      a: z.int({ error: 'a whole one, please' }).optional(),
      b: z.int().nullable().default(7),
      c: z.string().max(1),
      d: z
        .array(z.int().refine((n) => n > 0))
        .refine((list) => refined.push(list) > 0 && list.length < 3)
        .optional(),
    });
    const found = await judged(
      schema,
      `{"a":${HIDDEN},"b":${HIDDEN},"c":"12","d":[1,${HIDDEN}],"e":${HIDDEN}}`,
      `{"b":null,"c":"${HIDDEN}"}`,
      '{"c":"1","d":[1.000]}',
    );
    expect(found).toEqual([
      [
        'invalid_type: at a: a whole one, please',
        'invalid_type: at b: expected a whole number, found a number',
        'too_big: at c: expected at most 1 character, found more',
        'invalid_type: at d[]: expected a whole number, found a number',
        'unrecognized_keys: expected no other fields than the declared ones, found more',
      ],
      ['too_big: at c: expected at most 1 character, found more'],
      '{"a":null,"b":7,"c":"1","d":[1]}',
    ]);
    // A list with a number that is none of its own is none to zod.
    expect(refined.filter((list) => list !== undefined)).toEqual([[1]]);
  });

  test('breaks the bounds that it breaks, and no others', async () => {
    const schema = z.array(z.number().min(1).max(1).int());
    const whole = 'invalid_type: at []: expected a whole number, found a number';
    expect(await judged(schema, `[${HIDDEN}]`, '[0.99999999999999999999]', '[1e0]')).toEqual([
      ['too_big: at []: expected at most 1, found more', whole],
      ['too_small: at []: expected at least 1, found less', whole],
      '[1]',
    ]);
  });
});

test('minus zero keeps its sign where numbers have one', async () => {
  const schema = z.object({ x: z.number(), n: z.int(), list: z.array(z.number().nullable()) });
  const fill = z.object({ x: z.number().default(-0) });
  expect(await judged(schema, '{"x":-0,"n":-0,"list":[-0.0,0,-0e5,null]}')).toEqual([
    '{"x":-0.0,"n":0,"list":[-0.0,0.0,-0.0,null]}',
  ]);
  expect(await judged(fill, '{}', '{"x":0}')).toEqual(['{"x":-0.0}', '{"x":0.0}']);
});

test('a column is filled with a default as it is', async () => {
  const schema = z.object({ c: z.array(z.number()).default([-0, 0, 1e21]), x: z.number().default(-0) });
  const [row] = await decoded(engine, schema, [['', '']], { tagged: true });
  expect(row!.values).toEqual({ c: '[-0.0,0.0,1e21]', x: '-0.0' });
});

const schemas: readonly z.ZodType[] = [
  z.int(), z.int32(), z.uint32(), z.int().multipleOf(3), z.number().int().positive(), z.number().min(1).int(), z.number(), z.float32(),
  z.number().multipleOf(0.5), z.number().lte(1), z.int().refine((n) => n % 2 === 0), z.number().refine((x) => Object.is(Math.abs(x), x)),
]; // prettier-ignore

const places: readonly {
  readonly of: (schema: z.ZodType) => z.ZodType;
  json(numeral: string): string;
  inside(value: any): unknown;
}[] = [
  { of: (one) => z.array(one), json: (numeral) => `a[${numeral}]`, inside: ([value]) => value },
  { of: (one) => z.object({ v: one }), json: (numeral) => `o{"v": ${numeral}}`, inside: ({ v }) => v },
  {
    of: (one) => z.array(z.object({ v: one.nullable().optional(), w: z.array(one.readonly()) })),
    json: (numeral) => `a[{"v":null,"w":[]},{"v":${numeral},"w":[${numeral}]}]`,
    inside: ([, { v, w }]) => (Object.is(v, w[0]) ? v : [v, w]),
  },
];

/** A number as a field of a record has it. */
const asField = (numeral: string): string =>
  Buffer.from(plainNumeral(Buffer.from(numeral), 0, numeral.length) ?? Buffer.from(numeral)).toString();

type Decoded = Awaited<ReturnType<typeof decoded>>[number];

/** Whether a number inside has the verdict and the value that it has in a column. */
function isAlike({ values, reasons }: Decoded, place: number): boolean {
  const codes = (name: string) => [...new Set((reasons ?? []).flatMap(({ column, code }) => (column === name ? code : [])))]; // prettier-ignore
  const [top, mine] = [codes('top'), codes(`p${place}`)];
  // What is no whole number, or too large, is none of the column's type; zod says of it which of the two.
  if (top.includes('decode')) return mine.some((code) => /^(?:invalid_type|too_big|too_small)$/.test(code));
  if (reasons !== null) return isDeepStrictEqual(mine, top);
  return Object.is(places[place]!.inside(JSON.parse(values[`p${place}`]!)), Number(values['top']));
}

test('a number is judged inside as it is in a column, and is the same', async () => {
  console.log(`seed ${SEED}`);
  const sample = fc.sample(numerals, { seed: SEED, numRuns: 1500 });
  const wrong: unknown[] = [];
  let [accepted, all] = [0, 0];
  for (const schema of schemas) {
    const columns = places.map(({ of }, i) => [`p${i}`, of(schema)] as const);
    const row = z.object({ top: schema, ...Object.fromEntries(columns) });
    const given = sample.map((one) => [`n${asField(one)}`, ...places.map(({ json }) => json(one))]);
    for (const [i, one] of (await decoded(engine, row, given, { tagged: true })).entries()) {
      if (!places.every((_, place) => isAlike(one, place))) wrong.push([sample[i], schema.def, one]);
      accepted += one.reasons === null ? 1 : 0;
      all += 1;
    }
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(accepted).toBeGreaterThan(5000);
  expect(all - accepted).toBeGreaterThan(5000);
});
