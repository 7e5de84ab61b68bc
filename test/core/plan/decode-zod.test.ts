/** zod inside the scan: when it is asked, of which texts, and of which rows. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { decimal } from '../../../core/types/decimal.ts';
import { codes, compiled, decoded } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

describe('zod inside the scan', () => {
  async function asked(
    schema: z.ZodObject,
    rows: readonly (readonly string[])[],
    tagged = false,
  ): Promise<string[]> {
    const decode = compiled(schema, { tagged });
    const calls: string[] = [];
    for (const { name, call } of decode.functions) {
      engine.register({ name, call: (text) => (calls.push(text), call(text)) });
    }
    const values = rows.map((row) => `(${row.map((text) => `'${text}'`).join(', ')})`).join(', ');
    const names = rows[0]!.map((_, i) => `f${i}`).join(', ');
    await engine.run(
      `CREATE OR REPLACE TABLE decided AS ${decode.select(`(VALUES ${values}) AS v(${names})`)}`,
    );
    return calls;
  }
  test('is asked only where SQL cannot decide', async () => {
    expect(await asked(z.object({ c: z.string().regex(/^.$/) }), [['a'], ['é'], ['bb'], ['👍']])).toEqual([
      'é',
      '👍',
    ]);
    expect(await asked(z.object({ c: z.string().regex(/^[A-Z]{2}$/).min(1) }), [['DE'], ['é'], ['']])).toEqual([]); // prettier-ignore
    expect(await asked(z.object({ c: z.int().refine((n) => n > 3) }), [['1'], ['x'], ['']])).toEqual(['1']);
  });
  test('is asked once for equal texts', () => {
    let runs = 0;
    const schema = z.string().refine((text) => {
      runs += 1;
      return text === 'a';
    });
    const [fn] = compiled(z.object({ c: schema })).functions;
    runs = 0;
    const answers = ['a', 'b', 'a', 'b'].map((text) => fn!.call(text));
    expect(answers.map((answer) => answer?.[0] ?? null)).toEqual([null, '?', null, '?']);
    expect(runs).toBe(2);
  });
  test('a check that throws, or turns out to be asynchronous, is a reason and not a failed run', async () => {
    const broken = z.string().refine((text) => {
      if (text === 'a') throw new Error("can't read it");
      return text === 'b' ? (Promise.resolve(true) as unknown as boolean) : true;
    });
    const rows = await decoded(engine, z.object({ c: broken }), [['a'], ['b'], ['c']]);
    expect(
      rows.map(({ reasons }) => reasons?.map(({ code, message }) => `${code}: ${message}`) ?? null),
    ).toEqual([
      ["custom: the check failed: can't read it"],
      [expect.stringMatching(/^custom: the check failed: .*(async|Promise)/)],
      null,
    ]);
  });
  test('nor does a text fail the run that is no JSON after all', async () => {
    const rows = await decoded(engine, z.object({ c: z.array(z.int()) }), [['a[1'], ['a[1]']], {
      tagged: true,
    });
    expect(rows.map(({ values, reasons }) => [values['c'], codes(reasons)])).toEqual([
      [null, ['c:custom']],
      ['[1]', null],
    ]);
  });
  test('what zod changes, it changes in the table too', async () => {
    const rows = await decoded(engine, z.object({ c: z.url() }), [[' http://a.b/ '], ['http://a.b'], ['no']]);
    expect(rows.map(({ values, reasons }) => [values['c'], codes(reasons)])).toEqual([
      ['http://a.b/', null], ['http://a.b', null], [null, ['c:invalid_format']],
    ]); // prettier-ignore
  });
});

describe('checks on the row', () => {
  const row = z
    .object({
      a: z.int().max(9),
      b: z.string().min(2).default('xx'),
      c: decimal(5, 2).nullable(),
      d: z.iso.datetime(),
    })
    .refine(({ a, b }) => a !== b.length, { path: ['b'], message: 'as long as a says' })
    .superRefine(({ c, d }, ctx) => {
      if (c === 1.5 && d === '2024-01-01T00:00:00Z') ctx.addIssue({ code: 'custom', message: 'never both' });
    });
  const day = '2024-01-01T01:00:00+01:00';

  test('see the row as zod would, and name the column if they can', async () => {
    const rows = await decoded(engine, row, [
      ['2', 'ab', '', day], ['1', 'ab', '1.50', day], ['2', 'ab', '1.5', day], ['3', 'ab', '2', day],
    ]); // prettier-ignore
    expect(rows.map(({ reasons }) => reasons)).toEqual([
      [{ column: 'b', code: 'custom', message: 'as long as a says', value: 'ab' }],
      [{ column: null, code: 'custom', message: 'never both', value: null }],
      [
        { column: 'b', code: 'custom', message: 'as long as a says', value: 'ab' },
        { column: null, code: 'custom', message: 'never both', value: null },
      ],
      null,
    ]);
  });
  test('run as in zod: after a value out of bounds, not after one that is none', async () => {
    const rows = await decoded(engine, row, [
      ['1', 'x', '', day],
      ['x', 'x', '', day],
    ]);
    expect(rows.map(({ reasons }) => codes(reasons))).toEqual([
      ['b:too_small', 'b:custom'],
      ['a:decode', 'b:too_small'],
    ]);
    const said = row.safeParse({ a: 1, b: 'x', c: null, d: '2024-01-01T00:00:00Z' });
    expect(said.error!.issues.map(({ code }) => code)).toEqual(['too_small', 'custom']);
  });
  test('see what zod made of a value, also of one with faults', async () => {
    const shape = z.object({ a: z.int(), b: z.string().default('x') });
    const whole = z
      .object({ o: shape, u: z.url().max(9) })
      .refine(({ o, u }) => JSON.stringify([o, u]).length < 40);
    const text = `{"a":9007199254740993,"more":"${'x'.repeat(40)}"}`;
    const rows = await decoded(engine, whole, [[`o${text}`, 's  http://a.b  ']], { tagged: true });
    const said = whole.safeParse({ o: JSON.parse(text), u: '  http://a.b  ' });
    expect(codes(rows[0]!.reasons)).toEqual(
      said.error!.issues.map(({ code, path }) => `${String(path[0] ?? 'null')}:${code}`),
    );
    expect(codes(rows[0]!.reasons)).toEqual(['o:too_big', 'u:too_big', 'null:custom']);
  });
  test('are refused where they could not run', () => {
    const wide = z.object({ c: decimal(20, 2) }).refine(() => true);
    expect(() => compiled(wide)).toThrow('more digits');
    expect(() => compiled(z.object({ c: z.int() }).refine(async () => true))).toThrow('synchronous');
    expect(() => compiled(z.object({ c: z.int() }).refine(() => true, { when: () => true }))).toThrow(
      '`when`',
    );
    expect(() => compiled(z.strictObject({ c: z.int() }))).toThrow('z.object()');
  });
});
