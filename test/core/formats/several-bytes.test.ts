/** Encodings in which a character has several bytes, of which the later ones may look like marks of ASCII. */

import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import type { Encoding } from '../../../core/formats/format.ts';
import { codeUnits } from '../../../core/formats/units.ts';
import { rowsOf } from '../../support/csv.ts';
import { bytesOf, scanned, SEED } from '../../support/formats.ts';

const several = ['shift_jis', 'euc-jp', 'gbk', 'gb18030', 'big5', 'euc-kr'] as const;
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const refused = (encoding: Encoding) => ({
  faults: [
    expect.objectContaining({ code: 'encoding', message: `expected ${encoding}, found bytes that are not` }),
  ],
});

it.each<[Encoding, string, string]>([
  ['shift_jis', '\x93\xfa\x96\x7b\xb6\xc5', '日本ｶﾅ'],
  ['shift_jis', '\x95\x5c\x8e\xa6\x8a\x7c', '表示掛'],
  ['euc-jp', '\xc6\xfc\xcb\xdc\x8e\xb6\x8f\xb0\xa1', '日本ｶ丂'],
  ['gbk', '\xd6\xd0\xb9\xfa\x80', '中国€'],
  ['gb18030', '\xd6\xd0\x81\x30\x84\x36\x95\x32\x82\x36', '中¥𠀀'],
  ['big5', '\xa4\xa4\xb0\xea\xa5\x5c', '中國功'],
  ['euc-kr', '\xc7\xd1\xb1\xdb', '한글'],
])('%s is read as it was written, in names and values: %j', (encoding, bytes, word) => {
  const object = latin1(`a|${bytes}\r\n1|${bytes}\r\n"2"|"${bytes}\n|"\r\n`);
  const format = csv({ encoding, delimiter: '|' });
  for (const blocks of [[1], [2], [3, 1], [Infinity]]) {
    expect(scanned(format, object, blocks)).toMatchObject({
      header: { fields: ['a', word], bytes: 4 + bytes.length },
      records: 2,
      boundary: object.length - 4 - bytes.length,
    });
  }
  expect(rowsOf({ encoding, delimiter: '|' }, object)).toEqual([
    { fields: ['1', word] },
    { fields: ['2', `${word}\n|`] },
  ]);
});

describe('the second byte of a character is no mark', () => {
  test('not a delimiter: single bytes would make two fields of it', () => {
    const object = latin1('a|b\n1|\x8a\x7c\n');
    expect(rowsOf({ encoding: 'shift_jis', delimiter: '|' }, object)).toEqual([{ fields: ['1', '掛'] }]);
    expect(rowsOf({ encoding: 'windows-1252', delimiter: '|' }, object)).toEqual([
      { faults: [expect.objectContaining({ message: 'expected 2 fields, found 3' })] },
    ]);
  });

  test('not a backslash before the mark that follows', () => {
    const object = latin1('a,b\n\x95\x5c,"\x83\x5c"\n\x95\x5c\x5c,,\x5c\x5c\n');
    const options = { encoding: 'shift_jis', delimiter: ',', escape: 'backslash' } as const;
    expect(rowsOf(options, object)).toEqual([{ fields: ['表', 'ソ'] }, { fields: ['表,', '\\'] }]);
  });

  test('not a quote, nor one of several that delimit', () => {
    const quoted = latin1('a,b\n\x83\x60,`\x83\x60,`\n');
    expect(rowsOf({ encoding: 'shift_jis', delimiter: ',', quote: '`' }, quoted)).toEqual([
      { fields: ['チ', 'チ,'] },
    ]);
    const delimited = latin1('a||b\n\x8a\x7c|||1\n');
    expect(rowsOf({ encoding: 'shift_jis', delimiter: '||' }, delimited)).toEqual([{ fields: ['掛', '|1'] }]);
  });
});

