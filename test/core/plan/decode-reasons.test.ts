/** The reasons against a row: each with what was found and expected, the same whoever found it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { compileDecode } from '../../../core/plan/decode.ts';
import { columnsOf } from '../../../core/row.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { codes, decoded } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

describe('reasons', () => {
  const row = z.object({
    id: z.string().min(3),
    amount: decimal(12, 2).max(100_000),
    placed: z.iso.date(),
    status: z.enum(['open', 'paid']),
    note: z.string().regex(/^.{2}$/).nullable(),
    n: z.int().default(7),
  }); // prettier-ignore

  test('every reason of a row, each with what was found and expected', async () => {
    const [good, bad, empty] = await decoded(engine, row, [
      ['abc', '1.5', '2024-01-31', 'paid', 'ab', ''],
      ['👍', '100000.01', '31.01.2024', 'lost', '👍', '1.9'],
      ['', '', '', '', '', ''],
    ]);
    expect(good).toEqual({
      values: { id: 'abc', amount: '1.50', placed: '2024-01-31', status: 'paid', note: 'ab', n: '7' },
      reasons: null,
      filtered: false,
    });
    expect(bad!.values).toEqual({ id: null, amount: null, placed: null, status: null, note: '👍', n: null });
    expect(bad!.reasons).toEqual([
      {
        column: 'id',
        code: 'too_small',
        message: 'expected at least 3 characters, found fewer',
        value: '👍',
      },
      {
        column: 'amount',
        code: 'too_big',
        message: 'expected at most 100000, found more',
        value: '100000.01',
      },
      {
        column: 'placed',
        code: 'decode',
        message: 'expected a date as YYYY-MM-DD, found another text',
        value: '31.01.2024',
      },
      {
        column: 'status',
        code: 'invalid_value',
        message: 'expected one of "open", "paid", found something else',
        value: 'lost',
      },
      {
        column: 'n',
        code: 'decode',
        message: 'expected a whole number from -9007199254740991 to 9007199254740991, found another text',
        value: '1.9',
      },
    ]);
    expect(codes(empty!.reasons)).toEqual([
      'id:too_small',
      'amount:invalid_type',
      'placed:invalid_type',
      'status:invalid_value',
      'note:invalid_format',
    ]);
    expect(empty!.reasons![1]).toEqual({
      column: 'amount',
      code: 'invalid_type',
      message: 'expected a number, found none',
      value: null,
    });
  });

  test('in JSON they name the type that was found', async () => {
    const rows = await decoded(engine, z.object({ a: z.string(), b: z.array(z.int()) }), [['n1', 'o{}'], ['znull', ''], ['sx', 'a["x"]']], { tagged: true }); // prettier-ignore
    expect(rows.map(({ reasons }) => reasons!.map(({ message, value }) => [message, value]))).toEqual([
      [['expected a text, found a number', '1'], ['expected a list, found an object', '{}']],
      [['expected a text, found null', null], ['expected a list, found nothing', null]],
      [['at []: expected a number, found a text', '["x"]']],
    ]); // prettier-ignore
  });

  test('and are the same, whether or not every field of a row has the type that its column takes', async () => {
    const row = z.object({
      a: z.string().max(3),
      b: z.int().min(2).nullable(),
      c: z.boolean().default(true),
      d: decimal(5, 2),
    });
    const given = [
      ['sx', 'n2', 'btrue', 'n1.5'], ['sxxxx', 'n1', 'bfalse', 'n1.555'], // the usual types
      ['sx', 'znull', 'btrue', 'n1.5'], ['sx', 'n2', '', 's1.50'], ['zn', 'z', 'ztrue', ''], ['n2', 's2', 'n1', 'o{}'],
    ]; // prettier-ignore
    const together = await decoded(engine, row, given, { tagged: true });
    const alone = [];
    for (const one of given) alone.push(...(await decoded(engine, row, [one], { tagged: true })));
    expect(together).toEqual(alone);
    expect(together.map(({ values, reasons }) => [Object.values(values).join(), codes(reasons)])).toEqual([
      ['x,2,true,1.50', null],
      [',,false,', ['a:too_big', 'b:too_small', 'd:decode']],
      ['x,,true,1.50', null],
      ['x,2,true,1.50', null],
      [',,,', ['a:invalid_type', 'c:invalid_type', 'd:invalid_type']],
      [',,,', ['a:invalid_type', 'b:invalid_type', 'c:invalid_type', 'd:invalid_type']],
    ]);
  });

  test('a field of two columns is to each what it takes', async () => {
    const row = z.object({ text: z.string(), number: z.int(), other: z.string() });
    const fields = { text: { text: 'f0' }, number: { text: 'f0' }, other: { text: 'f2' } };
    const of = { row, columns: columnsOf(row.shape, 'row'), rules: {}, fields, tagged: true, faulty: false, skip: [] }; // prettier-ignore
    const sql = compileDecode(of).select(`(VALUES ('7', 'x', 's-s'), ('7', 'x', 'n-s')) v(f0, f2, _tags)`);
    // Of one that no column reads, and of one that is read twice, no type is usual.
    expect(sql).toContain(`"_tags" = '??s' AS "_usual"`);
    const rows = await engine.rows(`SELECT text, number, other, len("_reasons") AS reasons FROM (${sql})`);
    expect(rows).toEqual([
      { text: '7', number: null, other: 'x', reasons: 1 },
      { text: null, number: 7, other: 'x', reasons: 1 },
    ]);
  });

  test('the same fault reads the same, whether SQL or zod found it', async () => {
    const rows = await decoded(engine, z.object({ c: z.string().regex(/^.$/).max(3) }), [['abcd'], ['ébcd']]);
    expect(rows[0]!.reasons!.map(({ message }) => message)).toEqual(
      rows[1]!.reasons!.map(({ message }) => message),
    );
    expect(codes(rows[1]!.reasons)).toEqual(['c:invalid_format', 'c:too_big']);
  });

  test('a check that aborts is the last, as in zod', async () => {
    const schema = z.object({ c: z.string().min(2, { abort: true }).regex(/^a/) });
    const rows = await decoded(engine, schema, [['b'], ['bb']]);
    expect(rows.map(({ reasons }) => codes(reasons))).toEqual([['c:too_small'], ['c:invalid_format']]);
  });

  test("the definition's own words stay", async () => {
    const schema = z.object({
      c: z.string().min(3, "it's too short").regex(/^a/),
      n: z.int({ error: 'a number, please' }),
    });
    const rows = await decoded(engine, schema, [['b', '']]);
    expect(rows[0]!.reasons!.map(({ message }) => message)).toEqual([
      "it's too short",
      'expected a text that matches /^a/, found another text',
      'a number, please',
    ]);
  });
});
