/** Dialects of CSV: what is written in one comes back as it was, whatever the blocks are. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import type { CsvOptions } from '../../../core/formats/csv-options.ts';
import { encoded, malformed, rowsOf } from '../../support/csv.ts';
import { bytesOf, canonicalRows, prepared, scanned, SEED } from '../../support/formats.ts';

describe('a table that is written in a dialect', () => {
  const letters = ['a', 'b', ' ', ',', ';', '\t', '|', '"', "'", '\\', '#', '\n', '\r\n', 'é', 'ÿ', '£'];
  const wider = [...letters, '€', '’', 'Ž'];
  const widest = [...wider, '名', '👍', '\ufeff'];
  const byEncoding = {
    'utf-8': widest,
    'utf-16le': widest,
    'utf-16be': widest,
    'windows-1252': wider,
    latin1: letters,
  };
  const dialect = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t', '|', '~'),
    quote: fc.constantFrom('"', "'", ''),
    escape: fc.constantFrom('doubled' as const, 'backslash' as const),
    comment: fc.constantFrom('#', undefined),
    preamble: fc.constantFrom(0, 2),
    trailer: fc.constantFrom(0, 2, 'END'),
    encoding: fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'latin1'),
    isNamed: fc.boolean(),
    newline: fc.constantFrom('\n', '\r\n', '\r'),
  });

  type Written = {
    delimiter: string;
    quote: string;
    escape: string;
    comment?: string | undefined;
  };
  function written(field: string, { delimiter, quote, escape, comment }: Written): string {
    const means = [
      delimiter,
      quote,
      '\n',
      '\r',
      ...(comment === undefined ? [] : ['#']),
      ...(escape === 'backslash' ? ['\\'] : []),
    ].filter((c) => c !== '');
    if (!means.some((c) => field.includes(c)))
      return quote === '' || field.length % 2 ? field : quote + field + quote;
    if (escape === 'doubled') return quote + field.replaceAll(quote, quote + quote) + quote;
    if (quote !== '' && field.length % 2)
      return quote + field.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote;
    return [...field].map((c) => (means.includes(c) ? `\\${c}` : c)).join('');
  }

  it('comes back as it was, and its records stand where they stood', () => {
    let dialects = 0;
    fc.assert(
      fc.property(
        dialect.chain((d) =>
          fc.record({
            d: fc.constant(d),
            rows: fc.array(
              fc.array(
                fc
                  .array(fc.constantFrom(...byEncoding[d.encoding]), {
                    maxLength: 6,
                  })
                  .map((cs) => cs.join('')),
                { minLength: 2, maxLength: 2 },
              ),
              { maxLength: 6 },
            ),
            blocks: fc.array(fc.integer({ min: 1, max: 9 }), {
              minLength: 1,
              maxLength: 3,
            }),
          }),
        ),
        ({ d, rows, blocks }) => {
          const { isNamed, newline, comment, ...rest } = d;
          // Without quotes and backslashes there are texts that cannot be written.
          if (d.quote === '' && d.escape === 'doubled') return;
          dialects++;
          const options: CsvOptions = {
            ...rest,
            ...(comment === undefined ? {} : { comment }),
            ...(isNamed ? {} : { header: false, columns: ['x', 'y'] }),
          };
          const lines = [
            ...(d.preamble === 2 ? ['"Report" of May', ''] : []),
            ...(isNamed ? [`x${d.delimiter}y`] : []),
            ...rows.flatMap((row) => [
              ...(comment === undefined ? [] : [`${comment} "it's`]),
              row.map((field) => written(field, d)).join(d.delimiter),
            ]),
            ...(d.trailer === 0 ? [] : ['END 1', 'END 2']),
          ];
          const object = encoded(lines.join(newline) + newline, d.encoding);
          const format = csv(options);
          // A first field that looks like a comment is one: nobody can write it without quotes.
          if (
            rows.some(([first]) => first!.startsWith('#') && !written(first!, d).startsWith(d.quote || '\\'))
          )
            return;
          const whole = scanned(format, object);
          expect(scanned(format, object, blocks)).toEqual(whole);
          expect(whole.records).toBe(rows.length);
          const body = whole.body.subarray(0, whole.boundary);
          expect(canonicalRows(prepared(format, object, { exact: true }))).toEqual(
            rows.map((fields) => ({ fields })),
          );
          const { count, starts, ends } = format.index(body);
          expect(count).toBe(rows.length);
          for (let r = 0; r < count; r++) {
            const raw = body.subarray(starts[r], ends[r]);
            const expected = rows[r]!.map((field) => written(field, d)).join(d.delimiter);
            expect(Buffer.from(raw)).toEqual(Buffer.from(encoded(expected, d.encoding)));
            expect(Buffer.from(format.shown?.(raw) ?? raw).toString()).toBe(expected);
          }
        },
      ),
      { seed: SEED, numRuns: 1500 },
    );
    expect(dialects).toBeGreaterThan(1000);
  });
});

describe('a backslash', () => {
  const options = { escape: 'backslash', delimiter: ',' } as const;
  it.each([
    ['x,y\na\\,b,c\n', [{ fields: ['a,b', 'c'] }]],
    ['x,y\n"a\\"b",c\n', [{ fields: ['a"b', 'c'] }]],
    ['x,y\n"a""b",c\n', [{ fields: ['a"b', 'c'] }]],
    ['x,y\na\\\nb,c\n', [{ fields: ['a\nb', 'c'] }]],
    ['x,y\r\na,c\\\r\nd\r\n1,2\r\n', [{ fields: ['a', 'c\r\nd'] }, { fields: ['1', '2'] }]],
    ['x,y\ra,c\\\rd\r1,2\r', [{ fields: ['a', 'c\rd'] }, { fields: ['1', '2'] }]],
    ['x,y\na\\,"b",c\n', [{ fields: ['a,"b"', 'c'] }]],
    ['x,y\n\\N,c\n', [{ fields: ['\\N', 'c'] }]],
    // What a backslash before a letter means differs from writer to writer; taken for the letter, `\N` and `\n` are wrong.
    ['x,y\na\\nb,c\n1,2\n', [malformed, { fields: ['1', '2'] }]],
    ['x,y\na\\N,c\n', [malformed]],
    ['x,y\n"\\N",c\n', [malformed]],
    ['x,y\na,c\\', [malformed]],
  ])('in %j', (text, rows) => {
    expect(rowsOf(options, bytesOf(text))).toEqual(rows);
  });

  it('is text where the definition does not say that it escapes: then a quote after it closes', () => {
    expect(rowsOf({}, bytesOf('x,y\n"a\\",c\n'))).toEqual([{ fields: ['a\\', 'c'] }]);
    expect(rowsOf({}, bytesOf('x,y\n"a\\"b",c\n'))).toEqual([malformed]);
  });

  const format = csv({ escape: 'backslash' });
  it('takes from a delimiter that a quote opens behind it, wherever a block ends', () => {
    const object = bytesOf('a,b\n1\\,"2,3\n4,5\n');
    const whole = scanned(format, object);
    expect(whole.records).toBe(2);
    for (const blocks of [[1], [2], [3], [4, 1]]) expect(scanned(format, object, blocks)).toEqual(whole);
  });

  it('before CRLF stands before one line end, wherever a block ends', () => {
    const object = bytesOf('a,b\r\n1,2\\\r\n3\r\n4,5\\\r\n');
    const whole = scanned(format, object);
    expect(whole.records).toBe(2);
    for (const blocks of [[1], [2], [3], [4, 1]]) expect(scanned(format, object, blocks)).toEqual(whole);
  });

  it('at the end of the object does not close the quote that it stands in', () => {
    expect(() => scanned(format, bytesOf('a\n1\n"2\\'))).toThrow(
      expect.objectContaining({ code: 'object.format' }),
    );
    expect(rowsOf({ escape: 'backslash' }, bytesOf('a,b\n1,2\n3,"4\\'))).toEqual([
      { fields: ['1', '2'] },
      malformed,
    ]);
  });
});

describe('what the engine would read otherwise goes the exact way', () => {
  it.each<[string, CsvOptions, string, unknown[]]>([
    ['blanks that are ignored', { blanks: 'ignored' }, 'a,b\n 1 ,2\n', [{ fields: ['1', '2'] }]],
    ['the sign of comments behind a quote', { comment: '#' }, 'a,b\n"1"#,2\n', [malformed]],
  ])('%s', (_what, options, text, rows) => {
    expect(canonicalRows(prepared(csv(options), bytesOf(text)))).toEqual(rows);
  });
});

it('a header that is there, though the definition says that there is none, is no record', () => {
  const options = {
    header: false,
    columns: ['a', 'b'],
    delimiter: ',',
  } as const;
  expect(() => rowsOf(options, bytesOf('a,b\n1,2\n'))).toThrow(
    expect.objectContaining({ code: 'object.header' }),
  );
  expect(rowsOf(options, bytesOf('a,c\n1,2\n'))).toHaveLength(2);
});

it.each([
  [{ escape: 'double' }, /escape/],
  [{ escape: 'backslash', quote: '\\' }, /must not be the same/],
  [{ comment: ',', delimiter: ',' }, /must not be the same/],
  [{ preamble: -1 }, /preamble/],
  [{ trailer: 101 }, /trailer/],
  [{ trailer: '' }, /trailer/],
  [{ header: false }, /`columns` must name/],
  [{ columns: ['a'] }, /`columns` names the fields of objects/],
  [{ header: false, columns: ['a', 'a'] }, /twice/],
  [{ header: false, columns: ['a'], preamble: 'until-header' }, /no header to end/],
  [{ encoding: 'utf-32' }, /"utf-32" is none of the encodings that are read: utf-8, .*shift_jis.*; deliver/],
])('the options %j are refused', (options, message) => {
  expect(() => csv(options as never)).toThrow(message);
});
