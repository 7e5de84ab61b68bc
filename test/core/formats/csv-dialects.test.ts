/** Dialects of CSV: what is written in one comes back as it was, whatever the blocks are; what is left open is told. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import type { CsvOptions } from '../../../core/formats/csv-options.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import { encodings, readAs, type Encoding, type Expected } from '../../../core/formats/format.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, scanned, SEED } from '../../support/formats.ts';

const rowsOf = (options: CsvOptions, content: Uint8Array) =>
  canonicalRows(prepared(csv(options), content, { exact: true }));
const malformed = { faults: [expect.objectContaining({ code: 'malformed' })] };

/** A text in an encoding, by tables of its own. */
function encoded(text: string, encoding: Encoding): Uint8Array {
  if (encoding === 'utf-8') return bytesOf(text);
  const wide = Buffer.from(text, 'utf16le');
  if (encoding === 'utf-16le') return wide;
  if (encoding === 'utf-16be') return wide.swap16();
  const decoder = new TextDecoder(encoding);
  const bytes = new Map(Array.from({ length: 256 }, (_, b) => [decoder.decode(Uint8Array.of(b)), b]));
  return Uint8Array.from([...text], (c) => (encoding === 'latin1' ? c.charCodeAt(0) : bytes.get(c)!));
}

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
});

describe('a trailer', () => {
  const tells = (trailer: number | string, text: string) => {
    const format = csv({ trailer, delimiter: ',' });
    const object = bytesOf(text);
    return [canonicalRows(prepared(format, object, { exact: true })), scanned(format, object, [1]).records];
  };

  it.each([
    [1, 'x,y\n1,2\nT\n', 1],
    [1, 'x,y\n1,2\nT\n\n', 1],
    [2, 'x,y\n1,2\nT\nU', 1],
    ['T', 'x,y\n1,2\nT\nT,9\n', 1],
    // Inside of an object, what starts like the trailer is a record: left out, it would be lost.
    ['T', 'x,y\nT,2\nT3,4\n5,6\nT,9\n', 3],
    [1, 'x,y\n', 0],
    ['T', 'x,y\n', 0],
  ])('of %j in %j leaves %i records', (trailer, text, records) => {
    expect(tells(trailer, text)).toEqual([expect.objectContaining({ length: records }), records]);
  });

  it('that is missing says that the object was cut off', () => {
    for (const [trailer, text] of [
      ['T', 'x,y\n1,2\n'],
      ['T', 'x,y\nT,2\n3,4'],
      [3, 'x,y\n1,2\n3,4\n'],
    ] as const) {
      expect(() => tells(trailer, text)).toThrow(expect.objectContaining({ code: 'object.truncated' }));
    }
  });

  it('is told of, as are comments and a preamble', () => {
    const format = csv({ trailer: 'T', comment: '#', preamble: 1 });
    const object = bytesOf('Report\nx,y\n# one\n1,2\n#two\nT\n');
    const header = format.header(object, true, defaultLimits)!;
    const scanner = format.scanner(header, defaultLimits);
    scanner.push(object.subarray(header.bytes));
    scanner.end();
    expect(scanner.apart!()).toEqual([
      '1 line before the header: the preamble, not records.',
      '2 lines of comment: not records.',
      '1 line at the end: the trailer, not records.',
    ]);
  });
});

// The bytes as other programs write them, not made by the decoder that reads them.
it.each<[Encoding, number[], string]>([
  ['windows-1250', [0xa3, 0xf3, 0x64, 0x9f], 'Łódź'],
  ['windows-1251', [0xcc, 0xee, 0xf1, 0xea, 0xe2, 0xe0], 'Москва'],
  ['windows-1252', [0x80, 0x20, 0x8e], '€ Ž'],
  ['windows-1253', [0xc1, 0xe8, 0xde, 0xed, 0xe1], 'Αθήνα'],
  ['windows-1254', [0xdd, 0x7a, 0x6d, 0x69, 0x72], 'İzmir'],
  ['windows-1257', [0xd0, 0x69, 0x61, 0x75], 'Šiau'],
  ['latin1', [0xa4], '¤'],
  ['iso-8859-2', [0xa3, 0xf3, 0x64, 0xbc], 'Łódź'],
  ['iso-8859-15', [0xa4], '€'],
  ['koi8-r', [0xed, 0xcf, 0xd3, 0xcb, 0xd7, 0xc1], 'Москва'],
  ['ibm866', [0x8c, 0xae, 0xe1, 0xaa, 0xa2, 0xa0], 'Москва'],
  ['macintosh', [0x5a, 0x9f, 0x72, 0x69, 0x63, 0x68], 'Zürich'],
])('%s is read as it was written, in names and values', (encoding, bytes, word) => {
  const object = Buffer.concat([bytesOf('a;'), Buffer.from(bytes), bytesOf('\n1;'), Buffer.from(bytes)]);
  const format = csv({ encoding, delimiter: ';' });
  expect(scanned(format, object, [1]).header).toEqual({
    fields: ['a', word],
    bytes: 3 + bytes.length,
  });
  expect(canonicalRows(prepared(format, object, { exact: true }))).toEqual([{ fields: ['1', word] }]);
});

