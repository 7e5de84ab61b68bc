/** Text in other encodings, at the places where it is not whole. */

import { expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { codeUnits } from '../../../core/formats/units.ts';
import { isUtf8, isUtf8Range } from '../../../core/formats/utf8.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, scanned } from '../../support/formats.ts';

it('a header needs more bytes until its line has ended', () => {
  const head = Buffer.from('a,b\n1,2\n', 'utf16le');
  const header = (bytes: number) =>
    csv({ encoding: 'utf-16le' }).header(head.subarray(0, bytes), false, defaultLimits);
  expect([0, 1, 6, 7].map(header)).toEqual([undefined, undefined, undefined, undefined]);
  expect([8, 9, 16].map(header)).toEqual(Array.from({ length: 3 }, () => ({ fields: ['a', 'b'], bytes: 8 })));
});

it('what ends in the middle of a character of UTF-8 is not UTF-8, though all before it is', () => {
  const object = Buffer.concat([Buffer.from('a,b\n1,é\n2,'), Buffer.of(0xc3)]);
  const format = csv({ encoding: 'windows-1252' });
  expect(scanned(format, object).records).toBe(2);
  expect(canonicalRows(prepared(format, object, { exact: true }))).toEqual([
    { fields: ['1', 'Ã©'] },
    { fields: ['2', 'Ã'] },
  ]);
  expect(() => scanned(format, object.subarray(0, -1))).toThrow(
    expect.objectContaining({ code: 'object.encoding' }),
  );
});

it('what is not UTF-8 once is not UTF-8, though more of it comes that is', () => {
  const object = Buffer.concat([Buffer.from('a,b\n1,'), Buffer.of(0xe9), Buffer.from('\n2,é\n3,é\n')]);
  const format = csv({ encoding: 'windows-1252' });
  for (const blocks of [[Infinity], [1], [4], [6]]) expect(scanned(format, object, blocks).records).toBe(3);
});

it('UTF-8 has no units of its own', () => {
  expect(codeUnits('utf-8')).toBeUndefined();
  expect(csv({ encoding: 'utf-8' }).shown).toBeUndefined();
});

it('characters of four bytes are those of gbk and gb18030 alone', () => {
  const four = Uint8Array.of(0x90, 0x30, 0x81, 0x30);
  for (const encoding of ['gbk', 'gb18030'] as const)
    expect(codeUnits(encoding)!.utf8(four)).toEqual(bytesOf('\u{10000}'));
  for (const encoding of ['shift_jis', 'euc-jp', 'big5', 'euc-kr'] as const)
    expect(codeUnits(encoding)!.utf8(four)).toEqual(Uint8Array.of(0xff, 0x30, 0xff, 0x30));
});

it.each([
  ['shift_jis', [0x93, 0xfa]],
  ['euc-jp', [0x8f, 0xb0, 0xa1]],
  ['gb18030', [0x81, 0x30, 0x84, 0x36]],
] as const)('a character of %s is whole with its last byte alone: %j', (encoding, character) => {
  const bytes = Uint8Array.of(0x61, ...character);
  const whole = bytes.map((_, i) => codeUnits(encoding)!.whole(bytes.subarray(0, i + 1)));
  expect([...whole]).toEqual([...character.map(() => 1), bytes.length]);
});

it('bytes are UTF-8 where the platform says so, one after the other and at once', () => {
  let valid = 0;
  for (let lead = 0x80; lead <= 0xff; lead++)
    for (const second of [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0])
      for (const length of [1, 2, 3, 4]) {
        const bytes = Uint8Array.of(lead, second, 0x80, 0x80).subarray(0, length);
        expect([bytes, isUtf8Range(bytes, 0, length)]).toEqual([bytes, isUtf8(bytes)]);
        if (isUtf8(bytes)) valid++;
      }
  expect(valid).toBe(180 + 90 + 24); // Of two, three and four bytes.
});
