/** Records that are read as alike: the same rows, values and reasons as where each is read by itself. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import type { Format, Prepared } from '../../../core/formats/format.ts';
import { json } from '../../../core/formats/json.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { jsonSequence } from '../../../core/formats/json-sequence.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { compileDecode } from '../../../core/plan/decode.ts';
import { readCsv } from '../../../core/plan/read.ts';
import { toldSource } from '../../../core/plan/told-source.ts';
import { columnsOf } from '../../../core/row.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { bytesOf, canonicalRows, prepared, SEED } from '../../support/formats.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

const lines = (...records: string[]): Uint8Array => bytesOf(records.join('\n'));
const told = (records: Uint8Array, fields = ['a', 'b']): Prepared => prepared(jsonl(), records, { fields });

describe('what is told of the fields', () => {
  it.each([
    ['whole numbers and texts', ['{"a":1,"b":"x"}', '{"a":-20,"b":"y"}'], ['n3', 's']],
    ['a number that the engine would write otherwise', ['{"a":1,"b":1}', '{"a":-0,"b":1.0}'], ['n', 'n']],
    ['a number of many digits', ['{"a":1,"b":1}', `{"a":${'9'.repeat(300)},"b":1}`], ['n', 'n1']],
    ['several types', ['{"a":1,"b":null}', '{"a":"1","b":null}'], ['several', 'z']],
    ['a field that no record has', ['{"b":true}', '{"b":false}'], ['-', 'b']],
    [
      'other keys around',
      ['{"x":[1,{"y":"}"}],"b":"\\u00e4","a":{}}', '{"x":0,"b":"","a":{"b":[1]}}'],
      ['o', 's'],
    ],
  ])('%s', (_what, records, facts) => {
    const found = told(lines(...records)).told!;
    expect(found.map((one) => (one === null ? 'several' : `${one.tag}${one.digits ?? ''}`))).toEqual(facts);
  });

  it.each([
    ['other keys', '{"b":1,"a":2}'],
    ['other white space', '{"a": 1,"b":2}'],
    ['another end', '{"a":1,"b":2,"c":3}'],
    ['no JSON', '{"a":1,"b":02}'],
    ['no end', '{"a":1,"b":2'],
    ['half of a pair', '{"a":"\\ud800","b":2}'],
    ['a line end in a text', '{"a":"\\n","b":2}'],
    ['the delimiter in a text', '{"a":"\\u001f","b":2}'],
    ['too many levels', `{"a":${'['.repeat(100)}${']'.repeat(100)},"b":2}`],
  ])('nothing where a record has %s', (_what, record) => {
    const both = lines('{"a":1,"b":2}', record);
    expect(told(lines('{"a":1,"b":2}', '{"a":1,"b":2}')).told).toBeDefined();
    expect(told(both).told).toBeUndefined();
  });

  it('nothing where bytes are not UTF-8, or a record is too long', () => {
    const bytes = lines('{"a":1,"b":"xy"}', '{"a":1,"b":"zz"}');
    expect(told(bytes).told).toBeDefined();
    expect(told(bytes.map((byte) => (byte === 122 ? 0xff : byte))).told).toBeUndefined();
    const limits = { ...defaultLimits, recordBytes: 15 };
    expect(prepared(jsonl(), bytes, { fields: ['a', 'b'], limits }).told).toBeUndefined();
  });

  it('with tags where a row would have nothing in it, nothing where it would start as a byte order mark does', () => {
    expect(told(lines('{"a":"x"}', '{"a":"y"}'), ['a']).columns).toEqual(['f0']);
    expect(told(lines('{"a":"x"}', '{"a":""}'), ['a']).columns).toEqual(['f0', '_tags']);
    expect(told(lines('{"a":"\ufeffx"}'), ['a']).told).toBeUndefined();
  });
});

/** Every kind, with and without rules about its text, and each way to be without a value. */
const row = z.object({
  whole: z.int().min(-5),
  big: z.bigint(),
  real: z.number().max(1000),
  money: decimal(6, 2),
  text: z.string().regex(/^[a-z]*$/).nullable(),
  word: z.enum(['ab', 'cd']).optional(),
  flag: z.boolean().default(true),
  day: z.iso.date().nullable(),
  at: z.iso.datetime().optional(),
  list: z.array(z.int()).optional(),
  kept: z.string().optional(),
  ruled: z.int().nullable(),
}); // prettier-ignore
const rules: Record<string, DecodeOptions> = {
  kept: { trim: true, nulls: ['none'] },
  ruled: { thousands: ',' },
  at: { epoch: 'seconds' },
};
const names = Object.keys(row.shape);

