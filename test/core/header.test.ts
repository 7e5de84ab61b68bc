/** Columns find their fields by name; what is missing or doubtful is refused in words that help. */

import { describe, expect, it } from 'vitest';
import { ObjectRejectedError } from '../../core/errors.ts';
import { bindFields } from '../../core/header.ts';

const column = (from: string, optional = false) => ({ name: from.toLowerCase(), optional, from });
const bind = (header: readonly string[] | null, ...columns: ReturnType<typeof column>[]) =>
  bindFields(columns, { fields: header, bytes: 0 });

function messageOf(header: readonly string[], ...columns: ReturnType<typeof column>[]): string {
  try {
    bind(header, ...columns);
  } catch (error) {
    if (!(error instanceof ObjectRejectedError) || error.code !== 'object.header') throw error;
    return error.message;
  }
  throw new Error('The header was taken.');
}

describe('a header that fits', () => {
  it('binds by name, whatever the order', () => {
    expect(bind(['c', 'a', 'b'], column('a'), column('b'))).toEqual({
      fields: ['c', 'a', 'b'],
      extra: ['c'],
      positions: [1, 2],
    });
  });

  it('may lack what is optional, and give one field to two columns', () => {
    expect(bind(['a'], column('a'), column('b', true), column('a')).positions).toEqual([0, null, 0]);
  });

  it('may repeat or leave unnamed what nobody asks for', () => {
    expect(bind(['x', 'a', 'x', ''], column('a')).extra).toEqual(['x', '']);
  });

  it('may have names with spaces, accents and names of JavaScript', () => {
    const names = ['Order ID', 'Größe', '名前', '__proto__', 'constructor'];
    expect(bind(names.toReversed(), ...names.map((name) => column(name))).positions).toEqual([4, 3, 2, 1, 0]);
  });
});

describe('records that name their own fields', () => {
  it('give the asked fields, each once, in the order asked', () => {
    expect(bind(null, column('b'), column('a'), column('b'))).toEqual({
      fields: ['b', 'a'],
      extra: [],
      positions: [0, 1, 0],
    });
  });
});

describe('a header that does not fit', () => {
  it('says what is missing and what is there', () => {
    expect(messageOf(['x', 'y'], column('Order ID'))).toBe(
      'The header has no field "Order ID", which the column order id needs; it has: "x", "y".',
    );
    expect(messageOf([], column('a'))).toMatch(/it has: nothing\.$/);
  });

  it.each([
    ['Order Id', /Did you mean "Order Id"\? They differ in upper and lower case\./],
    [' Order ID', /Did you mean " Order ID"\? They differ in white space around the name\./],
    ['Order\u00a0ID', /Did you mean .* They differ in white space, dashes/],
    ['Order_ID', /Did you mean "Order_ID"\?/],
    ['\ufeffOrder ID', /Did you mean .* It holds a byte order mark\./],
    ['\ufeff"Order ID"', /Did you mean "\\ufeff\\"Order ID\\""\? It holds a byte order mark\./],
    [' "Order ID"', /Did you mean " \\"Order ID\\""\? White space stands before its quote/],
    ['Ordr ID', /Did you mean "Ordr ID"\?$/],
  ])('guesses that %j was meant', (name, hint) => {
    expect(messageOf([name, 'other'], column('Order ID'))).toMatch(hint);
  });

  it('does not guess what is far away', () => {
    expect(messageOf(['Customer', 'b'], column('Order ID'))).not.toMatch(/Did you mean/);
    expect(messageOf(['x'.repeat(80), 'b'], column(`${'x'.repeat(79)}y`))).toMatch(/Did you mean/);
    expect(messageOf(['x'.repeat(81), 'b'], column(`${'x'.repeat(80)}y`))).not.toMatch(/Did you mean/);
  });

  it.each([';', '\t', '|'])('names a drift of the delimiter to %j', (mark) => {
    const text = messageOf([`a${mark}b${mark}c`], column('a'), column('b'));
    expect(text).toContain(`Its one field contains ${JSON.stringify(mark)}: is that the delimiter`);
  });

  it('refuses a needed field that stands twice, also an optional one', () => {
    const twice = 'The header has the field "a" 2 times, and the column a asks for it. Give each';
    expect(messageOf(['a', 'b', 'a'], column('a'))).toContain(twice);
    expect(messageOf(['a', 'b', 'a'], column('a', true))).toContain(twice);
  });

  it('mentions fields without a name', () => {
    expect(messageOf(['', 'b'], column('Amount'))).toMatch(/One field has no name\.$/);
    expect(messageOf(['', ' ', 'b'], column('Amount'))).toMatch(/2 fields have no name\.$/);
  });

  it('keeps its words short for headers that are not', () => {
    const wide = Array.from({ length: 10_000 }, (_, i) => `field ${i} ${'x'.repeat(200)}`);
    const text = messageOf(wide, column('Amount'));
    expect(text.length).toBeLessThan(5000);
    expect(text).toContain('and 9970 more');
  });
});

describe('a header that may be a record', () => {
  const personal = { ...column('email'), pii: true };
  const told = (header: readonly string[], ...columns: Parameters<typeof bindFields>[0]): string => {
    let message = '';
    expect(() => {
      try {
        bindFields(columns, { fields: header, bytes: 0 });
      } catch (error) {
        message = (error as Error).message;
        throw error;
      }
    }).toThrow(ObjectRejectedError);
    return message;
  };

  it('is not shown where columns are personal', () => {
    expect(told(['1', 'ann@example.com'], column('id'), personal)).toBe(
      'The header has no field "id", which the column id needs; it has: 2 of other names, not shown: it may be a record, ' +
        'and hold personal data.',
    );
  });

  it('is shown where none is, or where a name of it is expected', () => {
    expect(told(['1', 'ann@example.com'], column('id'))).toContain('ann@example.com');
    expect(told(['id', 'e-mail'], column('id'), personal)).toContain('"e-mail"');
    expect(told(['id', 'ann@example.com'], column('id'), personal)).toContain(
      'it has: "id", "ann@example.com".',
    );
  });
});