it('a record that cannot be read is shown as far as it is text', () => {
  const shown = csv({ encoding: 'windows-1252' }).shown!(Uint8Array.of(0x31, 0xe9, 0x81, 0x32));
  expect(new TextDecoder().decode(shown)).toBe('1é\ufffd2');
});

describe('bytes that are not of the encoding', () => {
  it.each([
    ['windows-1252', [0x81], 'expected windows-1252'],
    ['latin1', [0x80], 'expected latin1'],
    ['utf-16le', [0x00, 0xd8], 'expected utf-16le'],
    ['utf-16be', [0xdc, 0x00], 'expected utf-16be'],
  ] as const)('of %s reject their record alone', (encoding, bytes, message) => {
    const object = Buffer.concat([
      encoded('x,y\n1,a', encoding),
      Buffer.from(bytes),
      encoded('\n2,b\n', encoding),
    ]);
    const rows = rowsOf({ encoding, delimiter: ',' }, object);
    expect(rows).toEqual([
      {
        faults: [
          expect.objectContaining({
            code: 'encoding',
            message: expect.stringContaining(message),
          }),
        ],
      },
      { fields: ['2', 'b'] },
    ]);
  });

  it('in the middle of a unit: the object was cut off', () => {
    const object = encoded('x,y\n1,2\n', 'utf-16le').subarray(0, -1);
    expect(() => scanned(csv({ encoding: 'utf-16le' }), object)).toThrow(
      expect.objectContaining({ code: 'object.truncated' }),
    );
  });

  it('are UTF-8 instead: the object is refused, as every character would become two others', () => {
    const object = bytesOf('x,y\n1,é\n2,名\n');
    for (const blocks of [[1], [2, 3], [1000]]) {
      expect(() => scanned(csv({ encoding: 'windows-1252' }), object, blocks)).toThrow(
        expect.objectContaining({ code: 'object.encoding' }),
      );
    }
    const mixed = Buffer.concat([object, Buffer.from([0x33, 0x2c, 0xe9, 0x0a])]);
    expect(scanned(csv({ encoding: 'windows-1252' }), mixed).records).toBe(3);
  });
});