/** The rows of an object as they are judged, by the way that is taken. */
async function judged(format: Format, object: Uint8Array, exact: boolean) {
  const chunk = prepared(format, object, { fields: names, exact });
  const path = join(engine.folder, 'alike.csv');
  await writeFile(path, chunk.bytes);
  const bound = Object.fromEntries(names.map((name, i) => [name, `f${i}`]));
  const { fields, typed, types } = toldSource(chunk, bound);
  const decode = compileDecode({
    row,
    columns: columnsOf(row.shape, 'row'),
    rules,
    fields: Object.fromEntries(names.map((name) => [name, { text: fields[name]! }])),
    tagged: true,
    faulty: chunk.columns[0] === '_fault',
    typed,
    skip: [],
  });
  for (const fn of decode.functions) engine.register(fn);
  const from = readCsv(path, chunk.dialect, chunk.columns, types);
  const rows = await engine.rows(`SELECT to_json(r)::VARCHAR AS r FROM (${decode.select(from)}) r`);
  await rm(path);
  return { isTold: chunk.told !== undefined, rows: rows.map((one) => one['r'] as string) };
}

const numerals = fc.oneof(
  fc.integer({ min: -9, max: 2000 }).map(String),
  fc.constantFrom('-0', '0', '0.5', '1.50', '1.500', '12.0', '1e3', '1E-2', '250e-2', '1e400', '1e30', '999999999', '1234567890', '9007199254740993', '99999999999999999999', '-9223372036854775808'),
); // prettier-ignore
const texts = fc.oneof(
  fc.constantFrom('ab', 'cd', 'none', '', ' x ', '1', '1,234', 'true', '2024-02-29', '2024-02-30', 'é', '👍', '"', "'", ',', '\\', '-'),
  fc.string({ maxLength: 3 }),
).map((text) => JSON.stringify(text)); // prettier-ignore
const others = fc.constantFrom('true', 'false', 'null', '[]', '[1,2]', '{}', '["a"]', '"\\u0061"', '"a\\nb"');
/** Of one field: mostly of one type in all records. */
const values = fc.oneof(
  { weight: 4, arbitrary: fc.constant(numerals) },
  { weight: 4, arbitrary: fc.constant(texts) },
  { weight: 1, arbitrary: fc.constant(fc.oneof(numerals, texts, others)) },
  { weight: 1, arbitrary: fc.constant(fc.constantFrom('true', 'false')) },
  { weight: 1, arbitrary: fc.constant(fc.constantFrom('null', '1')) },
);
const records = fc
  .record({
    keys: fc.shuffledSubarray([...names, 'extra'], { minLength: 1 }),
    colon: fc.constantFrom(':', ': '),
    damage: fc.oneof({ weight: 5, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom('}', ' ', '{"whole":1}', '{"a":') }),
  })
  .chain(({ keys, colon, damage }) =>
    fc.tuple(...keys.map(() => values)).chain((kinds) =>
      fc
        .array(fc.tuple(...kinds), { minLength: 5, maxLength: 40, size: 'max' })
        .map((all) => [
          ...all.map((one) => `{${keys.map((key, i) => `"${key}"${colon}${one[i]}`).join(',')}}`),
          ...(damage === '' ? [] : [damage]),
        ]),
    ),
  ); // prettier-ignore

it('any records are judged as where each is read by itself', async () => {
  console.log(`seed ${SEED}`);
  let alike = 0;
  let rows = 0;
  await fc.assert(
    fc.asyncProperty(records, fc.constantFrom(0, 1, 2), async (given, which) => {
      const whole = given.filter((one) => one.startsWith('{"') && one.endsWith('}'));
      const [format, object] = [
        [jsonl(), given.join('\n')] as const,
        [json(), `[${whole.join(', ')}]`] as const,
        [jsonSequence(), whole.join('\n')] as const,
      ][which]!;
      const fast = await judged(format, bytesOf(object), false);
      const slow = await judged(format, bytesOf(object), true);
      expect(fast.rows).toEqual(slow.rows);
      expect(slow.isTold).toBe(false);
      expect(canonicalRows(prepared(format, bytesOf(object), { fields: names }))).toEqual(
        canonicalRows(prepared(format, bytesOf(object), { fields: names, exact: true })),
      );
      alike += fast.isTold ? 1 : 0;
      rows += fast.rows.length;
    }),
    { seed: SEED, numRuns: 50, endOnFailure: true },
  );
  expect(alike).toBeGreaterThan(25);
  expect(rows).toBeGreaterThan(500);
});