describe('bytes that are no character', () => {
  it.each<[Encoding, string, string]>([
    ['shift_jis', 'cut off by a comma', '\x81'],
    ['shift_jis', 'none of the table', '\x81\xad'],
    ['shift_jis', 'for private use', '\xf0\x40'],
    ['euc-jp', 'of three bytes, cut off', '\x8f\xb0'],
    ['euc-jp', 'of control', '\x81'],
    ['gbk', 'alone', '\xff'],
    ['gb18030', 'of four bytes, cut off', '\x81\x30\x84'],
    ['gb18030', 'beyond all planes', '\xfe\x39\xfe\x39'],
    ['gb18030', 'in the place of what cannot be read', '\x84\x31\xa4\x37'],
    ['big5', 'for private use', '\xff'],
    ['euc-kr', 'of the wider table, which is another encoding', '\x81\x41'],
  ])('of %s, %s: their record is rejected alone, with its bytes', (encoding, _what, bytes) => {
    const object = latin1(`a,b\n1,2\n${bytes},"3"\n4,5\n6,${bytes}\n7,8\n9,${bytes}`);
    const format = csv({ encoding, delimiter: ',' });
    const { body, records } = scanned(format, object, [1]);
    expect(records).toBe(6);
    const { starts, ends } = format.index(body);
    expect(Buffer.from(body.subarray(starts[1], ends[1]))).toEqual(latin1(`${bytes},"3"`));
    const expected = [
      { fields: ['1', '2'] },
      refused(encoding),
      { fields: ['4', '5'] },
      refused(encoding),
      { fields: ['7', '8'] },
      refused(encoding),
    ];
    expect(rowsOf({ encoding, delimiter: ',' }, object)).toEqual(expected);
  });

  it('in a header are named, also where the object ends in the middle of them', () => {
    for (const header of ['a,\x81\n1,2\n', 'a,\x93\xfa\x96']) {
      expect(() => scanned(csv({ encoding: 'shift_jis', delimiter: ',' }), latin1(header))).toThrow(
        expect.objectContaining({ code: 'object.encoding' }),
      );
    }
  });

  it('are shown as far as they are text', () => {
    const shown = csv({ encoding: 'shift_jis' }).shown!(latin1('1\x93\xfa\x81,'));
    expect(new TextDecoder().decode(shown)).toBe('1日\ufffd,');
  });

  it.each(several)('are UTF-8 instead of %s: the object is refused', (encoding) => {
    expect(() => scanned(csv({ encoding, delimiter: ',' }), bytesOf('a,b\n1,日本\n'))).toThrow(
      expect.objectContaining({ code: 'object.encoding' }),
    );
  });
});

describe.each(several)('%s', (encoding) => {
  const units = codeUnits(encoding)!;
  const strict = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const text = (bytes: Uint8Array): string | undefined => {
    try {
      return strict.decode(bytes);
    } catch {
      return undefined;
    }
  };

  it('has of two bytes what the platform has, but for what is no character by itself', () => {
    let characters = 0;
    for (let pair = 0x8000; pair <= 0xffff; pair++) {
      const second = pair & 255; // Some marks of control the platform takes for others in Shift_JIS.
      if (second < 0x20 || second === 0x7f) continue;
      const bytes = Uint8Array.of(pair >> 8, second);
      const read = Buffer.from(units.utf8(bytes));
      if (read.includes(0xff)) continue;
      expect(read.toString()).toBe(text(bytes));
      characters++;
    }
    expect(characters).toBeGreaterThan(6000);
  });

  it('is read the same in any blocks, with a byte for each of its own, and measured back', () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x81, 0x8e, 0x8f, 0x30, 0x5c, 0xa1, 0xb0, 0x0a, 0x2c),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 24 }), fc.nat(24), (list, cut) => {
        const bytes = Uint8Array.from(list);
        const narrow = units.narrow(bytes);
        expect(narrow).toHaveLength(bytes.length);
        expect(narrow.every((one, i) => one === bytes[i] || one === 0x80)).toBe(true);
        for (const mark of [0x0a, 0x22, 0x2c]) {
          expect(narrow.map((one) => Number(one === mark))).toEqual(bytes.map((one) => Number(one === mark)));
        }
        const utf8 = units.utf8(bytes);
        const head = bytes.subarray(0, units.whole(bytes.subarray(0, Math.min(cut, bytes.length))));
        const begun = units.utf8(head);
        expect(Buffer.concat([begun, units.utf8(bytes.subarray(head.length))])).toEqual(Buffer.from(utf8));
        expect(units.measure(begun, bytes)).toBe(head.length);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
