/** CSV, case by case: what a header may be, what a record is, and what becomes of one that cannot be read. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, scanned } from '../../support/formats.ts';

const ok = (...fields: string[]) => ({ fields });
const fault = (code: string, message: string) => ({ faults: [{ column: null, code, message, value: null }] });
const rowsOf = (text: string | Uint8Array, options = {}) =>
  canonicalRows(prepared(csv(options), typeof text === 'string' ? bytesOf(text) : text, { exact: true }));
const headerOf = (text: string | Uint8Array, atEnd = true, limits = defaultLimits) =>
  csv().header(typeof text === 'string' ? bytesOf(text) : text, atEnd, limits);

describe('the header', () => {
  it.each([
    ['a,b\n1,2\n', ['a', 'b'], 4],
    ['a,b\r\n1,2', ['a', 'b'], 5],
    ['a,b\r1,2', ['a', 'b'], 4],
    ['a,b', ['a', 'b'], 3],
    ['\n\r\n\ra,b\n', ['a', 'b'], 8],
    ['"Order ID","a ""b""","x,\ny"\n1', ['Order ID', 'a "b"', 'x,\ny'], 28],
    ['Größe,名前, padded \n', ['Größe', '名前', ' padded '], bytesOf('Größe,名前, padded \n').length],
    ['a,,a\n', ['a', '', 'a'], 5],
    ['5" pipe,b\n', ['5" pipe', 'b'], 10],
    ['', [], 0],
    ['\n', [], 1],
    ['\r\n\n', [], 3],
  ])('of %j names %j', (text, fields, bytes) => {
    expect(headerOf(text)).toEqual({ fields, bytes });
  });

  it('needs more bytes until its line has ended for certain', () => {
    expect(headerOf('a,b', false)).toBeUndefined();
    expect(headerOf('a,b\r', false)).toBeUndefined();
    expect(headerOf('a,"b\n', false)).toBeUndefined();
    expect(headerOf('', false)).toBeUndefined();
    expect(headerOf('a,b\r\n', false)).toEqual({ fields: ['a', 'b'], bytes: 5 });
  });

  it('is refused where it cannot be one', () => {
    const small = { ...defaultLimits, headerBytes: 10, fields: 3 };
    expect(() => headerOf('a,"b\n1,2\n')).toThrow(/quote that is not closed/);
    expect(() => headerOf('a,"b"c\n')).toThrow(/text between a closing quote/);
    expect(() => headerOf('a,b,c,d\n', true, small)).toThrow('has 4 fields; the limit (fields) is 3');
    expect(() => headerOf('abcdefghijkl', false, small)).toThrow('does not end within 10 bytes');
    expect(() => headerOf('abcdefghijkl\n', true, small)).toThrow('does not end within 10 bytes');
    expect(() => headerOf('a\0b,c\n')).toThrow(expect.objectContaining({ code: 'object.encoding' }));
    expect(() => headerOf(Uint8Array.of(0x61, 0xe9, 0x2c, 0x62, 10))).toThrow(/field 1 .* not valid UTF-8/);
  });
});

describe('the scanner', () => {
  it.each([
    ['1,5" pipe\n2,b\n3,c\n', 3],
    ['1,2\n\n\n3,4\n', 2],
    ['1,2\r3,4\r5,6', 3],
    ['1,2\r\n3,4\n5,6\r7,8', 4],
    ['1,"a\n\r\nb"\n2,c\n', 2],
    ['1,"a ""quoted"" b"\n', 1],
    ['1,""\n', 1],
    ['""', 1],
    [',', 1],
    [' ', 1],
    ['\n\r\n\r', 0],
    ['', 0],
  ])('finds in %j records: %i', (body, records) => {
    expect(scanned(csv(), bytesOf(`a,b\n${body}`)).records).toBe(records);
    expect(scanned(csv(), bytesOf(`a,b\n${body}`), [1]).records).toBe(records);
  });

  it.each([
    ['1,2\n', ['lf']],
    ['1,2\r\n', ['crlf']],
    ['1,2\r', ['cr']],
    ['1,2', []],
    ['1,"2"\n', ['lf', 'quoted']],
    ['1,"\n"\n', ['lf', 'quoted', 'quotedNewline']],
    ['1, "2"\n', ['lf', 'oddQuote']],
    ['1,2"\n', ['lf', 'oddQuote']],
    ['1,"2"3\n', ['lf', 'quoted', 'afterQuote']],
    ['1,"2" \n', ['lf', 'quoted', 'afterQuote']],
    ['1\n', ['lf', 'irregular']],
    ['1,2,3\n', ['lf', 'irregular']],
    ['\n1,2\n', ['lf', 'blank']],
    ['1,2\n\n', ['lf']],
    ['1,\0\n', ['lf', 'nul']],
    ['1,"\0"\n', ['lf', 'nul', 'quoted']],
    ['1,234567890\n', ['lf', 'long']],
  ] as const)('notes of %j: %j', (body, names) => {
    const limits = { ...defaultLimits, recordBytes: 10 };
    const expected = names.reduce((bits, name) => bits | csvNotes[name], 0);
    expect(scanned(csv(), bytesOf(`a,b\n${body}`), undefined, limits).notes).toBe(expected);
    expect(scanned(csv(), bytesOf(`a,b\n${body}`), [1], limits).notes).toBe(expected);
  });

  it('refuses a quote that never closes, naming where it opens', () => {
    // Of one field, every line would look like a record that follows.
    const object = bytesOf('a\n1\n"4\n5\n');
    expect(() => scanned(csv(), object)).toThrow(
      expect.objectContaining({
        code: 'object.format',
        message: expect.stringMatching(/Record 2 .* byte 4 /),
      }),
    );
    expect(object[4]).toBe('"'.charCodeAt(0));
  });
});

describe('preparing a chunk', () => {
  it('hands regular bytes on as they are', () => {
    const object = bytesOf('a,b\n1,2\n3,4\n');
    const { body } = scanned(csv(), object);
    const asIs = prepared(csv(), object);
    expect(asIs.bytes).toEqual(body);
    expect(asIs.bytes.buffer).toBe(object.buffer);
    expect(asIs.columns).toEqual(['f0', 'f1']);
    expect(asIs.dialect).toEqual({
      delimiter: ',',
      quote: '',
      newline: '\n',
      newlinesInQuotes: false,
      longestRow: 0,
    });
  });

  it.each([
    [
      'a;b\r\n1;2\r\n',
      { delimiter: ';', quote: '', newline: '\r\n', newlinesInQuotes: false, longestRow: 0 },
    ],
    ['a;b\n1;"2"\n', { delimiter: ';', quote: '"', newline: '\n', newlinesInQuotes: false, longestRow: 0 }],
    [
      'a;b\n1;"2\r\n"\n',
      { delimiter: ';', quote: '"', newline: '\n', newlinesInQuotes: true, longestRow: 0 },
    ],
    ['a;b\n1;2', { delimiter: ';', quote: '', newline: '\n', newlinesInQuotes: false, longestRow: 0 }],
  ])('says how to read %j', (text, dialect) => {
    const { columns, dialect: said } = prepared(csv({ delimiter: ';' }), bytesOf(text));
    expect(columns).toEqual(['f0', 'f1']);
    expect(said).toEqual(dialect);
  });

  it.each([
    ['mixed line ends', 'a,b\n1,2\r\n3,4\n'],
    ['CR', 'a,b\n1,2\r3,4\r'],
    ['a ragged record', 'a,b\n1\n'],
    ['a blank line', 'a\n1\n\n2\n'],
    ['a quote after white space', 'a,b\n1, "2"\n'],
    ['text after a quote', 'a,b\n1,"2" \n'],
    ['U+0000', 'a,b\n1,\0\n'],
    ['a byte order mark at its start', 'a,b\n\ufeff1,2\n'],
  ])('goes the exact way for %s', (_, text) => {
    expect(prepared(csv(), bytesOf(text)).columns).toEqual(expect.arrayContaining(['_fault']));
  });

  it('goes the exact way for bytes that are not UTF-8, and for quotes between blanks', () => {
    const latin1 = Buffer.from('a,b\n1,M\u00fcller\n', 'latin1');
    expect(prepared(csv(), latin1).columns[0]).toBe('_fault');
    expect(prepared(csv({ delimiter: ' ' }), bytesOf('a b\n1 "2"\n')).columns[0]).toBe('_fault');
    expect(prepared(csv({ delimiter: ' ' }), bytesOf('a b\n1 2\n')).columns[0]).toBe('f0');
  });
});

describe('the exact way', () => {
  it('reads what was meant', () => {
    expect(rowsOf('a,b\n1,5" pipe\r\n" x ", y \r"a ""b"" c","d\r\ne"\n,""\n')).toEqual([
      ok('1', '5" pipe'),
      ok(' x ', ' y '),
      ok('a "b" c', 'd\r\ne'),
      ok('', ''),
    ]);
    expect(rowsOf(`a;b\n'it''s';"x"\n`, { delimiter: ';', quote: "'" })).toEqual([ok("it's", '"x"')]);
    expect(rowsOf('a,b\n"1,2"\n"x",y\n', { quote: '' })).toEqual([ok('"1', '2"'), ok('"x"', 'y')]);
  });

  it('puts a record that cannot be read aside and leaves its neighbours alone', () => {
    expect(rowsOf('a,b\n1,2\n3\n4,5\n6,7,8\n9,"x"y\n10,"z"\n')).toEqual([
      ok('1', '2'),
      fault('malformed', 'expected 2 fields, found 1'),
      ok('4', '5'),
      fault('malformed', 'expected 2 fields, found 3'),
      fault('malformed', 'expected a delimiter or the end of the record after a closing quote, found text'),
      ok('10', 'z'),
    ]);
  });

  it('rejects the one record whose bytes are not text', () => {
    const lines = ['a,b\n1,ok\n2,', [0xff], '\n3,', [0xed, 0xa0, 0x80], '\n4,x\0y\n5,\u00fc\n'] as const;
    const object = Buffer.concat(lines.map((part) => Buffer.from(part as string)));
    expect(rowsOf(object)).toEqual([
      ok('1', 'ok'),
      fault('encoding', 'expected UTF-8, found bytes that are not'),
      fault('encoding', 'expected UTF-8, found bytes that are not'),
      fault('encoding', 'expected text, found the character U+0000'),
      ok('5', '\u00fc'),
    ]);
  });

  it('rejects a record that is too long', () => {
    const limits = { ...defaultLimits, recordBytes: 10 };
    const object = bytesOf('a,b\n1,23456789\n1,234567890\n1,2\n');
    expect(canonicalRows(prepared(csv(), object, { limits }))).toEqual([
      ok('1', '23456789'),
      fault('too_long', 'expected at most 10 bytes, found more'),
      ok('1', '2'),
    ]);
  });

  it('keeps one row for each record, whatever it costs in room', () => {
    const object = bytesOf(`a\n${`"${'""'.repeat(5000)}"\n`.repeat(20)}`);
    expect(rowsOf(object)).toEqual(Array.from({ length: 20 }, () => ok('"'.repeat(5000))));
  });
});

describe('the index', () => {
  it('tells where each record stands, without its line end', () => {
    const chunk = bytesOf('1,2\r\n\n"a\nb",3\r\r\n4,5');
    const { count, starts, ends } = csv().index(chunk);
    const texts = Array.from({ length: count }, (_, r) =>
      Buffer.from(chunk.subarray(starts[r], ends[r])).toString(),
    );
    expect(texts).toEqual(['1,2', '"a\nb",3', '4,5']);
  });

  it('grows with the chunk', () => {
    expect(csv().index(bytesOf('1\n'.repeat(5000))).count).toBe(5000);
  });
});

describe('options', () => {
  it.each([
    [{ delimiter: ';'.repeat(9) }, /delimiter is up to eight ASCII characters/],
    [{ delimiter: '' }, /delimiter is up to eight ASCII characters/],
    [{ delimiter: '\n' }, /delimiter is up to eight ASCII characters/],
    [{ delimiter: '§' }, /delimiter is up to eight ASCII characters/],
    [{ quote: '""' }, /quote is one ASCII character/],
    [{ delimiter: '"' }, /must not be the same/],
    [{ header: false }, /header/],
    [{ delimeter: ';' }, /delimeter/],
  ])('refuses %j', (options, message) => {
    expect(() => csv(options as never)).toThrow(expect.objectContaining({ name: 'DefinitionError' }));
    expect(() => csv(options as never)).toThrow(message);
  });

  it('have defaults', () => {
    const usual = { escape: 'doubled', preamble: 0, trailer: 0, header: true };
    expect(csv().options).toEqual({ ...usual, quote: '"' });
    expect(csv({ delimiter: '\t', quote: '' }).options).toEqual({ ...usual, delimiter: '\t', quote: '' });
  });
});
