/** Text in other encodings, at the places where it is not whole. */

import { expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { codeUnits } from '../../../core/formats/units.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { canonicalRows, prepared, scanned } from '../../support/formats.ts';

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