describe('what is left open', () => {
  const asked = (...required: string[]): Expected => ({
    names: required,
    required,
  });
  const tell = (options: CsvOptions, text: string, expected: Expected) => {
    const format = csv(options);
    const head = bytesOf(text);
    return format.detect!(head, true, expected, defaultLimits);
  };

  it.each([
    ['id,text\n', {}, { delimiter: ',' }],
    ['id;text\n', {}, { delimiter: ';' }],
    ['id\ttext\n', {}, { delimiter: '\t' }],
    ['more|text|id\n', {}, { delimiter: '|' }],
    ['"id";"text";"a,b,c,d"\n', {}, { delimiter: ';' }],
    // A count of the marks says comma, by 5 to 2; the names say semicolon.
    ['id;text;a,b,c,d,e,f\n1;2;3\n', {}, { delimiter: ';' }],
    ['id;text\n1;"a,b"\n', { quote: "'" }, { delimiter: ';' }],
    ['id^text\n', {}, {}],
    ['id;text\n', { delimiter: ',' as const }, {}],
    [
      'Report; of, May\nid;text\n1;2\n',
      { preamble: 'until-header' as const },
      { delimiter: ';', preamble: 1 },
    ],
    ['a\n\n"b\nid,text\n', { preamble: 'until-header' as const, delimiter: ',' }, { preamble: 3 }],
    ['sep=^\r\nid^text\r\n', {}, { delimiter: '^', preamble: 1 }],
    ['"sep=\t"\nid\ttext\n', {}, { delimiter: '\t', preamble: 1 }],
    ['SEP=;\nid;text\n', { delimiter: ';' }, { preamble: 1 }],
    ['sep=;\n1;a\n', { header: false, columns: ['id', 'text'] }, { delimiter: ';', preamble: 1 }],
    ['sep=;\nid,text\n', { delimiter: ',' }, {}],
    ['sep=;\nid;text\n', { preamble: 1 }, { delimiter: ';' }],
    ['sep=;id;text\n', {}, { delimiter: ';' }],
  ])('in %j with %j is %j', (text, options, found) => {
    expect(tell(options, text, asked('id', 'text'))).toEqual(found);
  });

  it('is read so, and not by the marks that come first', () => {
    const text = 'id;text;a,b\n1;2,5;3\n';
    const format = csv();
    const found = format.detect!(bytesOf(text), true, asked('id', 'text'), defaultLimits)!;
    const rows = (as: ReturnType<typeof csv>) => canonicalRows(prepared(as, bytesOf(text), { exact: true }));
    expect(rows(readAs(format, found))).toEqual([{ fields: ['1', '2,5', '3'] }]);
    expect(rows(csv({ delimiter: ',' }))).toEqual([{ fields: ['1;2', '5;3'] }]);
  });

  it('is refused where records may be ragged and the first one does not show it: commas would make rows of any text', () => {
    const columns = ['a', 'b', 'c'];
    const open = csv({ header: false, columns, ragged: true });
    const detect = (text: string) => open.detect!(bytesOf(text), true, asked(...columns), defaultLimits);
    for (const text of ['1;2\n3;4;5\n', '1\n2\n', '"1"x;2;3\n4;5;6\n']) {
      expect(() => detect(text)).toThrow(
        expect.objectContaining({ code: 'object.header', message: expect.stringMatching(/has 3 fields/) }),
      );
    }
    expect(detect('1;2;3\n4\n')).toEqual({ delimiter: ';' });
    expect(detect('\n\n')).toEqual({});
    const long = 'x'.repeat(70_000);
    expect(detect(`${long};2;3\n4\n`)).toEqual({ delimiter: ';' });
    expect(rowsOf({ header: false, columns, ragged: true }, bytesOf('1;2;3\n'))).toEqual([
      { fields: ['1;2;3', '', ''] },
    ]);
  });

  it('is refused where two readings would do', () => {
    const two = asked('id');
    const refused = expect.objectContaining({ code: 'object.header' });
    expect(() => tell({}, 'id;a,id\n', { names: ['id', 'a'], required: [] })).toThrow(refused);
    expect(() => tell({ header: false, columns: ['a', 'b'] }, '1,5;2\n', two)).toThrow(refused);
    expect(() =>
      tell({ preamble: 'until-header' }, 'text,id\n\nid,text\n1,2\n', asked('id', 'text')),
    ).toThrow(refused);
    expect(() => tell({ preamble: 'until-header' }, 'a,b\n1,2\n', asked('id', 'text'))).toThrow(refused);
  });

  it('needs the same bytes whatever blocks come', () => {
    const text = `id;text\n${'1;2\n'.repeat(40_000)}`;
    const detect = (bytes: number) =>
      csv().detect!(bytesOf(text).subarray(0, bytes), false, asked('id', 'text'), defaultLimits);
    expect([10, 1000, 65_535].map(detect)).toEqual([undefined, undefined, undefined]);
    expect([65_536, 100_000].map(detect)).toEqual([{ delimiter: ';' }, { delimiter: ';' }]);
  });

  it('is told by a header that is longer than what is looked at first, up to the limit', () => {
    const text = `${'x'.repeat(70_000)};id;text\n1;2;3\n${' '.repeat(2_000_000)}`;
    const detect = (bytes: number, limits = defaultLimits) =>
      csv().detect!(bytesOf(text).subarray(0, bytes), false, asked('id', 'text'), limits);
    expect([65_536, 1_000_000, 1_048_576].map((bytes) => detect(bytes))).toEqual([
      undefined,
      undefined,
      { delimiter: ';' },
    ]);
    expect(detect(1_048_576, { ...defaultLimits, headerBytes: 66_000 })).toEqual({});
  });
});

