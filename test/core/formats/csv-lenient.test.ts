/** What a definition may let pass in a CSV: blanks around fields, records that end early or late. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { malformed, rowsOf } from '../../support/csv.ts';
import { bytesOf, scanned, SEED } from '../../support/formats.ts';

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
