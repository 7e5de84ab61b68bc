/** What is told of a CSV object from its first bytes, where it is close to being told wrongly. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import type { CsvOptions } from '../../../core/formats/csv-options.ts';
import type { Expected } from '../../../core/formats/format.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf } from '../../support/formats.ts';

const asked = (...names: string[]): Expected => ({ names, required: names });
const tell = (options: CsvOptions, text: string, atEnd = true, expected = asked('id', 'text')) =>
  csv(options).detect!(bytesOf(text), atEnd, expected, defaultLimits);

describe('a first line that looks as if it said the delimiter', () => {
  it.each<[string, string, CsvOptions]>([
    ['in other quotes than those of the definition', '"sep=;"\n', { quote: "'" }],
    ['and says the quote', 'sep="\n', {}],
    ['and says the mark of a comment', 'sep=#\n', { comment: '#' }],
    ['and is not whole', 'sep=;\r', {}],
  ])('%s is no such line', (_, text, options) => {
    expect(tell(options, text)).toEqual({});
  });
});

describe('a mark that means something else', () => {
  it.each<[string, CsvOptions, string]>([
    ['id;text\n', { quote: ';' }, 'id,text\n'],
    ['id|text\n', { comment: '|' }, 'id,text\n'],
  ])('delimits nothing in %j with %j', (text, options, other) => {
    expect(tell(options, text)).toEqual({});
    expect(tell(options, other)).toEqual({ delimiter: ',' });
  });
});

it.each(['Report,text\nid,text\n', 'id,id,text\nid,text\n'])(
  'of %j only the second line is the header: a needed name is missing in the first one, or stands there twice',
  (text) => {
    expect(tell({ preamble: 'until-header' }, text)).toEqual({ delimiter: ',', preamble: 1 });
  },
);

it.each<[string, CsvOptions, string, string[]]>([
  ['says all', { header: false, columns: ['a', 'b'], ragged: true, delimiter: ',' }, '1\n', ['a', 'b']],
  ['asks for no name', { preamble: 'until-header' }, 'id,text\n', []],
  ['is of no bytes', { preamble: 'until-header' }, '', ['id', 'text']],
])('nothing is looked for where what is read %s', (_, options, text, names) => {
  expect(tell(options, text, true, asked(...names))).toEqual({});
});

it('a header that one mark reads with a field more is read in two ways', () => {
  const options: CsvOptions = { quote: ',', comment: ';', blanks: 'ignored' };
  expect(() => tell(options, 'id\t\n1\t\n', true, asked('id'))).toThrow(
    expect.objectContaining({
      code: 'object.header',
      message:
        'The header can be read in several ways: 2 fields on line 1 by "\\t", 1 fields on line 1 by "|". ' +
        'Say which is meant: format.csv({ delimiter: …, preamble: … }).',
    }),
  );
});

describe('what is longer than what is looked at first', () => {
  const first = 64 * 1024;
  it('a line before the header: more bytes are needed', () => {
    const text = `id;text;${'x'.repeat(first)}`;
    expect(tell({ preamble: 1 }, text, false)).toBeUndefined();
    expect(tell({ preamble: 1 }, `${text}\nid;text\n`)).toEqual({ delimiter: ';' });
  });

  it('a header by the second byte of its line end', () => {
    const names = ';id;text';
    const text = `${'x'.repeat(first - names.length - 1)}${names}\r\n1;2;3\r\n`;
    expect(text.indexOf('\n')).toBe(first);
    expect(tell({}, text)).toEqual({ delimiter: ';' });
  });
});

it('another failure than one of the object is not taken for a header that does not fit', () => {
  const limits = {
    ...defaultLimits,
    get fields(): number {
      throw new RangeError('no limit is told');
    },
  };
  const head = bytesOf('id;text\n');
  expect(() => csv().detect!(head, true, asked('id'), limits)).toThrow(new RangeError('no limit is told'));
  const unnamed = csv({ header: false, columns: ['id', 'text'], delimiter: ';' });
  expect(() => unnamed.header(head, true, limits)).toThrow(new RangeError('no limit is told'));
});
