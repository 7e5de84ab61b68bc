/** Which chunks of CSV the engine reads as they are, and what is noted so that it does not read others. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, scanned } from '../../support/formats.ts';

it.each([
  ['\ufefft', '_fault'],
  ['\uf03ft', 'f0'],
  ['\ufec0t', 'f0'],
  ['\u3effr', 'f0'],
])('of a chunk that starts with %j the first column is %s: only a byte order mark is hidden by the engine', (text, column) => {
  expect(prepared(csv(), bytesOf(`a,b\n${text},2\n`)).columns[0]).toBe(column);
}); // prettier-ignore

it('block by block goes what is noted as regular, and nothing else', () => {
  const inBlocks = (notes: number) => csv().inBlocks!({ fields: ['a', 'b'], notes, limits: defaultLimits });
  const block = bytesOf('1,2\n');
  expect(inBlocks(csvNotes.lf)!.push(block)).toBe(block);
  expect(inBlocks(csvNotes.lf | csvNotes.irregular)).toBeUndefined();
});

it('without a header no line is noted as one', () => {
  const format = csv({ header: false, columns: ['x', 'y'], delimiter: ',' });
  const object = bytesOf('a,b\nx,y\n');
  expect(scanned(format, object).notes).toBe(csvNotes.lf);
  expect(prepared(format, object).columns).toEqual(['f0', 'f1']);
});

describe('a header that comes again', () => {
  it('is only the line that is all of it, also beside one that is', () => {
    const again = {
      faults: [expect.objectContaining({ message: 'expected a record, found the header again' })],
    };
    const object = bytesOf('a,b\na,b\na,bx\nxa,b\n');
    expect(canonicalRows(prepared(csv(), object))).toEqual([
      again,
      { fields: ['a', 'bx'] },
      { fields: ['xa', 'b'] },
    ]);
  });

  it('is noted of the chunk in which its record ends', () => {
    const format = csv();
    const scanner = format.scanner(format.header(bytesOf('a,b\n'), true, defaultLimits)!, defaultLimits);
    const noted = ['1,2\n3,"\na,b\n', '"\n', '4,5\n'].map((block) => {
      scanner.push(bytesOf(block));
      return [scanner.records, scanner.takeNotes() & csvNotes.header];
    });
    expect(noted).toEqual([[1, 0], [2, csvNotes.header], [3, 0]]); // prettier-ignore
  });
});

describe('lines that could be taken several at a time', () => {
  const line = (i: number) => `${i},${'x'.repeat(20)}\n`;
  const lines = Array.from({ length: 200 }, (_, i) => line(i)).join('');

  it('are looked at one by one for those of the trailer', () => {
    const { records, boundary } = scanned(csv({ trailer: 2, delimiter: ',' }), bytesOf(`a,b\n${lines}`));
    expect([records, boundary]).toEqual([198, lines.length - line(198).length - line(199).length]);
  });

  it('are looked at one by one for one that is too long', () => {
    const limits = { ...defaultLimits, recordBytes: 22 };
    expect(scanned(csv(), bytesOf(`a,b\n${lines}`), undefined, limits).notes & csvNotes.long).toBe(
      csvNotes.long,
    );
  });
});

describe('a quote between blanks that are ignored', () => {
  it('opens no field in which there is something before it, wherever a block ends', () => {
    const format = csv({ blanks: 'ignored', delimiter: ',' });
    const object = bytesOf('a,b\n1,5  "6\n2,x\n');
    for (const blocks of [[Infinity], [1], [2], [3], [4], [5], [6, 1], [7]]) {
      expect(scanned(format, object, blocks)).toMatchObject({
        records: 2,
        notes: csvNotes.oddQuote | csvNotes.lf,
        torn: [],
      });
    }
  });
});

describe('a backslash', () => {
  it('that is text may delimit', () => {
    const rows = canonicalRows(prepared(csv({ delimiter: '\\' }), bytesOf('a\\b\n1\\2\n'), { exact: true }));
    expect(rows).toEqual([{ fields: ['1', '2'] }]);
  });

  it('before an N means null where the field ends behind it, and nothing otherwise', () => {
    const object = bytesOf('a,b\n\\N,2\n\\Nx,2\n1,\\N\n1,\\Nx\n');
    const odd = expect.stringMatching(/^expected after a backslash a character that has a meaning here/);
    expect(canonicalRows(prepared(csv({ escape: 'backslash' }), object))).toEqual([
      { fields: ['\\N', '2'] },
      { faults: [expect.objectContaining({ code: 'malformed', message: odd })] },
      { fields: ['1', '\\N'] },
      { faults: [expect.objectContaining({ code: 'malformed', message: odd })] },
    ]);
  });
});
