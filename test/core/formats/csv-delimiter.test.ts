/** Delimiters of several characters: what is written with one comes back as it was, whatever the blocks are. */

import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import { bytesOf, canonicalRows, prepared, scanned, SEED } from '../../support/formats.ts';

const rowsOf = (delimiter: string, text: string, more: object = {}) =>
  canonicalRows(prepared(csv({ delimiter, ...more }), bytesOf(text)));
const malformed = (message: RegExp) => ({
  faults: [expect.objectContaining({ code: 'malformed', message: expect.stringMatching(message) })],
});
const lateText = malformed(/after a closing quote, found text/);

describe('a delimiter of several characters', () => {
  it.each<[string, string, unknown[]]>([
    ['||', 'a||b\n1||2|3\n|4|||5\n', [{ fields: ['1', '2|3'] }, { fields: ['|4', '|5'] }]],
    ['~|~', 'a~|~b\n"1~|~""2"~|~~\n~~|~|\n', [{ fields: ['1~|~"2', '~'] }, { fields: ['~', '|'] }]],
    // The first place where it stands whole ends the field; what it shares with another is read once.
    ['aba', 'xabay\n1ababa2\n', [{ fields: ['1', 'ba2'] }]],
    ['::', 'a::b\n::\n1::"2\n3"\n', [{ fields: ['', ''] }, { fields: ['1', '2\n3'] }]],
    ['||', 'a||b\n"1"|2\n"1" ||2\n1||"2"|\n"1"||2\n', [malformed(/./), lateText, lateText, { fields: ['1', '2'] }]],
    ['||', 'a||b\n1|"2||3\n1||2||\n', [{ fields: ['1|"2', '3'] }, malformed(/expected 2 fields, found 3/)]],
    ['||', 'a||b\n1||2\na||b\n"a"||"b"\n', [{ fields: ['1', '2'] }, malformed(/header again/), malformed(/header again/)]],
  ])('%s in %j', (delimiter, text, rows) => {
    expect(rowsOf(delimiter, text)).toEqual(rows);
    for (const blocks of [[1], [2], [3, 1]]) {
      expect(scanned(csv({ delimiter }), bytesOf(text), blocks)).toEqual(scanned(csv({ delimiter }), bytesOf(text)));
    }
  }); // prettier-ignore

  it('stands whole behind the one before it, and in its own record, whatever the blocks are', () => {
    expect(scanned(csv({ delimiter: 'aba' }), bytesOf('xabay\n1ababa2\n')).notes).toBe(csvNotes.lf);
    // The first record looks as if its quote was not closed: behind it, the scanner begins anew.
    const object = bytesOf('a||b\n1||"x|\ny|"z\n|"0||z\n2||3\n');
    const whole = scanned(csv({ delimiter: '||' }), object);
    expect(whole).toMatchObject({ records: 3, torn: [] });
    for (let block = 1; block < object.length; block++)
      expect(scanned(csv({ delimiter: '||' }), object, [block])).toEqual(whole);
  });

  it('is not its last character alone, in lines that could be taken several at a time', () => {
    const lines = (mark: string) =>
      bytesOf(`a~|b\n${`1${mark}${'x'.repeat(20)}\n`.repeat(50)}1~|${'x'.repeat(20)}`);
    const notes = (mark: string) => scanned(csv({ delimiter: '~|' }), lines(mark)).notes;
    expect([notes('~|'), notes('|')]).toEqual([csvNotes.lf, csvNotes.lf | csvNotes.irregular]);
  });

  it('does not hide a quote that is never closed: it costs its own record', () => {
    const good = Array.from({ length: 6 }, (_, i) => `${i}||"b ${i}"`);
    const rows = rowsOf('||', `a||b\n"1\n2"x||3\n0||"open\n${good.join('\n')}\n`);
    expect(rows.filter((row) => 'fields' in row)).toHaveLength(good.length);
  });

  it('may be missing at the end of a record, or be too often there, where the definition says so', () => {
    const text = 'a||b\n1\n1||2||||\n1||2|||\n1||"2"||\n';
    expect(rowsOf('||', text, { ragged: true })).toEqual([
      { fields: ['1', ''] },
      { fields: ['1', '2'] },
      malformed(/found 3/),
      { fields: ['1', '2'] },
    ]);
  });

  it('is read in UTF-16 too, and its records stand where they stood', () => {
    const text = 'a~|~b\n1~|~é\n2\n3~|~4\n';
    const object = Buffer.from(text, 'utf16le');
    const format = csv({ delimiter: '~|~', encoding: 'utf-16le' });
    const { body, records } = scanned(format, object, [3]);
    expect(records).toBe(3);
    const { starts, ends } = format.index(body);
    expect(Buffer.from(body.subarray(starts[1], ends[1])).toString('utf16le')).toBe('2');
    expect(canonicalRows(prepared(format, object))).toEqual([
      { fields: ['1', 'é'] },
      malformed(/found 1/),
      { fields: ['3', '4'] },
    ]);
  });

  it('that a definition gives is not looked for: a file with another one has a header of one field', () => {
    expect(scanned(csv({ delimiter: '||' }), bytesOf('a|b\n1|2\n')).header.fields).toEqual(['a|b']);
  });

  it('gives the table that was written, with the fields counted for its notes', () => {
    const delimiter = fc.constantFrom('||', '~|~', '::', ', ', 'aba', '<>', 'abcdefgh');
    const table = delimiter.chain((mark) => {
      const part = fc.constantFrom(mark, ...mark, ' ', '"', '\n', '\r\n', 'x', 'é');
      const field = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(''));
      return fc.record({
        mark: fc.constant(mark),
        rows: fc.array(fc.array(field, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 6 }),
        blocks: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      });
    });
    fc.assert(
      fc.property(table, ({ mark, rows, blocks }) => {
        const write = (field: string): string =>
          /["\r\n]/.test(field) || [...mark].some((one) => field.includes(one))
            ? `"${field.replaceAll('"', '""')}"`
            : field;
        const text = `h${mark}i\n${rows.map((row) => row.map(write).join(mark)).join('\n')}\n`;
        const format = csv({ delimiter: mark });
        const cut = scanned(format, bytesOf(text), blocks);
        expect(cut).toEqual(scanned(format, bytesOf(text)));
        expect(cut.records).toBe(rows.length);
        expect(cut.notes & (csvNotes.irregular | csvNotes.afterQuote | csvNotes.oddQuote)).toBe(0);
        expect(parse(text, { delimiter: mark, recordDelimiter: '\n' }).slice(1)).toEqual(rows);
        expect(rowsOf(mark, text)).toEqual(rows.map((fields) => ({ fields })));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });
});

it.each([
  [{ delimiter: '' }, /up to eight ASCII characters/],
  [{ delimiter: '123456789' }, /up to eight ASCII characters/],
  [{ delimiter: '|é' }, /up to eight ASCII characters/],
  [{ delimiter: '|\n' }, /no line end/],
  [{ delimiter: '"|' }, /must not hold the quote/],
  [{ delimiter: '|#', comment: '#' }, /must not hold the quote or the mark of a comment/],
  [{ delimiter: '||', escape: 'backslash' }, /fields are quoted: no backslashes/],
  [{ delimiter: '||', blanks: 'ignored' }, /no `blanks: "ignored"`/],
])('the options %j are refused', (options, message) => {
  expect(() => csv(options as never)).toThrow(message);
});
