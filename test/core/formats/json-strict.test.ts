/** JSON that is almost right, in a place where a fast way through it could pass: no record is taken for another. */

import { describe, expect, it } from 'vitest';
import { alikeInBlocks } from '../../../core/formats/json-alike.ts';
import { json } from '../../../core/formats/json.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { jsonSequence } from '../../../core/formats/json-sequence.ts';
import { defaultLimits, type Limits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared } from '../../support/formats.ts';

const ok = (...fields: string[]) => ({ fields });
const fault = (code: string, message: string) => ({ faults: [{ column: null, code, message, value: null }] });
const rowsOf = (text: string, { exact = false, limits = defaultLimits }: { exact?: boolean; limits?: Limits } = {}) =>
  canonicalRows(prepared(text.startsWith('[') ? json() : jsonl(), bytesOf(text), { fields: ['a'], exact, limits })); // prettier-ignore

describe('a record that differs from the others', () => {
  it.each([
    ['at its end, by as many bytes', '{"a":1 }\n{"a":1]}\n', 'expected "," or "}" after a value, found "]"'],
    ['by what follows it in a list', '[{"a":1},{"a":1} x]', 'expected the end of the record after an object, found more'],
    ['by a key without its colon', '{"a":1}\n{"a"1}\n', 'expected ":" after a key, found a number'],
    ['by a value without a key', '{"a":1}\n{1}\n', 'expected a key in double quotes, found a number'],
    ['by another record on its line', '{"a":1}\n{"a":1}{"a":2}\n', 'expected the end of the record after an object, found more'],
    ['by being false', '{"a":1}\nfalse\n', 'expected an object, found true or false'],
  ])('%s', (_, text, message) => {
    for (const exact of [false, true])
      expect(rowsOf(text, { exact })).toEqual([ok('n1'), fault('malformed', message)]);
  }); // prettier-ignore

  it('by half of a surrogate pair, also inside of another value', () => {
    const half = fault('encoding', 'expected Unicode text, found half of a surrogate pair');
    expect(rowsOf('{"a":{"x":"y"}}\n{"a":{"x":"\\ud800"}}\n')).toEqual([ok('o{"x":"y"}'), half]);
    expect(rowsOf('{"a":"y"}\n{"a":"\\ud800"}\n')).toEqual([ok('sy'), half]);
  });

  it('by how its key is written: the same bytes may be another name', () => {
    const lines = [String.raw`{"\\u0061":1}`, String.raw`{"\u0061":2}`];
    expect(lines.flatMap((line) => Object.keys(JSON.parse(line) as object))).toEqual(['\\u0061', 'a']);
    expect(rowsOf(lines.join('\n'), { exact: true })).toEqual([ok(''), ok('n2')]);
  });

  it('by nothing but a field that no column asks for, with a power', () => {
    for (const exact of [false, true])
      expect(rowsOf('{"b":1e2,"a":1}\n{"b":3e2,"a":2}\n', { exact })).toEqual([ok('n1'), ok('n2')]);
  });

  it('by being a text, behind white space on a line of its own', () => {
    const text = fault('malformed', 'expected an object, found a text');
    expect(rowsOf('{"a":1}\n  "x"\n{"a":2}\n')).toEqual([ok('n1'), text, ok('n2')]);
  });

  it('by being nothing, first in a list', () => {
    const nothing = fault('malformed', 'expected an object, found nothing');
    expect(rowsOf('[,{"a":1}]', { exact: true })).toEqual([nothing, ok('n1')]);
  });

  it('by its length', () => {
    const limits = { ...defaultLimits, recordBytes: 50 };
    const lines = Array.from({ length: 40 }, (_, i) => `{"a":"${'x'.repeat(i === 30 ? 50 : 5)}"}`);
    const rows = rowsOf(lines.join('\n'), { limits });
    expect(rows).toHaveLength(40);
    expect(rows.filter((row) => 'faults' in row)).toEqual([
      fault('too_long', 'expected at most 50 bytes, found more'),
    ]);
  });
});

describe('a first record', () => {
  it('without a colon does not make others right that have none', () => {
    const none = fault('malformed', 'expected ":" after a key, found ";"');
    for (const exact of [false, true]) expect(rowsOf('{"a";1}\n{"a";2}\n', { exact })).toEqual([none, none]);
  });

  it('that has too many fields does not make the others right', () => {
    const many = fault('malformed', 'expected a number of fields up to 2, found more');
    const limits = { ...defaultLimits, fields: 2 };
    expect(rowsOf('{"a":1,"b":2,"c":3}\n'.repeat(2), { limits })).toEqual([many, many]);
  });

  it.each([
    ['x"a":1}', 'expected a value, found "x"'],
    ['{xa":1}', 'expected a key in double quotes, found "x"'],
    ['{"a":1;"b":2}', 'expected "," or "}" after a value, found ";"'],
    ['{"a":1} x', 'expected the end of the record after an object, found more'],
  ])('that is no JSON is no pattern for one that is as wrong: %s', (line, message) => {
    expect(rowsOf(`${line}\n${line}\n`)).toEqual([fault('malformed', message), fault('malformed', message)]);
  });

  it('with half of a surrogate pair in a key is none either', () => {
    const half = fault('encoding', 'expected Unicode text, found half of a surrogate pair');
    expect(rowsOf('{"a":1,"\\ud800":2}\n'.repeat(2))).toEqual([half, half]);
  });

  it('with a key that is no JSON is rejected, and no failure', () => {
    const odd = String.raw`{"\x":1}`;
    expect(rowsOf(`${odd}\n{"a":1}\n`)).toEqual([
      fault('malformed', String.raw`expected a known escape after "\", found "\\"`),
      ok('n1'),
    ]);
  });

  it('with keys of more bytes than the fast way has room for is read otherwise', () => {
    const line = `{"${'k'.repeat(600_000)}":1,"a":2}\n`;
    expect(rowsOf(line.repeat(2))).toEqual([ok('n2'), ok('n2')]);
  });
});

it.each([
  [json(), '[{"a":1},{"a":2}]'],
  [jsonl(), '{"a":1}\n{"a":2}\n'],
  [jsonSequence(), '{"a":1} {"a":2}'],
])('each record is judged by itself where that is asked for: %#', (format, text) => {
  const columns = (exact: boolean) => prepared(format, bytesOf(text), { fields: ['a'], exact }).columns;
  expect([columns(false), columns(true)]).toEqual([['f0'], ['_fault', 'f0', '_tags']]);
});

it('of no bytes nothing is told', () => {
  expect(alikeInBlocks({ fields: ['a'], notes: 0, limits: defaultLimits }).end()).toBeUndefined();
});
