/** CSV in other encodings than UTF-8: every character as it was written, and what is none rejects its record alone. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { type Encoding } from '../../../core/formats/format.ts';
import { encoded, rowsOf } from '../../support/csv.ts';
import { bytesOf, canonicalRows, prepared, scanned } from '../../support/formats.ts';

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
