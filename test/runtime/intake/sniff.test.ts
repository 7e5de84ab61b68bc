/** What the first bytes say: what is no text is refused by what it is, and what only looks like it is not. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { rejected, rowsOf, taken } from '../../support/intake.ts';

const text = (start: string): Uint8Array => Buffer.from(start.padEnd(600, ' '), 'latin1');
const tar = (): Uint8Array => {
  const bytes = Buffer.alloc(2048);
  bytes.write('a.csv');
  bytes.write('ustar', 257);
  bytes.write('a,b\n1,2\n', 512);
  return bytes;
};

describe('an object that is no text', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['bzip2', text('BZh91AY&SY\x08\xb0\xa1\xd3'), /compressed with bzip2/],
    ['lz4', text('\x04\x22\x4d\x18'), /compressed with lz4/],
    ['7z', text('7z\xbc\xaf\x27\x1c'), /a 7z archive/],
    ['RAR', text('Rar!\x1a\x07\x01'), /a RAR archive/],
    ['tar', tar(), /a tar archive/],
    ['PDF', text('%PDF-1.7\n'), /a PDF document/],
    ['Parquet', text('PAR1\x15\x04'), /a Parquet file/],
    ['Avro', text('Obj\x01\x04'), /an Avro file/],
    ['a web page', text('<!DOCTYPE html>\n<html>'), /a web page/],
    ['a web page with a mark', text('\xef\xbb\xbf\r\n<html lang="en">'), /a web page/],
  ])('is refused as what it is: %s', async (_what, bytes, message) => {
    for (const blockBytes of [1000, 7]) {
      const { result } = await rejected(csv(), bytes, { blockBytes });
      expect(result.rejected.code).toBe('object.unreadable');
      expect(result.rejected.message).toMatch(message);
    }
  });

  it.each(['<html,b\n1,2\n', '<html b>;c\n1;2\n', 'PAR 1,b\n1,2\n', 'BZh,b\n1,2\n', 'ustar,b\n1,2\n'])(
    'is not what only starts like it: %j',
    async (content) => {
      const { files, result } = await taken(csv(), content);
      expect(await rowsOf(csv(), files, result)).toHaveLength(1);
    },
  );
});

it.each<[string, number[], string]>([
  ['UTF-32', [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], 'starts with the byte order mark of UTF-32'],
  ['UTF-32 in short', [0, 0, 0xfe, 0xff], 'starts with the byte order mark of UTF-32'],
  ['UTF-16 without a mark', [0x61, 0, 0x0a, 0], 'has a zero in every few bytes, as UTF-16 and UTF-32 do'],
])('an object in an encoding that is not read says which: %s', async (_, bytes, found) => {
  const { result } = await rejected(csv(), Uint8Array.from(bytes));
  expect(result.rejected).toMatchObject({
    code: 'object.encoding',
    message: `The object ${found}; deliver it as UTF-8, or say its encoding in the definition.`,
  });
});