describe('a header that comes again', () => {
  const again = {
    faults: [
      expect.objectContaining({
        code: 'malformed',
        message: 'expected a record, found the header again',
      }),
    ],
  };
  it.each<[string, CsvOptions, string, unknown[]]>([
    ['as it was', {}, 'a,b\n1,2\na,b\n3,4\n', [['1', '2'], again, ['3', '4']]],
    ['in quotes, at the end', {}, 'a,b\r\n1,2\r\n"a","b"', [['1', '2'], again]],
    ['without the quotes it had', {}, '"a","b"\n1,"2"\na,b\n', [['1', '2'], again]],
    ['behind a byte order mark', { delimiter: ';' }, 'a;b\n\ufeffa;b\n1;2\n', [again, ['1', '2']]],
    ['with a name that needs quotes', {}, '"a, 1",b\n"a, 1","b"\n1,2\n', [again, ['1', '2']]],
    [
      'not where more stands on its line',
      {},
      'a,b\nxa,b\na,bx\n',
      [
        ['xa', 'b'],
        ['a', 'bx'],
      ],
    ],
    ['not inside of a field', {}, 'a,b\n1,"\na,b\n"\n', [['1', '\na,b\n']]],
    ['not of one field, whose name may be a value', {}, 'a\na\n', [['a']]],
    [
      'not without a header',
      { header: false, columns: ['x', 'y'] },
      'a,b\na,b\nx,y\n',
      [
        ['a', 'b'],
        ['a', 'b'],
        ['x', 'y'],
      ],
    ],
  ])('%s', (_what, options, text, records) => {
    const format = csv(options);
    const rows = records.map((row) => (Array.isArray(row) ? { fields: row } : row));
    for (const encoding of encodings) {
      const object = encoded(text.replaceAll('\ufeff', encoding.startsWith('utf') ? '\ufeff' : ''), encoding);
      expect(rowsOf({ ...options, encoding }, object)).toEqual(rows);
    }
    // The engine reads a chunk as it is by its notes alone: they must be the same whatever the blocks are.
    const whole = scanned(format, bytesOf(text));
    for (const blocks of [[1], [2, 3], [5]]) expect(scanned(format, bytesOf(text), blocks)).toEqual(whole);
    // A chunk may be noted for nothing, as with a line inside of a field: it is read record by record then.
    expect(records.filter((row) => row === again).length * csvNotes.header).toBeLessThanOrEqual(
      whole.notes & csvNotes.header,
    );
  });

  it('is looked for in the chunk that it is in', () => {
    const format = csv();
    const scanner = format.scanner(format.header(bytesOf('a,b\n'), true, defaultLimits)!, defaultLimits);
    const notes = ['1,2\n', '3,4\na,', 'b\n', '5,6\n'].map((block) => {
      scanner.push(bytesOf(block));
      return (scanner.takeNotes() & csvNotes.header) > 0;
    });
    scanner.end();
    expect([...notes, scanner.takeNotes() > 0]).toEqual([false, false, true, false, false]);
  });

  it('is told of a chunk although its names come once more, in a field that goes on', () => {
    const format = csv();
    const scanner = format.scanner(format.header(bytesOf('a,b\n'), true, defaultLimits)!, defaultLimits);
    scanner.push(bytesOf('a,b\n1,"\na,b\n'));
    expect([scanner.records, scanner.takeNotes() & csvNotes.header]).toEqual([1, csvNotes.header]);
  });

  it('is found in another encoding, where the notes do not tell it', () => {
    const object = encoded('é,b\n1,2\né,b\n', 'latin1');
    const format = csv({ encoding: 'latin1' });
    expect(canonicalRows(prepared(format, object))).toEqual([{ fields: ['1', '2'] }, again]);
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

describe('a backslash', () => {
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

describe('blanks around fields', () => {
  const text = 'a, "b" ,"c"\t\n1, "x, ""y""" , z \n "2" ,\t"\n",  \n3, "p" q,r\n4,5 "6",7\n';
  it('are part of them, unless the definition says that they are ignored', () => {
    expect(scanned(csv(), bytesOf('a, "b"\n')).header.fields).toEqual(['a', ' "b"']);
    const format = csv({ blanks: 'ignored' });
    for (const blocks of [[Infinity], [1], [2, 3], [7]]) {
      expect(scanned(format, bytesOf(text), blocks)).toMatchObject({
        header: { fields: ['a', 'b', 'c'] },
        records: 4,
      });
    }
    expect(rowsOf({ blanks: 'ignored' }, bytesOf(text))).toEqual([
      { fields: ['1', 'x, "y"', 'z'] },
      { fields: ['2', '\n', ''] },
      malformed,
      { fields: ['4', '5 "6"', '7'] },
    ]);
  });

  it('are no tabs where tabs delimit fields: a good record is not looked at for an open quote', () => {
    const good = ['"a\nb"\t"c"', '"d"\t "e" ', 'f\t"g\nh"', '"i"\t""', '"j"\t"k"', '"l"\t"m"'];
    const object = bytesOf(`x\ty\n"open\t1\n${good.join('\n')}\n`);
    const format = csv({ blanks: 'ignored', delimiter: '\t' });
    expect(scanned(format, object)).toMatchObject({ records: 1 + good.length });
    expect(rowsOf({ blanks: 'ignored', delimiter: '\t' }, object)).toEqual([
      malformed,
      { fields: ['a\nb', 'c'] },
      { fields: ['d', 'e'] },
      { fields: ['f', 'g\nh'] },
      { fields: ['i', ''] },
      { fields: ['j', 'k'] },
      { fields: ['l', 'm'] },
    ]);
  });

  it('are found whatever the blocks are', () => {
    const blank = fc.constantFrom('', '', ' ', '\t', '   ');
    const field = fc.tuple(
      blank,
      fc.array(fc.constantFrom('a', ' ', ',', '"', '\n', '\r\n'), {
        maxLength: 5,
      }),
      blank,
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 3, maxLength: 3 }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.array(fc.integer({ min: 1, max: 5 }), {
          minLength: 1,
          maxLength: 3,
        }),
        (rows, blocks) => {
          const lines = rows.map((row) =>
            row.map(([b, f, a]) => `${b}"${f.join('').replaceAll('"', '""')}"${a}`).join(','),
          );
          const object = bytesOf(`x,y,z\n${lines.join('\n')}\n`);
          const format = csv({ blanks: 'ignored' });
          expect(scanned(format, object, blocks)).toEqual(scanned(format, object));
          expect(rowsOf({ blanks: 'ignored' }, object)).toEqual(
            rows.map((row) => ({ fields: row.map(([, f]) => f.join('')) })),
          );
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('records that end early or late', () => {
  const text = 'a,b,c\n1\n1,\n1,2,3,,\n1,2,3,"",\n1,2,3,,4\n1,"2",""\n1,"2","",\n"",,"x",,,\n';
  const fault = (found: number) => ({
    faults: [expect.objectContaining({ message: `expected 3 fields, found ${found}` })],
  });

  it('are rejected, unless the definition says that they are ragged', () => {
    const rows = rowsOf({}, bytesOf(text));
    expect(rows.filter((row) => 'faults' in row)).toHaveLength(7);
    expect(rowsOf({ ragged: true }, bytesOf(text))).toEqual([
      { fields: ['1', '', ''] },
      { fields: ['1', '', ''] },
      { fields: ['1', '2', '3'] },
      fault(5),
      fault(5),
      { fields: ['1', '2', ''] },
      { fields: ['1', '2', ''] },
      { fields: ['', '', 'x'] },
    ]);
  });

  it('end late where blanks that are ignored stand beside the delimiters', () => {
    const object = bytesOf('a,b\n1,2 ,, \n1,"2" , ,\n1,2, 3\n');
    expect(rowsOf({ ragged: true, blanks: 'ignored' }, object)).toEqual([
      { fields: ['1', '2'] },
      { fields: ['1', '2'] },
      { faults: [expect.objectContaining({ message: 'expected 2 fields, found 3' })] },
    ]);
  });

  it('are not those that end with a delimiter that is text', () => {
    const rows = rowsOf({ ragged: true, escape: 'backslash' }, bytesOf('a,b\n1,2,\\,\n1,2\\,\n1,2\\\\,\n'));
    expect(rows).toEqual([
      { faults: [expect.anything()] },
      { fields: ['1', '2,'] },
      { fields: ['1', '2\\'] },
    ]);
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
