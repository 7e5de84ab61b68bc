/** Lines taken several bytes at a time, against the machine that looks at each byte. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLines } from '../../../core/formats/csv-lines.ts';
import { csvScanner } from '../../../core/formats/csv-scan.ts';
import { MOST } from '../../../core/formats/line-machine.ts';
import { csvNotes, type CsvShape } from '../../../core/formats/csv-shape.ts';
import { SEED } from '../../support/schemas.ts';

const COMMAS: CsvShape = { delimiter: 44, lead: [], quote: 34, escape: -1, comment: -1, blanks: false };
const { lf, crlf, quoted } = csvNotes;

const taken = (text: string, fields = 3, shape = COMMAS, at = 0) => {
  const lines = csvLines(shape, fields)!(Buffer.from(text), at);
  return { ...lines };
};

const filler = 'aa,bb,cc\n'.repeat(4);

describe('takes whole lines', () => {
  test.each([
    ['of LF', 'a,b,c\ndd,ee,ff\n', 2, lf],
    ['of CRLF', 'a,b,c\r\ndd,ee,ff\r\n', 2, crlf],
    ['of both', 'a,b,c\r\ndd,ee,ff\n', 2, lf | crlf],
    ['with nothing in their fields', ',,\n,,\n', 2, lf],
    ['with quoted fields', '"a","b,b",c\n"","x""y",""""\n', 2, lf | quoted],
    ['of CRLF with quoted fields', '"a","b,b",c\r\na,b,"c"\r\n', 2, crlf | quoted],
    ['beyond ASCII', 'é,👍,ü\n', 1, lf],
  ])('%s', (_, text, count, notes) => {
    const next = Buffer.byteLength(text);
    for (const before of ['', filler, `x${filler}`.slice(1), 'a,b,cccccccc\n']) {
      const offset = Buffer.byteLength(before);
      const found = taken(before + text + filler, 3, COMMAS, offset);
      expect(found.count).toBeGreaterThanOrEqual(count);
      const all = taken(`${text}${' '.repeat(16)}`);
      expect(all).toEqual({ count, next, notes });
    }
  });

  test.each([
    ['another number of fields', 'a,b\n'],
    ['a line with nothing in it', '\n'],
    ['a line of CRLF with nothing in it', '\r\n'],
    ['CR alone', 'a,b,c\rd,e,f\n'],
    ['CR alone in a line that has its number of fields', 'a,b\rx,c\n'],
    ['a line end in quotes', '"a\nb",b,c\n'],
    ['a quote inside of a field', 'a"b,b,c\n'],
    ['a quote inside of a field, and one at its end', 'a"b",b,c\n'],
    ['a delimiter in quotes that open inside of a field', 'a"b,b",c,d\n'],
    ['text after a closing quote', '"a"b,b,c\n'],
    ['text after a doubled quote that closed', 'a,""b,c\n'],
    ['a quote that is not closed', 'a,b,"c\n'],
    ['a byte 0', 'a,\0,c\n'],
  ])('and stops before %s', (_, text) => {
    for (let pad = 0; pad < 40; pad++) {
      const before = `${'x'.repeat(pad)},y,z\n"q",r,s\n`;
      const { count, next } = taken(before + text + filler);
      const isBehind = next > Buffer.byteLength(before);
      expect({ pad, isBehind }).toEqual({ pad, isBehind: false });
      // A line is taken where all of the bytes that were looked at with it hold no surprise.
      expect([0, 1, 2]).toContain(count);
      expect(['', before.slice(0, before.indexOf('\n') + 1), before]).toContain(before.slice(0, next));
    }
  });

  test('and leaves shapes to the machine in which a byte may mean something else', () => {
    expect(csvLines({ ...COMMAS, escape: 92 }, 3)).toBeUndefined();
    expect(csvLines({ ...COMMAS, comment: 35 }, 3)).toBeUndefined();
    expect(csvLines({ ...COMMAS, blanks: true }, 3)).toBeUndefined();
    expect(csvLines(COMMAS, 1)).toBeUndefined();
    expect(taken(`a"b;c"\n${' '.repeat(16)}`, 2, { ...COMMAS, delimiter: 59, quote: -1 })).toEqual({
      count: 1,
      next: 7,
      notes: lf,
    });
  });
});

test('the scanner takes no lines unseen where one of them may be too long', () => {
  const scanner = csvScanner(COMMAS, { fields: 3, recordBytes: 12, offset: 0 });
  scanner.push(Buffer.from(`${filler}aaaa,bbbb,ccccc\n${filler}`));
  expect(scanner.takeNotes()).toBe(lf | csvNotes.long);
});

test('the scanner counts and notes the same in one block as byte by byte', () => {
  const field = fc.oneof(
    { weight: 8, arbitrary: fc.string({ unit: fc.constantFrom(...'abc 12-é'), maxLength: 12 }) },
    {
      weight: 3,
      arbitrary: fc
        .string({ unit: fc.constantFrom(...'ab, ""'), maxLength: 9 })
        .map((text) => `"${text.replaceAll('"', '""')}"`),
    },
  );
  const odd = fc.constantFrom(
    '"a\nb",x,y',
    'a"b,c,d',
    '"a"b,c,d',
    'a,b',
    '',
    'a,b,c,d',
    '\0,b,c',
    '"',
    '"a,b',
    'a,b,"c""',
    ',,',
    'a,b\rc',
  );
  const line = fc.oneof(
    {
      weight: 80,
      arbitrary: fc.array(field, { minLength: 3, maxLength: 3 }).map((fields) => fields.join(',')),
    },
    { weight: 1, arbitrary: odd },
  );
  const end = fc.oneof(
    { weight: 40, arbitrary: fc.constant('\n') },
    { weight: 20, arbitrary: fc.constant('\r\n') },
    { weight: 1, arbitrary: fc.constant('\r') },
  );
  const text = fc
    .array(
      fc.tuple(line, end).map((both) => both.join('')),
      { maxLength: 120 },
    )
    .map((lines) => lines.join(''));
  const scanned = (bytes: Uint8Array, size: number, every: number) => {
    const scanner = csvScanner(COMMAS, { fields: 3, recordBytes: MOST, offset: 0 });
    const seen: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      scanner.push(bytes.subarray(at, at + size));
      if ((at + size) % every === 0 && at + size <= bytes.length)
        seen.push([at + size, scanner.records, scanner.boundary, scanner.takeNotes()]);
    }
    try {
      scanner.end();
    } catch (error) {
      seen.push(String(error));
    }
    return [...seen, scanner.records, scanner.boundary, scanner.takeNotes()];
  };
  let count = 0;
  fc.assert(
    fc.property(text, (given) => {
      const bytes = Buffer.from(given);
      count += csvLines(COMMAS, 3)!(bytes, 0).count;
      expect(scanned(bytes, 512, 512)).toEqual(scanned(bytes, 1, 512));
      expect(scanned(bytes, MOST, Infinity)).toEqual(scanned(bytes, 1, Infinity));
    }),
    { numRuns: 300, seed: SEED },
  );
  expect(count).toBeGreaterThan(1000);
});
