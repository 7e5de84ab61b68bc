/** The header of a CSV that comes again among its records, as where files were put one behind the other. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import type { CsvOptions } from '../../../core/formats/csv-options.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import { encodings } from '../../../core/formats/format.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { encoded, rowsOf } from '../../support/csv.ts';
import { bytesOf, canonicalRows, prepared, scanned } from '../../support/formats.ts';

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
