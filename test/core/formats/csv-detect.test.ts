/** What the definition of a CSV leaves open is told by the names that it asks for, or refused. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import type { CsvOptions } from '../../../core/formats/csv-options.ts';
import { readAs, type Expected } from '../../../core/formats/format.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { rowsOf } from '../../support/csv.ts';
import { bytesOf, canonicalRows, prepared } from '../../support/formats.ts';

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
